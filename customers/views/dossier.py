"""The whole file of a customer: as a page to print, and as a PDF."""

from __future__ import annotations

import tempfile
from typing import BinaryIO, Final, cast

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.views.decorators.http import require_GET

from access.models import User
from access.requests import signed_in
from common.documents.pdf import write_pdf
from common.limits import ExportLimit, limited
from customers.services.dossier import take_out_file

PDF: Final = "application/pdf"


@require_GET
@limited(ExportLimit)
def customer_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as a page."""
    customer, document = take_out_file(customer_id=pk, actor=signed_in(request), form="print", request=request)
    return render(request, "customers/customer_print.html", {"customer": customer, "document": document})


def pdf_of(customer_id: int, actor: User, request: HttpRequest) -> FileResponse:
    """The file as a PDF that `actor` takes out. Raises Http404."""
    customer, document = take_out_file(customer_id=customer_id, actor=actor, form="pdf", request=request)
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    write_pdf(document, cast("BinaryIO", file))
    file.seek(0)
    name = get_valid_filename(f"{customer.code} {customer.name} {timezone.localdate():%Y%m%d}.pdf")
    return FileResponse(file, as_attachment=True, filename=name, content_type=PDF)


@require_GET
@limited(ExportLimit)
def customer_pdf(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file as a PDF."""
    return pdf_of(pk, signed_in(request), request)
