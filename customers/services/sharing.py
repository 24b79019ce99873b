"""Share one customer with a colleague or a group, and end that."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from access.audit import record_event, record_events
from access.models import Action, AuditEventKind, User
from access.scope import scope_of
from customers.grants import TO_CHANGE, TO_VIEW, CustomerGroupObjectPermission, CustomerUserObjectPermission
from customers.models import Customer
from customers.notices import tell_of_share

PERMISSIONS: Final = (TO_VIEW, TO_CHANGE)
MOST_AT_ONCE: Final = 1_000


def customers_to_share(actor: User) -> QuerySet[Customer]:
    """The customers that `actor` may change by a role; whoever works with one by a grant or a loan does not pass it on."""
    return Customer.objects.within(scope_of(actor).role_reach("customers", Action.CHANGE), actor)


@transaction.atomic
def share_customer(*, customer_id: int, actor: User, holder: User | Group, permission: str) -> None:
    """Let `holder` view the customer or change it (`permission` is one of `PERMISSIONS`), in place of what was shared before.

    Raises Http404 when `actor` may not share the customer, ValidationError when the holder is disabled or is `actor`.
    """
    customer = _locked(actor, customer_id)
    if permission not in PERMISSIONS:
        raise ValidationError({"permission": _("Share to view or to change.")})
    if isinstance(holder, User) and not holder.is_active:
        raise ValidationError({"person": _("This person is disabled.")})
    if holder == actor:
        raise ValidationError({"person": _("You reach this customer already.")})
    grants = _grants(customer, holder)
    if grants.filter(permission__codename=permission).exists():
        return
    grants.delete()
    wanted = Permission.objects.get_by_natural_key(permission, "customers", "customer")
    key = "user" if isinstance(holder, User) else "group"
    grants.model(content_object=customer, permission=wanted, granted_by=actor, **{key: holder}).save()
    record_event(AuditEventKind.GRANTED, actor=actor, target=customer, details=_details(holder) | {"permission": permission})
    tell_of_share(customer, holder, actor)


@transaction.atomic
def end_share(*, customer_id: int, actor: User, holder: User | Group) -> bool:
    """No longer share the customer with `holder`; whether it was. Raises Http404 when `actor` may not share the customer."""
    customer = _locked(actor, customer_id)
    count, _by_model = _grants(customer, holder).delete()
    if count:
        record_event(AuditEventKind.REVOKED, actor=actor, target=customer, details=_details(holder))
    return bool(count)


@transaction.atomic
def end_grants(*, grants: QuerySet[Any], request: HttpRequest) -> int:
    """End the chosen `grants`, of one of the two models, for an administrator; how many there were.

    Each is an event of its customer. However many they are, it takes as many statements. Raises PermissionDenied for whoever does not reach
    every customer by a role, ValidationError when there are more than `MOST_AT_ONCE`.
    """
    if not scope_of(request.user).role_reach("customers", Action.CHANGE).everything:
        raise PermissionDenied
    found = grants.order_by().select_for_update(of=("self",)).select_related("content_object", _holder_field(grants.model))
    chosen = list(found[: MOST_AT_ONCE + 1])
    if len(chosen) > MOST_AT_ONCE:
        raise ValidationError(_("End at most %(limit)d at once.") % {"limit": MOST_AT_ONCE})
    grants.model._default_manager.filter(pk__in=[grant.pk for grant in chosen]).delete()
    holder_field = _holder_field(grants.model)
    ended = ((grant.content_object, _details(getattr(grant, holder_field))) for grant in chosen)
    record_events(AuditEventKind.REVOKED, request=request, targets=ended)
    return len(chosen)


def _holder_field(model: type[Model]) -> str:
    return "user" if model is CustomerUserObjectPermission else "group"


def _locked(actor: User, customer_id: int) -> Customer:
    customer = customers_to_share(actor).select_for_update(of=("self",), no_key=True).filter(pk=customer_id).first()
    if customer is None:
        raise Http404
    return customer


def _grants(customer: Customer, holder: User | Group) -> QuerySet[Any]:
    if isinstance(holder, User):
        return CustomerUserObjectPermission.objects.filter(content_object=customer, user=holder)
    return CustomerGroupObjectPermission.objects.filter(content_object=customer, group=holder)


def _details(holder: User | Group) -> dict[str, str]:
    return {"user": holder.username} if isinstance(holder, User) else {"group": holder.name}
