"""Whose number lists a person may change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from access.models import Action, User
from access.scope import scope_of
from customers.models import Customer

if TYPE_CHECKING:
    from django.db.models import QuerySet


def customers_to_provision(actor: User) -> QuerySet[Customer]:
    """The customers that `actor` may see and whose members `actor` may change.

    Both are asked, because a person may hold two roles: one that sees every customer and another that changes the members of the own ones.
    """
    return Customer.objects.visible_to(actor).within(scope_of(actor).reach("members", Action.CHANGE), actor)


def customer_to_provision(actor: User, pk: int | str) -> Customer:
    """The customer with key `pk`. Raises Http404 when it is missing, hidden, or its members may not be changed by `actor`."""
    try:
        return customers_to_provision(actor).get(pk=pk)
    except (Customer.DoesNotExist, ValueError, TypeError, OverflowError) as error:
        raise Http404 from error
