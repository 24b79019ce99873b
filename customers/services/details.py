"""Create a customer, and change what is known about one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, Final, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from access.models import Action, OrgUnit, User
from access.policy import ensure_still_reached, require
from common.saving import save_valid
from common.versions import ensure_version
from customers.attributes import PREFIX, clean_attributes, definitions_in_use, merged
from customers.models import Customer, CustomerMerge, Industry, MergeState, OwnershipChange, Region, Tag
from customers.pinyin import initials_of, pinyin_of
from customers.services.scoring import SCORED, scoring_is_on
from customers.services.tags import write_tags

_DEEPEST_TREE: Final = 20


class CustomerDetails(TypedDict, total=False):
    """What an account manager may write of a customer. Ownership and lifecycle have services of their own.

    Of `attributes` those that are named are written, None empties one; of `tags` the customer carries these and no others.
    """

    code: str
    name: str
    short_name: str
    credit_code: str
    industry: Industry | None
    scale: str
    address: str
    region: Region | None
    level: str
    value_score: int
    parent: Customer | None
    bank_name: str
    bank_account: str
    credit_limit: Decimal | None
    source: str
    remark: str
    tags: Collection[Tag]
    attributes: Mapping[str, Any]


@transaction.atomic
def create_customer(*, actor: User, manager: User | None, org_unit: OrgUnit, **details: Unpack[CustomerDetails]) -> Customer:
    """Enter a new customer, a potential one, owned by `manager` in `org_unit`.

    Raises PermissionDenied when `actor` may not add customers or would not reach the new one, ValidationError at the fields.
    """
    require(actor, "customers", Action.ADD)
    customer = Customer(manager=manager, org_unit=org_unit)
    _write(customer, details, actor)
    OwnershipChange.objects.create(customer=customer, to_manager=manager, to_unit=org_unit, actor=actor, reason="")
    ensure_still_reached(Customer.objects.all(), actor, customer.pk, Action.ADD)
    return customer


def ensure_code_is_free(actor: User, code: str) -> None:
    """A code of a customer that was merged into another stays taken as long as the merge stands: what is meant by it is the other one now,
    and the merge could not be taken back. Imports keep the same rule for many rows at once.

    Raises ValidationError at `code`; it names the other one to whom reaches it.
    """
    merge = CustomerMerge.objects.select_related("winner").filter(loser_code=code.strip().upper(), state=MergeState.DONE).first()
    if merge is None:
        return
    if Customer.objects.visible_to(actor).filter(pk=merge.winner_id).exists():
        words = _("This code belonged to a customer that was merged into %(code)s %(name)s.")
        raise ValidationError({"code": words % {"code": merge.winner.code, "name": merge.winner.name}})
    raise ValidationError({"code": _("This code belonged to a customer that was merged into another one.")})


@transaction.atomic
def update_customer(*, customer_id: int, actor: User, seen: str, **details: Unpack[CustomerDetails]) -> Customer:
    """Change the given details; `seen` is the version that the form showed (see `common.versions`).

    Raises Http404 when the customer is hidden from `actor`, ValidationError at the fields or with code `stale`.
    """
    customer = Customer.objects.select_for_update(of=("self",)).get_visible(actor, customer_id, Action.CHANGE)
    ensure_version(customer, seen)
    _write(customer, details, actor)
    ensure_still_reached(Customer.objects.all(), actor, customer.pk)
    return customer


def _write(customer: Customer, details: CustomerDetails, actor: User) -> None:
    tags = details.pop("tags", None)
    attributes = details.pop("attributes", {} if customer.pk is None else None)
    _ensure_typed(customer, details)
    if details.get("code", customer.code) != customer.code:
        ensure_code_is_free(actor, details["code"])
    for name, value in details.items():
        setattr(customer, name, value)
    customer.pinyin = pinyin_of(customer.name)
    customer.pinyin_initials = initials_of(customer.name)
    if attributes is not None:
        _write_attributes(customer, attributes)
    ensure_tree(customer)
    save_valid(customer)
    if tags is not None:
        write_tags(customer, tags, actor)


def _ensure_typed(customer: Customer, details: CustomerDetails) -> None:
    """Refuse another level or score where rules decide them: the next night would take it back."""
    names = [name for name in SCORED if name in details and details[name] != getattr(customer, name)]
    if customer.pk is not None and names and scoring_is_on():
        raise ValidationError(
            {name: _("It follows from the scoring rules. A level is set by hand on the tab of the value.") for name in names}
        )


def _write_attributes(customer: Customer, values: Mapping[str, Any]) -> None:
    """Errors stand at the names of the form's fields."""
    present = customer.attributes
    try:
        cleaned = clean_attributes(values, definitions_in_use(), present=present, whole=customer.pk is None)
    except ValidationError as error:
        raise ValidationError({f"{PREFIX}{key}": errors for key, errors in error.error_dict.items()}) from error
    customer.attributes = merged(present, cleaned)


def ensure_tree(customer: Customer) -> None:
    """Refuse a parent below the customer itself, by a ValidationError. One query a level, and group structures are a few levels deep."""
    above, levels = customer.parent, 0
    while above is not None:
        levels += 1
        if above.pk == customer.pk or levels > _DEEPEST_TREE:
            raise ValidationError({"parent": _("A customer cannot lie below itself.")})
        above = above.parent
