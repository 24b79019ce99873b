"""Offers and group subscriptions over HTTP, by the forms and services of their pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.models import Action
from access.policy import require
from common.api.editing import form_of
from common.api.schema import GUARDED, IF_MATCH, WRITE_ERRORS
from customers.models import Customer
from products.api.base import WrittenByForm
from products.api.lists import GroupSubscriptionList, SubscriptionsOfCustomerList
from products.api.serializers import GroupSubscriptionSerializer, OfferSerializer
from products.forms import EndForm, GroupSubscriptionForm, OfferForm
from products.models import GroupSubscription, Offer
from products.services import offers as steps
from products.services.group_subscriptions import end_group_subscription
from products.tables import CustomerOfferList, OfferList


class OfferViewSet(WrittenByForm):
    """Offers, and the steps of their approval."""

    list_class = OfferList
    serializer_class = OfferSerializer
    resource = "offers"
    one, many = "offer", "offers"
    references: ClassVar[Mapping[str, str]] = {"discounts": "code"}

    def form(self, row: Any, data: Any) -> Any:
        """That of the offer's page."""
        return OfferForm(data, instance=row, customer=row.customer, actor=self.user)

    def address(self, row: Any) -> str:
        """Of the offer."""
        return reverse("api:offer", args=[row.pk])

    @extend_schema(
        operation_id="offers_submit",
        summary="Send an offer to approval",
        description="A draft that could be used today. If-Match is required.",
        parameters=[IF_MATCH],
        request=None,
        responses={200: OfferSerializer, **GUARDED},
    )
    def submit(self, request: Request, pk: int) -> Response:  # noqa: ARG002  # DRF passes it
        """Send it."""
        return self._step(pk, Action.CHANGE, steps.submit_offer)

    @extend_schema(
        operation_id="offers_approve",
        summary="Approve an offer",
        description="One in approval; where a discount is above its limit, by somebody other than its author. If-Match is required.",
        parameters=[IF_MATCH],
        request=None,
        responses={200: OfferSerializer, **GUARDED},
    )
    def approve(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Approve it."""
        return self._step(pk, Action.APPROVE, steps.approve_offer)

    @extend_schema(
        operation_id="offers_return",
        summary="Send an offer back to its author",
        description="One in approval becomes a draft. If-Match is required.",
        parameters=[IF_MATCH],
        request=None,
        responses={200: OfferSerializer, **GUARDED},
    )
    def give_back(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Send it back."""
        return self._step(pk, Action.APPROVE, steps.return_offer)

    @extend_schema(
        operation_id="offers_withdraw",
        summary="Withdraw an offer",
        description="For good: no number can be put on it any more, and its discounts stop counting. If-Match is required.",
        parameters=[IF_MATCH],
        request=None,
        responses={200: OfferSerializer, **GUARDED},
    )
    def withdraw(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Withdraw it."""
        return self._step(pk, Action.CHANGE, steps.withdraw_offer)

    def _step(self, pk: int, action: str, step: Callable[..., Offer]) -> Response:
        require(self.user, "products", action)
        offer = self.changeable(pk, action)
        seen = self.seen(offer)
        self.by_service(None, lambda: step(offer_id=pk, actor=self.user, seen=seen), offer)
        return self.told(pk)


class OffersOfCustomer(OfferViewSet):
    """The offers of the customer in the address."""

    list_class = CustomerOfferList
    resource = "customers_offers"

    def scope(self) -> Mapping[str, Any]:
        """The customer. Raises Http404 when it is hidden."""
        return {"customer": Customer.objects.get_visible(self.user, self.kwargs["pk"])}

    def form(self, row: Any, data: Any) -> Any:  # noqa: ARG002  # always a new one
        """A draft."""
        return OfferForm(data, instance=Offer(), customer=self.scope()["customer"], actor=self.user)


class EndSerializer(serializers.Serializer[Any]):
    """When something ends."""

    ended_on = serializers.DateField(help_text="The first day on which it no longer runs.")


class GroupSubscriptionViewSet(WrittenByForm):
    """Group subscriptions: what customers have as a whole."""

    list_class = GroupSubscriptionList
    serializer_class = GroupSubscriptionSerializer
    resource = "group_subscriptions"
    one, many = "group subscription", "group subscriptions"
    references: ClassVar[Mapping[str, str]] = {"offer": "code"}

    def form(self, row: Any, data: Any) -> Any:  # noqa: ARG002  # always a new one: it is entered and ended, and not changed
        """That of the customer's page."""
        return GroupSubscriptionForm(data, customer=self.scope()["customer"], actor=self.user)

    def address(self, row: Any) -> str:
        """Of the subscription."""
        return reverse("api:group_subscription", args=[row.pk])

    @extend_schema(
        operation_id="group_subscriptions_end",
        summary="End a group subscription",
        description="On a day from its first one on; once.",
        request=EndSerializer,
        responses={200: GroupSubscriptionSerializer, **WRITE_ERRORS},
    )
    def end(self, request: Request, pk: int) -> Response:
        """End it."""
        require(self.user, "products", Action.CHANGE)
        row: GroupSubscription = self.changeable(pk)
        form = form_of(request, EndSerializer(), EndForm)
        self.by_service(None, lambda: end_group_subscription(subscription_id=row.pk, actor=self.user, **form.cleaned_data))
        return self.told(pk)


class SubscriptionsOfCustomer(GroupSubscriptionViewSet):
    """The group subscriptions of the customer in the address."""

    list_class = SubscriptionsOfCustomerList
    resource = "customers_subscriptions"

    def scope(self) -> Mapping[str, Any]:
        """The customer. Raises Http404 when it is hidden."""
        return {"customer": Customer.objects.get_visible(self.user, self.kwargs["pk"])}
