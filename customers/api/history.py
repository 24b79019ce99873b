"""The history of customers and of the people at them over HTTP."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.history import BELOW, HasHistory, RestoreSerializer, VersionPageSerializer
from common.api.schema import GUARDED, IF_MATCH, READ_ERRORS
from customers.api.serializers import ContactPersonSerializer, CustomerSerializer
from customers.api.views import ContactPersonViewSet, CustomerViewSet
from customers.histories import CONTACT_PERSON, CUSTOMER

_READ = "Every change, the newest first, twenty a page. Sensitive values are masked. What came of a merge stands at `customer-merges/`."
_PUT_BACK = "What stood in a field before a version stands again; that is a change of its own. If-Match is required."


class CustomerHistory(HasHistory, CustomerViewSet):
    """Of customers."""

    subject: ClassVar[str] = CUSTOMER

    @extend_schema(
        operation_id="customers_history",
        summary="Read the history of a customer",
        description=_READ,
        parameters=[BELOW],
        responses={200: VersionPageSerializer, **READ_ERRORS},
    )
    def history(self, request: Request, pk: int) -> Response:
        """Answer a page of it."""
        return super().history(request, pk)

    @extend_schema(
        operation_id="customers_restore",
        summary="Put an old value of a customer back",
        description=_PUT_BACK,
        parameters=[IF_MATCH],
        request=RestoreSerializer,
        responses={200: CustomerSerializer, **GUARDED},
    )
    def put_back(self, request: Request, pk: int) -> Response:
        """Put it back."""
        return super().put_back(request, pk)


class ContactPersonHistory(HasHistory, ContactPersonViewSet):
    """Of contact persons."""

    subject: ClassVar[str] = CONTACT_PERSON

    @extend_schema(
        operation_id="contact_people_history",
        summary="Read the history of a contact person",
        description=_READ,
        parameters=[BELOW],
        responses={200: VersionPageSerializer, **READ_ERRORS},
    )
    def history(self, request: Request, pk: int) -> Response:
        """Answer a page of it."""
        return super().history(request, pk)

    @extend_schema(
        operation_id="contact_people_restore",
        summary="Put an old value of a contact person back",
        description=_PUT_BACK,
        parameters=[IF_MATCH],
        request=RestoreSerializer,
        responses={200: ContactPersonSerializer, **GUARDED},
    )
    def put_back(self, request: Request, pk: int) -> Response:
        """Put it back."""
        return super().put_back(request, pk)
