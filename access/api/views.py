"""Saved views of lists over HTTP, by the services of the pages."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, QueryDict
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import exceptions, serializers, status
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from access.choices import units_in_reach
from access.list_memory import setting_of
from access.models import OrgUnit, SavedView, User
from access.requests import signed_in
from access.services import list_views as services
from common.api import ErrorSerializer
from common.api.editing import details_of
from common.api.entity_tags import answered, ensure_seen, seen_version, stale, tag_of_content, tag_of_row, tagged
from common.api.lists import ensure_known
from common.api.schema import GUARDED, IF_MATCH, READ_ERRORS, WRITE_ERRORS
from common.gate import may_open
from common.lists.definition import module_of_list
from common.lists.layout import COLUMNS, DENSITY, SORT
from common.lists.registry import rebuilt

_LOOKS: Final = (COLUMNS, DENSITY)
"""The parameters that say how a list looks and that its resource does not know."""
_NAMES: Final = {"name": "label"}
"""The API's names of the fields that services name otherwise."""


class SavedViewSerializer(serializers.Serializer[Any]):
    """A saved view: a list as somebody likes to see it. It holds no rows: `query` gives those in your reach."""

    id = serializers.IntegerField(source="pk")
    label: Any = serializers.CharField(source="name")
    query = serializers.SerializerMethodField()
    is_own = serializers.SerializerMethodField(help_text="Whether it is yours; else a colleague has shared it.")
    owner = serializers.CharField()
    shared_with = serializers.SerializerMethodField(help_text="The unit that it is shared with, by its name; empty: none.")
    shared_unit = serializers.CharField(source="shared_unit.code", default=None, allow_null=True, help_text="That unit's code.")
    updated_at = serializers.DateTimeField()

    @extend_schema_field({"type": "string", "example": "level=A1&sort=-value_score"})
    def get_query(self, view: SavedView) -> str:
        """Its filters, search and order as they stand in an address."""
        return _query_of({name: values for name, values in view.parameters.items() if name not in _LOOKS}).urlencode()

    def get_is_own(self, view: SavedView) -> bool:
        """By the reader."""
        return bool(view.owner_id == self.context["user"].pk)

    def get_shared_with(self, view: SavedView) -> str:
        """In the language of the request."""
        return view.shared_unit.label if view.shared_unit is not None else ""


class ViewDetailsSerializer(serializers.Serializer[Any]):
    """What there is to say of a view."""

    label: Any = serializers.CharField(max_length=60)
    query = serializers.CharField(required=False, allow_blank=True, help_text="Filters, search and order as in an address of the list.")
    shared_unit = serializers.CharField(
        required=False, allow_null=True, help_text="The code of a unit in your reach: all who work there or below may open the view."
    )


class ViewArrangementSerializer(serializers.Serializer[Any]):
    """How the tabs of a list's views stand for you."""

    first = serializers.IntegerField(allow_null=True, help_text="The view that the list opens with; null: none.")
    order = serializers.ListField(child=serializers.IntegerField(), help_text="Views from left to right; others stand behind them.")


class _ViewsView(APIView):
    metadata_class: Any = None
    parser_classes: Any = (JSONParser,)

    def told(self, view: SavedView, code: int = status.HTTP_200_OK) -> Response:
        """One view."""
        content, tag = self.content(view)
        return tagged(Response(content, status=code), tag)

    def content(self, view: SavedView) -> tuple[dict[str, Any], str]:
        """One view, with its tag."""
        content = dict(SavedViewSerializer(view, context={"user": signed_in(self.request)}).data)
        return content, tag_of_row(view, content)

    def details(self, given: dict[str, Any], list_name: str, view: SavedView | None = None) -> services.ViewDetails:
        """What was sent as the services take it. Raises ValidationError, and Refusal for a filter that the list does not know."""
        user, details = signed_in(self.request), services.ViewDetails()
        if "label" in given:
            details["name"] = given["label"]
        if "query" in given:
            details["query"] = _kept_query(user, list_name, given["query"], view)
        if "shared_unit" in given:
            details["shared_unit"] = _unit(user, list_name, given["shared_unit"], view)
        return details


class SavedViewsView(_ViewsView):
    """The saved views of one list."""

    @extend_schema(
        operation_id="lists_views",
        summary="List the saved views of a list",
        description="Your own, and those shared with your unit. `query` goes into the address of the list's resource.",
        responses={200: SavedViewSerializer(many=True), 401: ErrorSerializer, 404: ErrorSerializer},
    )
    def get(self, request: Request, name: str) -> Response:
        """Answer the views."""
        user = _reader(request, name)
        views = services.open_views(user, name, setting_of(user, name).view_order)
        content = [dict(one) for one in SavedViewSerializer(views, many=True, context={"user": user}).data]
        return answered(request, content, tag_of_content(content))

    @extend_schema(
        operation_id="lists_views_create",
        summary="Save a view of a list",
        description="Under a name that you have no other view of the list by.",
        request=ViewDetailsSerializer,
        responses={201: SavedViewSerializer, **WRITE_ERRORS},
    )
    def post(self, request: Request, name: str) -> Response:
        """Save one."""
        user = _reader(request, name)
        sent = ViewDetailsSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        details = self.details(sent.validated_data, name)
        query, unit = details.get("query", ""), details.get("shared_unit")
        try:
            view = services.save_view(actor=user, list_name=name, name=details["name"], query=query, shared_unit=unit)
        except ValidationError as error:
            raise _refusal(error) from error
        response = self.told(services.open_view(user, view.pk), status.HTTP_201_CREATED)
        response["Location"] = reverse("api:list_view", args=[view.pk], request=request)
        return response


class SavedViewView(_ViewsView):
    """One saved view."""

    @extend_schema(
        operation_id="list_views_read",
        summary="Read a saved view",
        description="With its version in the header ETag, which a later write names by If-Match.",
        responses={200: SavedViewSerializer, **READ_ERRORS},
    )
    def get(self, request: Request, pk: int) -> Response:
        """Answer it."""
        content, tag = self.content(services.open_view(signed_in(request), pk))
        return answered(request, content, tag)

    @extend_schema(
        operation_id="list_views_change",
        summary="Change an own view",
        description="The fields that are named, and no others. If-Match is required.",
        parameters=[IF_MATCH],
        request=ViewDetailsSerializer(partial=True),
        responses={200: SavedViewSerializer, **GUARDED},
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change it."""
        user = signed_in(request)
        view = services.own_view(user, pk)
        seen = self._seen(view)
        sent = ViewDetailsSerializer(data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        details = self.details(sent.validated_data, view.list_name, view)
        try:
            services.change_view(view_id=pk, actor=user, details=details, seen=seen)
        except ValidationError as error:
            raise self._late(error, pk) or _refusal(error) from error
        return self.told(services.own_view(user, pk))

    @extend_schema(
        operation_id="list_views_delete",
        summary="Delete an own view",
        description="For whom it opened first, nothing does. If-Match is required.",
        parameters=[IF_MATCH],
        responses={204: None, **GUARDED},
    )
    def delete(self, request: Request, pk: int) -> Response:
        """Delete it."""
        user = signed_in(request)
        seen = self._seen(services.own_view(user, pk))
        try:
            services.delete_view(view_id=pk, actor=user, seen=seen)
        except ValidationError as error:
            raise self._late(error, pk) or _refusal(error) from error
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _seen(self, view: SavedView) -> str:
        version = seen_version(self.request, view)
        if version is None:
            raise stale(self.content(view)[1])
        return version

    def _late(self, error: ValidationError, pk: int) -> Exception | None:
        """The refusal where somebody was quicker."""
        is_late = getattr(error, "code", None) == "stale"
        return stale(self.content(services.own_view(signed_in(self.request), pk))[1]) if is_late else None


class ViewArrangementView(APIView):
    """How the tabs of a list's views stand for the user."""

    metadata_class: Any = None
    parser_classes: Any = (JSONParser,)

    @extend_schema(
        operation_id="lists_views_arrangement",
        summary="Read how the tabs of a list stand",
        description="For you alone.",
        responses={200: ViewArrangementSerializer, **READ_ERRORS},
    )
    def get(self, request: Request, name: str) -> Response:
        """Answer the arrangement."""
        content = _arrangement(_reader(request, name), name)
        return answered(request, content, tag_of_content(content))

    @extend_schema(
        operation_id="lists_views_arrange",
        summary="Arrange the tabs of a list",
        description="For you alone. If-Match is required.",
        parameters=[IF_MATCH],
        request=ViewArrangementSerializer,
        responses={200: ViewArrangementSerializer, **GUARDED},
    )
    def put(self, request: Request, name: str) -> Response:
        """Keep another arrangement."""
        user = _reader(request, name)
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=user.pk)  # of two requests of one person the second sees the first
            ensure_seen(request, tag_of_content(_arrangement(user, name)))
            sent = ViewArrangementSerializer(data=request.data)
            sent.is_valid(raise_exception=True)
            try:
                services.arrange_views(actor=user, list_name=name, **sent.validated_data)
            except ValidationError as error:
                raise exceptions.ValidationError(details_of(error)) from error
        content = _arrangement(user, name)
        return tagged(Response(content), tag_of_content(content))


def _reader(request: Request, name: str) -> User:
    """Who asks. Raises Http404 where there is no such list, or none of its rows may be seen."""
    user, module = signed_in(request), module_of_list(name)
    if module is None or not may_open(user, module):
        raise Http404
    return user


def _arrangement(user: User, name: str) -> dict[str, Any]:
    setting = setting_of(user, name)
    return {"first": setting.default_view_id, "order": [view.pk for view in services.open_views(user, name, setting.view_order)]}


def _kept_query(user: User, list_name: str, query: str, view: SavedView | None) -> str:
    """`query` with the columns and the density that `view` has; an address of the API names neither."""
    with suppress(Http404):  # a list that is only ever a part of a page: its filters are looked at when it is opened
        ensure_known(rebuilt(list_name, user=user, query=query), (SORT, *_LOOKS))
    looks = {name: values for name, values in (view.parameters if view is not None else {}).items() if name in _LOOKS}
    return _query_of({**looks, **dict(QueryDict(query).lists())}).urlencode()


def _query_of(parameters: dict[str, list[str]]) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, values in parameters.items():
        query.setlist(name, list(values))
    return query


def _unit(user: User, list_name: str, code: str | None, view: SavedView | None) -> OrgUnit | None:
    """The unit with this code in the reach of `user`, or the one that the view is shared with already. Raises ValidationError."""
    if code is None:
        return None
    if view is not None and view.shared_unit is not None and view.shared_unit.code == code:
        return view.shared_unit
    unit = units_in_reach(user, module_of_list(list_name) or "").filter(code=code).first()
    if unit is None:
        raise _refusal(ValidationError({"shared_unit": ValidationError(services.OUT_OF_REACH, "out_of_reach")}))
    return unit


def _refusal(error: ValidationError) -> exceptions.ValidationError:
    """What a service refused, at the API's names of the fields."""
    details: Any = details_of(error)
    if isinstance(details, dict):
        return exceptions.ValidationError({_NAMES.get(str(name), str(name)): one for name, one in details.items()})
    return exceptions.ValidationError(details)
