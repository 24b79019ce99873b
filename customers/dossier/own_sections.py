"""What this app writes into a customer's file."""

from __future__ import annotations

from collections.abc import Sequence
from html import unescape
from typing import Any, Final

from django.utils.formats import date_format, number_format
from django.utils.html import strip_tags
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from access.models import Action, User
from access.reveals import masked_text
from common.documents import Facts, Part, Table
from customers.attributes import definitions_in_use, value_as_text
from customers.dossier.registry import DossierSection, register_section
from customers.hierarchy import above, family_of
from customers.history import history_of
from customers.models import ContactPerson, Customer
from customers.relations import relations_of
from customers.timeline import read_page

MOST: Final = 500
_HAPPENINGS: Final = 60


def register_own_sections() -> None:
    """Called once, when Django is ready."""
    for key, title, read, order in (
        ("details", gettext_lazy("Details"), _details, 0),
        ("people", gettext_lazy("Contact persons"), _people, 20),
        ("relations", gettext_lazy("Relations"), _relations, 60),
        ("hierarchy", gettext_lazy("Hierarchy"), _hierarchy, 70),
        ("ownership", gettext_lazy("Ownership and lifecycle"), _ownership, 80),
        ("timeline", gettext_lazy("Timeline"), _timeline, 90),
    ):
        register_section(DossierSection(key=key, title=title, module="customers", read=read, order=order))


def _details(customer: Customer, user: User) -> Sequence[Part]:
    parent = customer.parent
    seen = parent is not None and Customer.objects.visible_to(user).filter(pk=parent.pk).exists()
    limit = f"¥{number_format(customer.credit_limit, force_grouping=True)}" if customer.credit_limit is not None else ""
    rows: list[tuple[str, str]] = [
        (_("Short name"), customer.short_name),
        (_("Unified social credit code"), customer.credit_code),
        (_("Industry"), customer.industry.label if customer.industry else ""),
        (_("Scale"), customer.get_scale_display()),
        (_("Region"), customer.region.label if customer.region else ""),
        (_("Address"), customer.address),
        (_("Parent customer"), parent.name if parent is not None and seen else ""),
        (_("Value score"), str(customer.value_score)),
        (_("Tags"), ", ".join(tag.label for tag in customer.tags.order_by("code"))),
        (_("Credit limit"), limit),
        (_("Bank"), customer.bank_name),
        (_("Bank account"), masked_text(customer, "bank_account")),
        (_("Source"), customer.source),
        (_("Entered"), date_format(localtime(customer.created_at), "Y-m-d")),
        *((one.label, value_as_text(one, customer.attributes.get(one.key))) for one in definitions_in_use()),
        (_("Remark"), customer.remark),
    ]
    return [Facts(rows)]


def _people(customer: Customer, user: User) -> Sequence[Part]:
    rows = ContactPerson.objects.visible_to(user, Action.EXPORT).filter(customer=customer).select_related("reports_to")
    found = list(rows.order_by("-is_key_person", "influence", "name", "pk")[: MOST + 1])
    names = (pgettext("person", "Name"), pgettext("person", "Title"), _("Role"), _("Phone"), _("E-mail"), _("Reports to"), _("Influence"))
    table = Table(
        headings=(*names, _("Attitude")),
        rows=[
            (
                f"{person.name} ({_('key person')})" if person.is_key_person else person.name,
                person.title,
                person.get_role_display(),
                masked_text(person, "phone"),
                masked_text(person, "email"),
                person.reports_to.name if person.reports_to else "",
                person.get_influence_display() or "",
                person.get_attitude_display(),
            )
            for person in found[:MOST]
        ],
        note=_cut(len(found)),
    )
    return [table]


def _relations(customer: Customer, user: User) -> Sequence[Part]:
    relations, is_cut = relations_of(customer, user)
    rows = [
        (
            seen.label,
            seen.other.name if seen.other else _("a customer outside your reach"),
            _day(seen.relation.begins_on),
            _day(seen.relation.ends_on),
        )
        for seen in relations
    ]
    headings = (_("This customer is"), _("Other customer"), _("Since"), _("Until"))
    return [Table(headings=headings, rows=rows, note=_cut(MOST + 1 if is_cut else 0))] if rows else []


def _hierarchy(customer: Customer, user: User) -> Sequence[Part]:
    line, family = above(customer, user), family_of(customer, user, with_figures=True, action=Action.EXPORT)
    if not line and family.size == 1 and not family.has_hidden:
        return []
    parts: list[Part] = [Facts([(_("Belongs to"), " / ".join(one.name for one in line))])] if line else []
    figures = [str(figure.label) for figure in family.roll_ups]
    rows = [
        ("\N{EM SPACE}" * kin.depth + kin.customer.name, kin.customer.code, *(figure.total for figure in kin.figures))
        for kin in family.members
    ]
    notes = [_("Figures with all below.")]
    if any(kin.below and kin.is_closed for kin in family.members):
        notes.append(_("Not every level is listed; the figures hold all of them."))
    if family.has_hidden:
        notes.append(_("A part of this group is outside your reach. It is not shown, and the figures leave it out."))
    table = Table(headings=(_("Name"), _("Code"), *figures), rows=rows, numeric=frozenset(range(2, 2 + len(figures))), note=" ".join(notes))
    return [*parts, table]


def _ownership(customer: Customer, _user: User) -> Sequence[Part]:
    rows = [
        (_moment(change.at), str(change.kind), change.before, change.after, str(change.actor or ""), change.reason)
        for change in history_of(customer, limit=MOST)
    ]
    return [Table(headings=(_("When"), _("What"), _("Before"), _("After"), _("By"), _("Reason")), rows=rows)] if rows else []


def _timeline(customer: Customer, user: User) -> Sequence[Part]:
    page = read_page(customer, user, size=_HAPPENINGS, action=Action.EXPORT)
    rows = []
    for told in page.entries:
        changes = "; ".join(f"{one.label}: {_plain(one.before)} → {_plain(one.after)}" for one in told.entry.details)
        text = "\n".join(filter(None, (str(told.entry.text), told.former, changes, str(told.entry.note))))
        rows.append((_moment(told.at), str(told.kind.label), text, told.actor))
    note = _("The newest happenings; the page has all.") if page.following else ""
    return [Table(headings=(_("When"), _("Kind"), _("What"), _("By")), rows=rows, note=note)] if rows else []


def _plain(html: str) -> str:
    return unescape(strip_tags(html))


def _day(day: Any) -> str:
    return date_format(day, "Y-m-d") if day else ""


def _moment(moment: Any) -> str:
    return date_format(localtime(moment), "Y-m-d H:i")


def _cut(count: int) -> str:
    return _("The first %(count)d; the list has all.") % {"count": MOST} if count > MOST else ""
