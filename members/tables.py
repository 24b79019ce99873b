"""The lists of this app: numbers of one customer, all numbers, number segments, blacklisted numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from access.models import Action
from access.number_search import number_condition, shown_start
from access.reveals import masked_column
from access.scope import scope_of
from common.lists import Column, ListDefinition, dot, linked, tag
from common.lists.bulk import BulkOperation, EditableField, FieldEdit, Given, Obstacle
from common.templatetags.frame import tone
from customers.models import Customer
from members.cell_editors import MemberCells
from members.filters import AllMembersFilters, MemberFilters, SegmentFilters
from members.models import BlacklistedNumber, Member, MemberSubscription, NumberSegment
from members.reading.normalise import national
from members.roster import live_subscriptions, matching_text, stage_label
from members.sensitive import NUMBER


class EditMembers(FieldEdit):
    """Give many numbers the same holder, department or employee number. What concerns money or service goes by a batch."""

    label = _("Edit")
    fields: ClassVar[Sequence[str | EditableField]] = ("department", "holder_name", "employee_no")

    def obstacles(self, given: Given) -> Sequence[Obstacle]:
        """What is kept of numbers that have left stays as it was."""
        return [*super().obstacles(given), Obstacle(_("Have left the group"), Q(left_on__lte=timezone.localdate()))]


def member_state(member: Any) -> SafeString:
    """A membership's state today as a dot and a word."""
    stage = member.stage()
    return dot("warn" if stage == "porting" else tone(stage), stage_label(stage))


def _products(rows: Sequence[Any], user: Any) -> Mapping[Any, str]:
    """The products that each number of the page is on today; one query."""
    subscriptions = live_subscriptions(
        MemberSubscription.objects.visible_to(user).filter(member__in=[row.pk for row in rows]), timezone.localdate()
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    for subscription in subscriptions.select_related("product").order_by("product__code"):
        found[subscription.member_id].append(subscription.product.label)
    return {row.pk: " · ".join(found[row.pk]) for row in rows}


class MemberList(ListDefinition):
    """The numbers of one customer (`customer=`), in number order: the order of the index, so that any page of a million is read at once."""

    name = "members"
    model = Member
    title = _("Members")
    columns: ClassVar[Sequence[Column]] = (
        masked_column(NUMBER, key="msisdn", label=_("Number"), sort=("msisdn",), link=True),
        Column(key="holder_name", label=_("Holder")),
        Column(key="department", label=_("Department"), hide_on_phone=True),
        Column(key="short_number", label=_("Short number")),
        Column(key="employee_no", label=_("Employee no"), hide_on_phone=True),
        Column(key="products", label=_("Products"), values=_products, hide_on_phone=True),
        Column(key="state", label=_("State"), value=member_state),
        Column(key="joined_on", label=_("Joined"), hide_on_phone=True),
        Column(key="left_on", label=_("Left"), hide_on_phone=True),
        Column(key="kind", label=_("Kind"), optional=True),
        Column(key="pay_mode", label=_("Pay mode"), optional=True),
        Column(key="created_at", label=_("Entered"), optional=True),
        Column(key="updated_at", label=_("Changed"), optional=True),
    )
    filterset_class = MemberFilters
    search_fields: ClassVar[Sequence[str]] = ("msisdn",)
    search_label = _("Number from its beginning, *end, short number, holder, department")
    default_sort = "msisdn"
    empty_text = _("No numbers yet. Join them by a batch.")
    scope_models: ClassVar[Mapping[str, type[Model]]] = {"customer": Customer}
    scope_required = True
    bulk_operations: ClassVar[Sequence[type[BulkOperation]]] = (EditMembers,)
    cell_editor = MemberCells

    def filterset_options(self) -> dict[str, Any]:
        """Whose numbers these are."""
        return {"customer_id": self.scope["customer"].pk} if "customer" in self.scope else {}

    def queryset(self) -> QuerySet[Any]:
        """The customer's memberships."""
        return super().queryset().filter(customer=self.scope["customer"])

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By number, short number, holder, department or employee number."""
        return queryset.filter(matching_text(text, self.user))

    def row_url(self, row: Any) -> str:
        """The number's page."""
        return reverse("members:number_detail", args=[row.pk])


class AllMembersList(MemberList):
    """The numbers of all customers that the user may see, customer by customer."""

    name = "all_members"
    columns: ClassVar[Sequence[Column]] = (
        *MemberList.columns[:2],
        Column(
            key="customer",
            label=_("Customer"),
            value=lambda row: linked(reverse("members:customer_panel", args=[row.customer_id]), row.customer.name),
            sort=("customer_id", "msisdn"),
        ),
        *MemberList.columns[2:],
    )
    filterset_class = AllMembersFilters
    search_label = _("Number from its beginning, *end, holder, department")
    default_sort = "customer"
    scope_models: ClassVar[Mapping[str, type[Model]]] = {}
    scope_required = False

    def queryset(self) -> QuerySet[Any]:
        """All memberships in reach, with their customers."""
        return super(MemberList, self).queryset().select_related("customer")

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By number, holder, department or employee number."""
        return queryset.filter(matching_text(text, self.user, short_numbers=False))


def may_keep_numbers(user: Any) -> bool:
    """Whether `user` keeps the number plan and the blacklist: members may be changed, without a limit to some customers."""
    return scope_of(user).reach("members", Action.CHANGE).everything


class _KeptList(ListDefinition):
    """Rows that belong to no customer; for those who keep them."""

    def queryset(self) -> QuerySet[Any]:
        """All rows, or none."""
        rows: QuerySet[Any] = self.model._default_manager.all()
        return rows if may_keep_numbers(self.user) else rows.none()

    def row_url(self, row: Any) -> str:
        """Where the row is changed, for who may open the administration."""
        return reverse(f"admin:members_{self.model._meta.model_name}_change", args=[row.pk]) if self.user.is_staff else ""


def _digits(text: str) -> str:
    digits = "".join(character for character in text if character.isdecimal())
    return digits if digits.startswith(settings.NUMBER_COUNTRY_CODE) else f"{settings.NUMBER_COUNTRY_CODE}{digits.removeprefix('0')}"


def blacklisted_with(text: str, user: Any) -> Q:
    """Blacklisted numbers that begin with the digits of `text`; for who may not reveal them: whose first three or all digits these are."""
    digits = _digits(text)
    begins = Q(msisdn__startswith=digits)
    shown = begins if shown_start(digits.removeprefix(settings.NUMBER_COUNTRY_CODE)) else Q(msisdn=digits)
    return number_condition(BlacklistedNumber, user, "members", any_part=begins, shown_part=shown)


class SegmentList(_KeptList):
    """The number plan."""

    name = "segments"
    model = NumberSegment
    title = _("Number segments")
    columns: ClassVar[Sequence[Column]] = (
        Column(key="prefix", label=_("Prefix"), value=lambda row: national(row.prefix), sort=("prefix",), link=True),
        Column(key="kind", label=_("Kind"), value=lambda row: tag(row.get_kind_display())),
        Column(key="operator", label=_("Operator")),
        Column(key="region", label=_("Home city"), value="region.label"),
        Column(key="updated_at", label=_("Changed"), hide_on_phone=True),
    )
    filterset_class = SegmentFilters
    search_fields: ClassVar[Sequence[str]] = ("prefix",)
    search_label = _("Prefix of a number")
    default_sort = "prefix"
    empty_text = _("No number segments. Batches warn of every number whose prefix is not listed here.")

    def queryset(self) -> QuerySet[Any]:
        """All segments with their cities."""
        return super().queryset().select_related("region")

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Segments that begin with the digits, and those that the digits begin with: whose a whole number is."""
        digits = _digits(text)
        return queryset.filter(Q(prefix__startswith=digits) | Q(prefix__in=[digits[:end] for end in range(1, len(digits))]))


class BlacklistList(_KeptList):
    """Numbers that no batch may touch."""

    name = "blacklist"
    model = BlacklistedNumber
    title = _("Blacklisted numbers")
    columns: ClassVar[Sequence[Column]] = (
        masked_column(NUMBER, key="msisdn", label=_("Number"), sort=("msisdn",), link=True),
        Column(key="reason", label=_("Reason")),
        Column(key="created_at", label=_("Since"), hide_on_phone=True),
    )
    search_fields: ClassVar[Sequence[str]] = ("msisdn",)
    search_label = _("Number from its beginning")
    default_sort = "msisdn"
    empty_text = _("No number is blacklisted.")

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By the beginning of the number; see `blacklisted_with`."""
        return queryset.filter(blacklisted_with(text, self.user))
