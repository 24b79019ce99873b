"""Leave cover over HTTP: what one lends and borrows, by the form and the services of its page."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.cover_views import CoverForm
from access.models import Delegation, User
from access.requests import signed_in
from access.services.delegations import Begun, begin_loan, end_delegation
from common.api import ErrorSerializer
from common.api.editing import details_of, form_of
from common.api.entity_tags import answered, tag_of_content, tag_of_row, tagged
from common.api.schema import READ_ERRORS

_SHOWN: Final = 100


class LoanSerializer(serializers.Serializer[Any]):
    """Customers that are lent: from the first day to the last, both included."""

    id = serializers.IntegerField()
    lender = serializers.CharField(source="lender.username", help_text="A login.")
    borrower = serializers.CharField(source="borrower.username", help_text="A login.")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    reason = serializers.CharField()
    state = serializers.SerializerMethodField(help_text="`counting`, `coming`, `over`, or `ended` before its time.")
    ended_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    def get_state(self, loan: Delegation) -> str:
        """How it stands today."""
        return loan.state_on(timezone.localdate())


class NewLoanSerializer(serializers.Serializer[Any]):
    """To whom the own customers are lent, from when to when."""

    borrower = serializers.CharField(help_text="A login.")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    reason = serializers.CharField(required=False, allow_blank=True)


class CoverView(APIView):
    """What the user lends and borrows."""

    metadata_class: Any = None
    parser_classes: Any = (JSONParser,)

    @extend_schema(
        operation_id="cover_list",
        summary="List what you lend and borrow",
        description="The latest first, at most 100 of both.",
        responses={200: LoanSerializer(many=True), 401: ErrorSerializer},
    )
    def get(self, request: Request) -> Response:
        """Answer the loans."""
        user = signed_in(request)
        rows = Delegation.objects.filter(Q(lender=user) | Q(borrower=user)).select_related("lender", "borrower")
        content = [dict(one) for one in LoanSerializer(rows[:_SHOWN], many=True).data]
        return answered(request, content, tag_of_content(content))

    @extend_schema(
        operation_id="cover_begin",
        summary="Lend your customers to a colleague",
        description="Who works with your own customers then as you do, as far as the own role goes, and is told. Sent again, the same loan "
        "is not begun twice: the first is answered, with 200, and with the reason that is given now, if one is.",
        request=NewLoanSerializer,
        responses={200: LoanSerializer, 201: LoanSerializer, 400: ErrorSerializer, 401: ErrorSerializer, 403: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        """Lend them."""
        user = signed_in(request)
        form = form_of(request, NewLoanSerializer(), CoverForm)
        try:
            loan, begun = begin_loan(actor=user, lender=user, **form.cleaned_data)
        except ValidationError as error:
            raise exceptions.ValidationError(details_of(error)) from error
        return _told(loan, status.HTTP_201_CREATED if begun is Begun.NEW else status.HTTP_200_OK)


class CoverEndView(APIView):
    """The end of a loan."""

    metadata_class: Any = None
    parser_classes: Any = (JSONParser,)

    @extend_schema(
        operation_id="cover_end",
        summary="No longer lend your customers",
        description="At once. One that is over or ended stays as it is.",
        request=None,
        responses={200: LoanSerializer, **READ_ERRORS},
    )
    def post(self, request: Request, pk: int) -> Response:
        """End it."""
        user = signed_in(request)
        if not _own(user, pk):
            raise Http404
        return _told(end_delegation(delegation_id=pk, actor=user))


def _own(user: User, pk: int) -> bool:
    try:
        return Delegation.objects.filter(pk=pk, lender=user).exists()
    except OverflowError:
        return False


def _told(loan: Delegation, code: int = status.HTTP_200_OK) -> Response:
    content = dict(LoanSerializer(loan).data)
    return tagged(Response(content, status=code), tag_of_row(loan, content))
