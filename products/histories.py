"""What of the catalogue and of offers has a history page, and which old values may be put back there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.urls import reverse

from access.history import Subject, register_subject
from access.history.restoring import with_values
from access.models import User
from products.models import Discount, Offer, Product, Tariff
from products.services.catalogue import save_entry
from products.services.offers import save_offer

_NAMES: Final = ("code", "name_zh", "name_en", "retired_on")


def register_histories() -> None:
    """Called once, when Django is ready. What a step of approval writes is not put back; only a draft of an offer changes."""
    product_fields = (*_NAMES, "kind", "member_level", "min_members", "available_from", "description")
    _register(Product, "product", product_fields, _write_entry, lambda row: reverse("products:product_detail", args=[row.pk]))
    _register(Tariff, "tariff", (*_NAMES, "unit"), _write_entry, lambda row: reverse("products:product_detail", args=[row.product_id]))
    discount_fields = (*_NAMES, "kind", "value", "stacking_group", "approval_limit")
    _register(Discount, "discount", discount_fields, _write_entry, lambda _row: reverse("products:discount_list"))
    offer_fields = ("code", "tariff", "effective_on", "expires_on", "committed_members")
    _register(Offer, "offer", offer_fields, _write_offer, lambda row: reverse("products:offer_detail", args=[row.pk]))


def _register(model: Any, name: str, fields: tuple[str, ...], write: Any, page: Any) -> None:
    register_subject(
        Subject(
            model=model,
            page=page,
            history_url=f"products:{name}_history",
            restore_url=f"products:{name}_restore",
            restorable=frozenset(fields),
            write=write,
        )
    )


def _write_entry(row: Any, values: Mapping[str, Any], actor: User, seen: str) -> None:
    save_entry(entry=with_values(row, values), actor=actor, seen=seen)


def _write_offer(row: Offer, values: Mapping[str, Any], actor: User, seen: str) -> None:
    save_offer(offer=with_values(row, values), discounts=list(row.discounts.all()), actor=actor, seen=seen)
