"""What becomes of members when their customer is merged into another (`customers.merge_rules`)."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from customers.merge_rules import Clash, MergeRule, register_rules

_SHORT_NUMBERS: Final = """
SELECT count(*) FROM members_member one JOIN members_member other ON other.short_number = one.short_number
WHERE one.customer_id = %(winner)s AND other.customer_id = %(loser)s AND one.left_on IS NULL AND other.left_on IS NULL
    AND one.short_number <> '' AND other.short_number <> ''
"""
# A member and its subscriptions go back together, or stay together where one of them was changed since. The subscriptions go first.
_CHANGED: Final = (
    "SELECT FROM members_membersubscription s WHERE s.member_id = {member} AND s.customer_id = %(winner)s AND s.updated_at <> %(moment)s"
)
_GOES_BACK: Final = f"NOT EXISTS ({_CHANGED.format(member='t.id')})"
_GOES_ALONG: Final = (
    "EXISTS (SELECT FROM members_member m WHERE m.id = t.member_id AND m.customer_id = %(winner)s AND m.updated_at = %(moment)s)"
    f" AND NOT EXISTS ({_CHANGED.format(member='t.member_id')})"
)  # fmt: skip


def register_merge_rules() -> None:
    """Called when the app is ready."""
    taken = _("%(count)s short numbers are in use at both customers. Change them at one of the two first.")
    register_rules(
        MergeRule("members.Member", "customer_id", clashes=(Clash(taken, _SHORT_NUMBERS),), back=_GOES_BACK),
        MergeRule("members.MemberSubscription", "customer_id", back=_GOES_ALONG, though_changed=True),
        MergeRule("members.ProvisioningBatch", "customer_id"),
    )
