"""Where the hand-over of a whole portfolio begins."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.models import Action
from access.scope import allowed
from common.lists import ListAction


def portfolio_action(request: HttpRequest) -> ListAction | None:
    """The button above a list of customers that is narrowed to one account manager, for whoever may hand that portfolio over."""
    people = request.GET.getlist("manager")
    if (
        len(people) != 1
        or not people[0].isdecimal()
        or request.GET.get("manager_op")
        or not allowed(request.user, "customers", Action.APPROVE)
    ):
        return None
    return ListAction(label=_("Hand this portfolio over"), url=reverse("customers:hand_over_of", args=[people[0]]), icon="briefcase")
