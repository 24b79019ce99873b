"""Members over HTTP: the numbers of all customers or of one, and what is kept of each beside the number itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.fields import MaskedField
from common.api.editing import EditableResource
from common.api.entity_tags import answered, tag_of_content
from common.api.fields import Fetched, ResourceSerializer
from common.api.lists import row_of
from common.api.schema import READ_ERRORS
from customers.api.serializers import CodeField, TextField
from customers.models import Customer
from members.forms import MemberForm
from members.models import Member, MemberSubscription, NumberKind, NumberState, PayMode
from members.prices import priced_subscriptions
from members.roster import live_subscriptions
from members.tables import AllMembersList, MemberList


class ProductCodesField(Fetched, serializers.ListField):
    """The codes of the products that a number is on today."""

    child = serializers.CharField()

    def fetch(self, rows: Sequence[Any], user: Any) -> Mapping[Any, Any]:
        """One query."""
        found: dict[int, list[str]] = defaultdict(list, {row.pk: [] for row in rows})
        of_rows = MemberSubscription.objects.visible_to(user).filter(member__in=list(found))
        live = live_subscriptions(of_rows, timezone.localdate()).order_by("product__code")
        for member, code in live.values_list("member", "product__code"):
            found[member].append(code)
        return found


class MemberSerializer(ResourceSerializer):
    """A number's membership of a group. Joining, leaving and products go by batches, at `provisioning-jobs/`."""

    id = serializers.IntegerField(read_only=True)
    customer = CodeField("customer.code", read_only=True)
    number = MaskedField(read_only=True, help_text="Masked.")
    kind = serializers.ChoiceField(NumberKind.choices, read_only=True)
    holder_name = TextField()
    department = TextField()
    employee_no = TextField()
    short_number = TextField(help_text="3 to 6 digits that begin with 61 to 69; unique in the group.")
    pay_mode = serializers.ChoiceField(PayMode.choices, required=False)
    state = serializers.ChoiceField(NumberState.choices, required=False, help_text="In the network.")
    stage = serializers.SerializerMethodField(help_text="As `state`, or `pending`, `leaving` or `left` by its dates.")
    products = ProductCodesField(read_only=True, help_text="Codes.")
    joined_on = serializers.DateField(read_only=True)
    left_on = serializers.DateField(read_only=True, allow_null=True, help_text="The first day on which it is no longer a member.")
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def get_stage(self, member: Member) -> str:
        """Today."""
        return member.stage()


class MemberSubscriptionSerializer(serializers.Serializer[Any]):
    """A number is on a product."""

    id = serializers.IntegerField(source="row.pk")
    product = serializers.CharField(source="row.product.code")
    tariff = serializers.SerializerMethodField(help_text="The codes of product and tariff: `VNET:VNET10`.")
    offer = serializers.CharField(source="row.offer.code", allow_null=True, default=None)
    offer_lapsed = serializers.BooleanField(help_text="Whether the offer holds no more, so that the full fee is charged.")
    effective_on = serializers.DateField(source="row.effective_on")
    expires_on = serializers.DateField(source="row.expires_on", allow_null=True)
    ended_on = serializers.DateField(source="row.ended_on", allow_null=True)
    live = serializers.BooleanField(help_text="Whether it runs or is to begin.")
    pending = serializers.BooleanField(help_text="Whether it is to begin.")
    fee = serializers.DecimalField(12, 2, source="price.fee", allow_null=True, help_text="CNY for the tariff's unit, before discounts.")
    net_price = serializers.DecimalField(12, 2, source="net", allow_null=True, help_text="After them.")

    def get_tariff(self, priced: dict[str, Any]) -> str:
        """Both codes."""
        return f"{priced['row'].product.code}:{priced['row'].tariff.code}"


class MemberViewSet(EditableResource):
    """The numbers of all customers in reach."""

    list_class: ClassVar[type[MemberList]] = AllMembersList
    serializer_class = MemberSerializer
    resource = "members"
    one, many = "member", "members"

    def form(self, row: Any, data: Any) -> Any:
        """That of the member's page."""
        return MemberForm(data, instance=row, actor=self.user)

    def save(self, row: Any, form: Any, seen: str) -> None:  # noqa: ARG002  # the form holds both
        """By the service of that page."""
        form.write()

    def address(self, row: Any) -> str:
        """Of the member."""
        return reverse("api:member", args=[row.pk])

    @extend_schema(
        operation_id="members_subscriptions",
        summary="Read what a number is on",
        description="Every product that it is or was on under this membership, those that run first, and what it costs by which offer.",
        responses={200: MemberSubscriptionSerializer(many=True), **READ_ERRORS},
    )
    def subscriptions(self, request: Request, pk: int) -> Response:
        """Answer them."""
        member: Member = row_of(self.definition().queryset(), pk)
        priced = priced_subscriptions(self.user, [member])
        content = [dict(one) for one in MemberSubscriptionSerializer(priced, many=True).data]
        return answered(request, content, tag_of_content(content))


class MembersOfCustomer(MemberViewSet):
    """The numbers of the customer in the address."""

    list_class = MemberList
    resource = "customers_members"

    def scope(self) -> Mapping[str, Any]:
        """The customer. Raises Http404 when it is hidden."""
        return {"customer": Customer.objects.get_visible(self.user, self.kwargs["pk"])}
