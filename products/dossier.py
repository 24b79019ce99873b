"""What this app writes into a customer's file: its offers, and what the group itself subscribes to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.models import Action, User
from common.documents import Part, Table
from customers.dossier import DossierSection, register_section
from customers.models import Customer
from products.models import GroupSubscription, Offer
from products.money import discount_text, yuan
from products.services.pricing import monthly_fees
from products.templatetags.products import offer_stage

_MOST: Final = 300


def register_sections() -> None:
    """Called once, when Django is ready."""
    register_section(DossierSection(key="products", title=gettext_lazy("Products and offers"), module="products", read=_products, order=40))


def _products(customer: Customer, user: User) -> Sequence[Part]:
    today = timezone.localdate()
    found = Offer.objects.visible_to(user, Action.EXPORT).filter(customer=customer).select_related("product", "tariff")
    offers = list(found.prefetch_related("discounts").order_by("-effective_on", "-pk")[:_MOST])
    own = GroupSubscription.objects.visible_to(user, Action.EXPORT).live(today).filter(customer=customer)
    lines = list(own.select_related("product", "tariff", "offer")[:_MOST])
    fees = monthly_fees({(one.tariff_id, one.offer_id) for one in lines}, today)
    tables = [
        Table(
            title=_("Offers"),
            headings=(_("Code"), _("Product"), _("Tariff"), _("Discounts"), _("Status"), _("Effective"), _("Expiry")),
            rows=[
                (
                    offer.code,
                    offer.product.label,
                    offer.tariff.label,
                    "; ".join(f"{one.label} {discount_text(one)}" for one in offer.discounts.all()),
                    offer_stage(offer),
                    _day(offer.effective_on),
                    _day(offer.expires_on),
                )
                for offer in offers
            ],
        ),
        Table(
            title=_("Group subscriptions"),
            headings=(_("Product"), _("Tariff"), _("Offer"), _("Line or account"), _("Quantity"), _("Monthly fee"), _("Expiry")),
            rows=[
                (
                    line.product.label,
                    line.tariff.label,
                    line.offer.code if line.offer else "",
                    line.identifier,
                    str(line.quantity),
                    yuan(fees[line.tariff_id, line.offer_id].net * line.quantity),
                    _day(line.expires_on),
                )
                for line in lines
            ],
            numeric={4, 5},
        ),
    ]
    return [table for table in tables if table.rows]


def _day(day: Any) -> str:
    return date_format(day, "Y-m-d") if day else ""
