"""What the API says of a customer that was merged into another."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _
from rest_framework import status

from common.api import Refusal
from customers.services.merging import merged_into

_BELOW: Final = "api/v1/customers/<int:pk>/"


def explain_merged(request: Any) -> Refusal | None:
    """Where a customer went that was merged, for whoever reaches the one that stays; as its pages lead there in the browser."""
    match = request.resolver_match
    if match is None or not match.route.startswith(_BELOW) or not request.user.is_authenticated:
        return None
    winner = merged_into(request.user, match.kwargs["pk"])
    if winner is None:
        return None
    reason = _("This customer was merged into %(code)s %(name)s.") % {"code": winner.code, "name": winner.name}
    return Refusal("merged", reason, status=status.HTTP_404_NOT_FOUND, customer=winner.pk, customer_code=winner.code)
