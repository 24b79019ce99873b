"""Reasons why a job does not go on, as codes with figures, and their messages in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise  # the stubs' name of a lazy text

MESSAGES: Final[dict[str, _StrPromise]] = {
    "not_a_spreadsheet": _("The file is not a spreadsheet that can be read. Save it as .xlsx or .csv and upload it again."),
    "old_or_encrypted_workbook": _("The file is an old .xls workbook or is protected by a password. Save it as .xlsx without a password."),
    "zip_too_large": _("The file unpacks to more than %(limit)s. Split it, or save only the sheet with the numbers."),
    "too_many_entries": _("The file holds %(entries)s parts, more than the %(limit)s allowed."),
    "too_many_columns": _("The sheet has %(columns)s columns, more than the %(limit)s allowed. Delete the columns that are not needed."),
    "too_many_rows": _("The source has more than %(limit)s rows. Split it into several."),
    "empty_file": _("The source has no rows."),
    "only_headings": _("The source has headings but no rows below them."),
    "encoding_unknown": _("The text is neither UTF-8 nor GB18030. Save the file as “CSV UTF-8” or as .xlsx."),
    "broken_row": _("Row %(line)s cannot be read: its quotation marks do not match or a cell is too long."),
    "source_too_demanding": _("Reading the file took more memory or time than allowed. Split it, or save it as .csv."),
    "number_column_unknown": _("No column with numbers was found. Say which column holds them."),
    "no_such_column": _("Column %(column)s was chosen, but the source has only %(columns)s."),
    "formulas_without_values": _(
        "The cells with the numbers hold formulas, and the file does not keep their results. "
        "Open it in a spreadsheet program, save it, and upload it again."
    ),
    "file_too_large": _("The file has %(size)s, more than the %(limit)s allowed. Split it into several."),
    "upload_quota": _("You may upload %(limit)s a day, and with this file it would be more. Try again tomorrow, or ask an administrator."),
    "too_many_open_jobs": _("You have %(limit)s open batches, and more are not allowed. Run or discard some of them first."),
    "infected_file": _("The virus scanner refused the file. Nothing of it was kept; ask your IT department to look at it."),
    "scanner_unavailable": _("The virus scanner does not answer, and no file is taken without it. Try again in a few minutes."),
    "file_type": _("Files of this kind are not taken. Upload an .xlsx or .csv file."),
    "nothing_eligible": _("No row can be run."),
    "atomic_has_errors": _("%(failed)s rows have errors, and the batch is all or none. Mend the file, or choose to run the good rows."),
    "atomic_conflict": _(
        "%(conflicts)s rows have changed since the check, and the batch is all or none. Nothing was changed. "
        "Check it again."
    ),
    "group_rule": _("The batch breaks a rule of the whole group: %(rule)s."),
    "fingerprint_changed": _("The preview has changed since you saw it. Look at it again before you run it."),
    "ground_moved": _("A product, tariff or offer of this batch is no longer on offer. Check it again."),
    "actor_lost_access": _("%(login)s may no longer change this customer's members. The rows not yet run were left alone."),
    "columns_missing": _("No column holds: %(fields)s. Say which column holds what."),
    "import_moved": _("%(rows)s rows concern what somebody else has changed since the check. Check again to see what would happen now."),
    "import_lost_access": _("%(login)s may no longer write some of these rows. The rows not yet written were left alone."),
    "wrong_state": _("This cannot be done while the job is in the state “%(state)s”."),
    "repeated_batch": _("The same source with the same actions was run as job #%(job)s within a day. Confirm to run it again."),
    "undone_already": _("This job has been undone, or is being undone, by job #%(job)s."),
    "nothing_to_undo": _("This job changed nothing that could be undone."),
    "worked_too_often": _("The work failed three times and was stopped. Reference: %(reference)s"),
    "export_refused": _("You may no longer export these rows, or the list is gone."),
    "change_refused": _(
        "You may no longer change these rows, or what was chosen is no longer offered. The rows not yet changed were left alone."
    ),
    "token_missing": _("The request has no token by which it could be told from its repetition. Look at the preview again."),
    "token_reused": _("The token of this request was used for something else, by job #%(job)s. Look at the preview again."),
    "merge_moved": _("One of the customers was changed since you saw them. Look at them again, then merge."),
    "merge_clash": _("These customers cannot be merged. %(reason)s"),
    "merge_lost_access": _("%(login)s may no longer hand over both customers. Nothing was changed."),
    "merge_later": _("The customer that stayed was merged into another one since. Take that back first: job #%(job)s."),
    "hand_over_lost_access": _("%(name)s, who approved this hand-over, may no longer carry it out. It has to be made anew."),
    "merge_cannot_return": _(
        "The merge cannot be taken back: the code or credit code of the customer is taken by now, or its account manager, org unit, "
        "industry or region is gone."
    ),
    "rows_dropped": _("The rows of this job are no longer kept."),
}  # fmt: skip
_IN_BYTES: Final = frozenset({"file_too_large", "zip_too_large", "upload_quota"})


class JobRefused(Exception):
    """A job cannot be made, or cannot go on, for a reason that its user can mend.

    `code` is one of `MESSAGES`; `figures` fill the message.
    """

    def __init__(self, code: str, **figures: Any) -> None:
        super().__init__(code)
        self.code = code
        self.figures = figures

    @property
    def message(self) -> str:
        """The reason in the current language."""
        return describe(self.code, self.figures)

    def as_json(self) -> dict[str, Any]:
        """What `Job.error` keeps."""
        return {"code": self.code, "figures": self.figures}


def describe(code: str, figures: dict[str, Any]) -> str:
    """The message of `code` with its figures, integers grouped by thousands, bytes as MB; the code itself where it is unknown."""
    message = MESSAGES.get(code)
    if message is None:
        return code
    return str(message) % {name: _shown(code, name, value) for name, value in figures.items()}


def _shown(code: str, name: str, value: Any) -> Any:
    if not isinstance(value, int) or name == "job":
        return value
    return filesizeformat(value) if code in _IN_BYTES else f"{value:,}"
