"""Taking the whole file of a customer out, for paper."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest

from access.audit import record_event
from access.models import Action, AuditEventKind, User
from common.documents import Document
from customers.dossier import dossier_of
from customers.models import Customer


@transaction.atomic
def take_out_file(*, customer_id: int, actor: User, form: str, request: HttpRequest | None = None) -> tuple[Customer, Document]:
    """The customer and its file as `actor` may take it out, entered into the audit with its sections; `form` is `print` or `pdf`.

    Raises Http404 when `actor` may not export the customer.
    """
    related = ("manager", "org_unit", "industry", "region", "parent")
    customer = Customer.objects.select_related(*related).get_visible(actor, customer_id, Action.EXPORT)
    document, sections = dossier_of(customer, actor)
    record_event(AuditEventKind.EXPORTED, actor=actor, request=request, target=customer, details={"form": form, "sections": sections})
    return customer, document
