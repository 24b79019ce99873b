"""What this app brings to the search: numbers by their beginning and by their end, and whose a number or a batch is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from django.utils.translation import gettext_lazy as _

from access.models import User
from common.search import Place, register_place, register_search
from customers.palette import place_of_customer
from jobs.models import Job
from members.models import Member
from members.search import could_be_ending, could_be_number, find_endings, find_numbers


def register_search_parts() -> None:
    """Called when the app is ready."""
    register_search(
        key="numbers", title=_("Numbers"), icon="phone", module="members", likelihood=could_be_number, find=find_numbers, order=30
    )
    register_search(
        key="endings",
        title=_("Numbers that end with it"),
        icon="phone",
        module="members",
        likelihood=could_be_ending,
        find=find_endings,
        order=35,
    )
    register_place("members/<int:pk>/", _of_member)
    register_place("batches/<int:pk>/", _of_batch)


def _of_member(user: User, named: Mapping[str, Any]) -> Place:
    return place_of_customer(user, Member.objects.get_visible(user, named["pk"]).customer_id)


def _of_batch(user: User, named: Mapping[str, Any]) -> Place:
    customer = Job.objects.get_visible(user, named["pk"]).customer_key
    if customer is None:
        raise Http404
    return place_of_customer(user, customer)
