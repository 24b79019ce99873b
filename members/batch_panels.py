"""What batch provisioning shows elsewhere: its place in the navigation, and the button on the customer page and the home page."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from access.models import Action
from common.navigation import NavigationGroup, NavigationItem, register
from common.panels import register_action


def register_batch_pages() -> None:
    """Called when the app is ready."""
    register(
        NavigationItem(NavigationGroup.CUSTOMERS, _("Batch provisioning"), "members:batch_list", "table-import", module="jobs", order=40)
    )
    register_action(
        slot="customer",
        key="new_batch",
        label=_("New batch"),
        url=lambda customer: f"{reverse('members:batch_new')}?{urlencode({'customer': customer.pk})}",
        module="members",
        action=Action.CHANGE,
        icon="table-import",
        primary=True,
        order=10,
        shortcut="b",
    )
    register_action(
        slot="home",
        key="new_batch",
        label=_("New batch"),
        url=_new,
        module="members",
        action=Action.CHANGE,
        icon="table-import",
        primary=True,
        order=10,
        shortcut="b",
    )


def _new(_subject: Any) -> str:
    return reverse("members:batch_new")
