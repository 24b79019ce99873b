"""What this app writes into a customer's file: how many numbers there are, what they are on and bring, and the last batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db.models import Count
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.models import Action, User
from common.documents import Part, Table
from customers.dossier import DossierSection, register_section
from customers.models import Customer
from jobs.models import Job
from members.models import Member, NumberState
from members.roster import not_left
from members.services.revenue import subscription_groups
from products.money import yuan

_BATCHES: Final = 50


def register_sections() -> None:
    """Called once, when Django is ready."""
    register_section(DossierSection(key="members", title=gettext_lazy("Members"), module="members", read=_members, order=30))
    register_section(DossierSection(key="batches", title=gettext_lazy("Batches"), module="jobs", read=_batches, order=50))


def _members(customer: Customer, user: User) -> Sequence[Part]:
    """Counts: the numbers themselves are taken out of their list, which has a file of its own."""
    today = timezone.localdate()
    rows = Member.objects.visible_to(user, Action.EXPORT).filter(not_left(today), customer=customer)
    counts = list(rows.order_by().values_list("state").annotate(count=Count("pk")).order_by("state"))
    labels = dict(NumberState.choices)
    states = [(str(labels[state]), _figure(count)) for state, count in counts]
    groups = subscription_groups(customer, user, today)
    products = [
        (group.product.label, group.tariff.label, group.offer.code if group.offer else "", _figure(group.count), yuan(group.total))
        for group in groups
    ]
    if products:
        products.append((_("All numbers"), "", "", "", yuan(sum(group.total for group in groups))))
    headings = (_("Product"), _("Tariff"), _("Offer"), _("Numbers"), _("A month"))
    return [
        Table(headings=(_("Status"), _("Numbers")), rows=states, numeric={1}),
        Table(title=_("Products of the numbers"), headings=headings, rows=products, numeric={3, 4}),
    ]


def _batches(customer: Customer, user: User) -> Sequence[Part]:
    jobs = Job.objects.visible_to(user, Action.EXPORT).filter(customer_key=customer.pk).select_related("actor").order_by("-id")
    rows = [
        (
            f"#{job.pk}",
            job.title,
            job.get_status_display(),
            _figure(job.rows),
            _figure(job.applied),
            job.actor.name,
            date_format(timezone.localtime(job.created_at), "Y-m-d H:i"),
        )
        for job in jobs[:_BATCHES]
    ]
    headings = (_("Job"), _("Title"), _("Status"), _("Rows"), _("Applied"), _("By"), _("When"))
    return [Table(headings=headings, rows=rows, numeric={3, 4})] if rows else []


def _figure(number: int) -> str:
    return number_format(number, force_grouping=True)
