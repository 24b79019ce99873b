"""Put tags on customers and take them off: on one by its form, on many at once."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from access.models import Action, User
from customers.bulk.tagging import delete_tag, insert_tag
from customers.models import Customer, CustomerTag, Tag


def offered_tags(customer: Customer | None = None) -> QuerySet[Tag]:
    """The tags that can be put on `customer`: those on offer, and those it carries."""
    offered = Tag.objects.filter(is_active=True)
    return offered | Tag.objects.filter(pk__in=customer.taggings.values("tag")) if customer is not None and customer.pk else offered


@transaction.atomic
def add_tag(*, customers: QuerySet[Any], tag: Tag, actor: User) -> int:
    """Put `tag` on all of `customers` that `actor` may change; how many did not carry it yet. One statement, however many they are.

    Raises ValidationError for a tag that is offered no more.
    """
    if not tag.is_active:
        raise ValidationError({"tag": _("This tag is offered no more.")})
    return insert_tag(_changeable(customers, actor), tag.pk, actor.pk)


@transaction.atomic
def put_back_tag(*, customers: QuerySet[Any], tag: Tag, actor: User) -> int:
    """Put a tag back on customers that carried it, also one that is offered no more; returns as `add_tag`."""
    return insert_tag(_changeable(customers, actor), tag.pk, actor.pk)


@transaction.atomic
def remove_tag(*, customers: QuerySet[Any], tag: Tag, actor: User) -> int:
    """Take `tag` off all of `customers` that `actor` may change; how many carried it. One statement, however many they are."""
    return delete_tag(_changeable(customers, actor), tag.pk)


def write_tags(customer: Customer, tags: Collection[Tag], actor: User) -> None:
    """Let a saved `customer` carry exactly `tags`; the caller has checked that `actor` may change it."""
    wanted = {tag.pk for tag in tags}
    present = set(customer.taggings.values_list("tag_id", flat=True))
    if gone := present - wanted:
        customer.taggings.filter(tag__in=gone).delete()
    CustomerTag.objects.bulk_create([CustomerTag(customer=customer, tag_id=key, actor=actor) for key in sorted(wanted - present)])


def _changeable(customers: QuerySet[Any], actor: User) -> QuerySet[Any]:
    """Narrowed once more by the policy: a selection may be older than the reach."""
    return customers.filter(pk__in=Customer.objects.visible_to(actor, Action.CHANGE).order_by().values("pk"))
