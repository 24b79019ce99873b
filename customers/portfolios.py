"""Where the hand-over of a whole portfolio begins."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.choices import people_in_reach
from access.models import Action
from common.keys import key_in
from common.lists import ListAction


def portfolio_action(request: HttpRequest) -> ListAction | None:
    """The button above a list of customers that is narrowed to one account manager, for whoever may hand that portfolio over."""
    people = request.GET.getlist("manager")
    key = key_in(people[0]) if len(people) == 1 and not request.GET.get("manager_op") else None
    if key is None or not people_in_reach(request.user, "customers", Action.APPROVE).filter(pk=key).exists():
        return None
    return ListAction(label=_("Hand this portfolio over"), url=reverse("customers:hand_over_of", args=[key]), icon="briefcase")
