"""Files of imports: the template to fill in, and the error file."""

from __future__ import annotations

import tempfile
from typing import BinaryIO, cast

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.utils.text import get_valid_filename
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from access.models import Action
from access.requests import signed_in
from common.limits import ExportLimit, limited
from customers.import_pages import read_page, subject_of, subject_title
from customers.services.import_files import error_rows, write_error_file, write_import_template
from jobs.sheets import XLSX_TYPE


@require_GET
def import_template(request: HttpRequest, subject: str) -> HttpResponseBase:
    """A workbook with the columns that are known, in the language that the address names or the user's own."""
    subject = subject_of(subject, signed_in(request))
    asked = request.GET.get("language", "")
    language = asked if asked in dict(settings.LANGUAGES) else get_language() or settings.LANGUAGE_CODE
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    write_import_template(subject, language, cast("BinaryIO", file))
    file.seek(0)
    with override(language):
        name = get_valid_filename(subject_title(subject))
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX_TYPE)


@require_GET
@limited(ExportLimit)
def import_errors(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rows that were left out, with the reasons."""
    page = read_page(request, pk, Action.EXPORT)
    if not error_rows(page.job).exists():
        raise Http404
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    write_error_file(page.job, page.user, cast("BinaryIO", file), request)
    file.seek(0)
    name = get_valid_filename(_("errors of import %(job)s") % {"job": pk})
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX_TYPE)
