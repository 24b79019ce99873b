"""Putting a customer's file together."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from access.models import Action, User
from common.documents import Document, Section
from customers.dossier.registry import sections
from customers.models import Customer
from customers.reaching import modules_reaching


def dossier_of(customer: Customer, user: User) -> tuple[Document, list[str]]:
    """The file of `customer` with the sections that `user` may take out, and the keys of these.

    The caller has looked that `user` may export the customer itself.
    """
    found = sections()
    reached = modules_reaching(customer, user, {section.module for section in found}, Action.EXPORT)
    parts = {section.key: section.read(customer, user) for section in found if section.module in reached}
    chapters = [Section(section.title, parts[section.key]) for section in found if parts.get(section.key)]
    facts = {"name": user.name, "moment": date_format(timezone.localtime(), "Y-m-d H:i")}
    words = (customer.code, customer.level, customer.get_lifecycle_display(), customer.org_unit.label)
    manager = customer.manager.name if customer.manager else _("no account manager")
    document = Document(
        title=customer.name,
        subtitle=" · ".join(str(word) for word in (*words, manager)),
        sections=chapters,
        foot=_("Taken out by %(name)s, %(moment)s") % facts,
        language=get_language() or "en",
    )
    return document, [section.key for section in found if parts.get(section.key)]
