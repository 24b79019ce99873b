"""What can be found in a row of an import: codes with figures, and their messages in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from django.utils.translation import gettext_lazy as _

from common.masking import mask_digits
from customers.models import Lifecycle

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise  # the stubs' name of a lazy text

Finding: TypeAlias = tuple[str, str, dict[str, Any]]
"""A code, the field whose cell it is about (empty: the row as a whole), and figures for the message."""

MESSAGES: Final[dict[str, _StrPromise]] = {
    "missing": _("is missing"),
    "too_long": _("is longer than %(limit)s characters"),
    "control": _("holds signs that cannot be read"),
    "code_form": _("has other signs than letters, digits and hyphens"),
    "credit_form": _("is no credit code: 18 digits and letters, without I, O, S, V, Z"),
    "credit_check": _("has a wrong check character; a digit is mistyped"),
    "unknown": _("“%(value)s” is not known"),
    "ambiguous": _("“%(value)s” means several; give the code or login"),
    "not_a_number": _("“%(value)s” is no number"),
    "out_of_range": _("must lie between %(least)s and %(most)s"),
    "not_a_date": _("“%(value)s” is no day, such as 1985-03-02"),
    "not_yes_no": _("“%(value)s” is neither yes nor no"),
    "phone": _("is no phone number that can exist"),
    "email": _("is no e-mail address"),
    "account": _("is no bank account: 8 to 30 digits"),
    "id_number": _("is no valid number of this kind of certificate"),
    "id_type": _("needs the kind of certificate"),
    "masked": _("is masked; type it in full"),
    "parent_unknown": _("there is no customer “%(value)s” in your reach or in the file"),
    "parent_circle": _("a customer cannot lie below itself"),
    "superior_unknown": _("“%(value)s” is nobody, or more than one person, at this customer and in the file"),
    "superior_circle": _("nobody reports to the own person, however far up"),
    "customer_unknown": _("there is no customer “%(value)s” that you may change"),
    "customer_ambiguous": _("several customers are called “%(value)s”; give the code"),
    "owner_unknown": _("“%(value)s” is not known, or lies outside your reach"),
    "owner_kept": _("you may not hand this customer over"),
    "lifecycle_kept": _("is “%(value)s” by now; the lifecycle is moved on the customer's page, with a reason"),
    "scored": _("is “%(value)s” by the scoring rules, which no file changes; leave the cell empty or as it is"),
    "code_taken": _("belongs to a customer that you may not change"),
    "merged_into": _("belonged to a customer that was merged into %(code)s %(name)s"),
    "merged_away": _("belonged to a customer that was merged into another one"),
    "merged_since": _("its customer was merged with another one meanwhile, and it was left alone"),
    "may_not_add": _("you may not enter new ones"),
    "out_of_reach": _("the new customer would lie outside your reach; look at its account manager and org unit"),
    "same_code_in_file": _("stands in row %(line)s already"),
    "same_credit_code_in_file": _("stands in row %(line)s already"),
    "same_name_in_file": _("stands in row %(line)s already, under another code"),
    "same_person_in_file": _("this person stands in row %(line)s already"),
    "credit_code_of": _("belongs to %(code)s %(name)s"),
    "credit_code_taken": _("belongs to another customer"),
    "same_name_as": _("%(code)s has this name"),
    "namesake": _("a person of this name with another phone is entered there"),
    "changed_since": _("was changed since the check, and was left alone"),
    "receiver_lost": _("the account manager or org unit to be lies outside your reach by now"),
    "parent_lost": _("the parent customer is gone, hidden or below this one by now"),
    "superior_lost": _("the person above is gone, at another customer, or below this one by now"),
    "taken_since": _("was entered by somebody else since the check, and was left alone"),
    "changed_after": _("was changed after the import, and is left alone"),
    "in_use": _("is in use by now, and is left alone"),
    "gone_already": _("is gone already"),
    "lost_reach": _("is out of your reach by now, and was left alone"),
    "run_failed": _("could not be written"),
}


class CellFault(Exception):
    """A cell that cannot be taken; `code` is one of `MESSAGES`."""

    def __init__(self, code: str, **figures: Any) -> None:
        super().__init__(code)
        self.code = code
        self.figures = figures


def message_of(code: str, figures: dict[str, Any]) -> str:
    """The message of a finding in the current language; what it quotes of a cell is masked, that of rows kept for long too."""
    quoted = figures.get("value")
    if code == "lifecycle_kept" and quoted in Lifecycle:
        figures = {"value": Lifecycle(figures["value"]).label}
    elif isinstance(quoted, str):
        figures = {**figures, "value": mask_digits(quoted)}
    return str(MESSAGES[code]) % figures if code in MESSAGES else code
