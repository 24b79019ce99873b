"""Files of batch provisioning: the template to fill in, and the error file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import translation
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from access.models import Action, User
from access.policy import require
from access.requests import signed_in
from common.limits import ExportLimit, limited
from jobs.models import Job
from jobs.sheets import XLSX_TYPE, write_template
from members.batch_pages import read_page
from members.forms_batch import FIELD_LABELS
from members.services.error_file import XLSX_MAX_ROWS, begin_export, csv_lines, error_rows, write_xlsx


@require_GET
def batch_template(request: HttpRequest) -> HttpResponseBase:
    """A workbook with the headings that are known, in the user's language, and columns of text, so that no number loses digits."""
    require(signed_in(request), "members", Action.CHANGE)
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    write_template(cast("BinaryIO", file), _("Members"), [str(label) for label in FIELD_LABELS.values()])
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=_("batch template") + ".xlsx", content_type=XLSX_TYPE)


@require_GET
@limited(ExportLimit)
def batch_errors(request: HttpRequest, pk: int, form: str) -> HttpResponseBase:
    """The user's own columns of the rows that were not applied or need a look, with what was found."""
    page = read_page(request, pk, Action.EXPORT)
    if not error_rows(page.job).exists():
        raise Http404
    name = get_valid_filename(_("errors of batch %(job)s") % {"job": pk})
    if form == "xlsx" and page.job.failed + page.job.skipped + page.job.conflicts > XLSX_MAX_ROWS:
        raise Http404
    in_full = begin_export(page.job, page.user, form, request)
    if form == "csv":
        lines = _csv(page.job, page.user, translation.get_language() or "en", in_full=in_full)
        headers = {"Content-Disposition": f'attachment; filename="errors-{pk}.csv"'}
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    write_xlsx(page.job, page.user, cast("BinaryIO", file), in_full=in_full)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX_TYPE)


def _csv(job: Job, reader: User, language: str, *, in_full: bool) -> Iterator[str]:
    """The file piece by piece, in the language of the request: it is written when the request is long over."""
    yield "\ufeff"
    with translation.override(language):
        yield from csv_lines(job, reader, in_full=in_full)
