"""With whom a customer is shared, over HTTP: by the form and the services of its tab."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django.contrib.auth.models import Group
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.models import Action, User
from access.policy import require
from common.api.editing import form_of
from common.api.entity_tags import answered, tag_of_content
from common.api.schema import READ_ERRORS, WRITE_ERRORS
from customers.api.serializers import CodeField
from customers.api.views import CustomerViewSet
from customers.grants import TO_CHANGE, TO_VIEW
from customers.models import Customer
from customers.readers import readers_of
from customers.services.sharing import customers_to_share, end_share, share_customer
from customers.sharing import SHOWN, ShareForm, grants_of

_PERMISSIONS: Final = {"view": TO_VIEW, "change": TO_CHANGE}
_WORDS: Final = {permission: word for word, permission in _PERMISSIONS.items()}


class _PermissionField(serializers.ChoiceField):
    """`view` or `change`."""

    def form_values(self, value: Any, form: Any) -> dict[str, list[str]]:  # noqa: ARG002  # as values_of asks
        """As the form names it."""
        return {"permission": [_PERMISSIONS[self.run_validation(value)]]}


class NewShareSerializer(serializers.Serializer[Any]):
    """With whom a customer is shared, one of both, and how far."""

    person = serializers.CharField(required=False, allow_null=True, help_text="A login.")
    group = serializers.CharField(required=False, allow_null=True, help_text="The name of a group.")
    permission = _PermissionField(list(_PERMISSIONS))


class HolderSerializer(serializers.Serializer[Any]):
    """With whom a customer is no longer shared, one of both."""

    person = serializers.CharField(required=False, allow_null=True, help_text="A login.")
    group = serializers.CharField(required=False, allow_null=True, help_text="The name of a group.")


class GrantSerializer(serializers.Serializer[Any]):
    """With whom a customer is shared."""

    person = serializers.SerializerMethodField(help_text="A login; null where it is a group.")
    group = serializers.SerializerMethodField(help_text="The name of a group; null where it is a person.")
    permission = serializers.SerializerMethodField(help_text="`view` or `change`.")
    granted_by = CodeField("granted_by.username", help_text="A login.")
    granted_at = serializers.DateTimeField()

    def get_person(self, grant: Any) -> str | None:
        """The login."""
        return None if grant.is_group else grant.name

    def get_group(self, grant: Any) -> str | None:
        """The name."""
        return grant.name if grant.is_group else None

    def get_permission(self, grant: Any) -> str:
        """In the API's words."""
        return str(_WORDS.get(grant.permission, grant.permission))


class ReaderSerializer(serializers.Serializer[Any]):
    """Who reaches a customer without its being shared."""

    person = serializers.CharField(source="person.username", help_text="A login.")
    name = serializers.CharField(source="person.name")
    reason = serializers.CharField(help_text="The role or the loan that opens it, in the language of the request.")


class SharingSerializer(serializers.Serializer[Any]):
    """Who reaches a customer."""

    shared = GrantSerializer(many=True)
    readers = ReaderSerializer(many=True, help_text="At most 200, the nearest first.")


class SharingViewSet(CustomerViewSet):
    """With whom a customer is shared."""

    references_of_form: ClassVar[Mapping[str, str]] = {"group": "name"}

    @extend_schema(
        operation_id="customers_sharing",
        summary="Read with whom a customer is shared",
        description="And who reaches it anyway, by a role or a loan.",
        responses={200: SharingSerializer, **READ_ERRORS},
    )
    def shown(self, request: Request, pk: int) -> Response:  # noqa: ARG002  # DRF passes it
        """Answer who reaches it."""
        return self._answer(self.changeable(pk, Action.VIEW))

    @extend_schema(
        operation_id="customers_share",
        summary="Share a customer",
        description="With a colleague or a group, in place of what was shared with them before; they are told. It takes a role that allows "
        "to change the customer: what was shared with you is not passed on.",
        request=NewShareSerializer,
        responses={200: SharingSerializer, **WRITE_ERRORS},
    )
    def share(self, request: Request, pk: int) -> Response:
        """Share it."""
        customer = self._to_share(pk)
        form = form_of(request, NewShareSerializer(), ShareForm, self.references_of_form)
        given = form.cleaned_data
        holder = given["person"] or given["group"]
        self.by_service(form, lambda: share_customer(customer_id=pk, actor=self.user, holder=holder, permission=given["permission"]))
        return self._answer(customer)

    @extend_schema(
        operation_id="customers_sharing_end",
        summary="No longer share a customer",
        description="With a colleague or a group. 400 where it was not shared with them.",
        request=HolderSerializer,
        responses={200: SharingSerializer, **WRITE_ERRORS},
    )
    def end(self, request: Request, pk: int) -> Response:
        """End it."""
        customer = self._to_share(pk)
        sent = HolderSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        login, group = sent.validated_data.get("person"), sent.validated_data.get("group")
        holder = _holder(login, group)
        if holder is None or not end_share(customer_id=pk, actor=self.user, holder=holder):
            reason = exceptions.ErrorDetail(_("The customer is not shared with this holder."), "not_shared")
            raise exceptions.ValidationError({"person" if login else "group": [reason]})
        return self._answer(customer)

    def _to_share(self, pk: int) -> Customer:
        """The customer that the user may share. Raises PermissionDenied, Http404."""
        require(self.user, "customers", Action.CHANGE)
        found = customers_to_share(self.user).filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    def _answer(self, customer: Customer) -> Response:
        facts = {"shared": grants_of(customer), "readers": readers_of(customer, limit=SHOWN)}
        content = dict(SharingSerializer(facts).data)
        return answered(self.request, content, tag_of_content(content))


def _holder(login: str | None, group: str | None) -> User | Group | None:
    """Disabled people too: what was shared with them can end. None where there is no such holder."""
    if login and not group:
        return User.objects.filter(username=login).first()
    return Group.objects.filter(name=group).first() if group and not login else None
