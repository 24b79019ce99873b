"""A list of the browser over HTTP: the same rows, filters, search and orders, answered as JSON.

A subclass of `ListResource` names the `ListDefinition` and the serializer; what is offered and refused follows from these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar, Final

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from common.api.entity_tags import answered, tag_of_content, tag_of_row
from common.api.fields import FIELDS, OMIT, ResourceSerializer, chosen_fields
from common.api.refusals import Refusal
from common.api.schema import ResourceSchema
from common.keys import key_in
from common.lists.definition import ListDefinition
from common.lists.keyset import Cursor
from common.lists.layout import MOST_SORTS, SORT
from common.lists.memory import Remembered

LIMIT: Final = "limit"
CURSOR: Final = "cursor"
COUNT: Final = "count"
SEARCH: Final = "q"
USUAL_ROWS: Final = 50
MOST_ROWS: Final = 500
_OWN: Final = frozenset({LIMIT, CURSOR, COUNT, FIELDS, OMIT, SORT})


class ListResource(GenericViewSet[Any]):
    """Rows of a list. Subclasses declare.

    Class attributes:
        list_class: the list.
        serializer_class: what a row is answered as.
        resource: its name in the description, such as `customers`.
        one, many: what a row and rows are called there.
        parameters: those of the address that are no filters and that the list itself reads.
    """

    list_class: ClassVar[type[ListDefinition]]
    serializer_class: type[ResourceSerializer]
    resource: ClassVar[str]
    one: ClassVar[str]
    many: ClassVar[str]
    parameters: ClassVar[frozenset[str]] = frozenset()
    schema = ResourceSchema()
    parser_classes: Any = (JSONParser,)
    filter_backends: Any = ()
    pagination_class = None
    metadata_class: Any = None
    request: Request

    @property
    def user(self) -> Any:
        """Who asks."""
        return self.request.user

    def scope(self) -> Mapping[str, Any]:
        """What narrows the list, such as the customer in the address."""
        return {}

    def definition(self, action: str = "") -> ListDefinition:
        """The list as the user sees it under the request's parameters; with `action`, of the rows on which that is allowed."""
        definition = self.list_class(self.request._request, url=self.request.path, embedded=True, **self.scope())
        definition.state.remembered = Remembered()  # an address means the same to everybody
        if action:
            setattr(definition, "action", action)  # noqa: B010  (of this one list, whose class declares another)
        return definition

    def serializer(self) -> ResourceSerializer:
        """For the fields that the request asks for."""
        return self.serializer_class(chosen=chosen_fields(self.request, self.serializer_class))

    # --- reading

    def list(self, request: Request, **_kwargs: Any) -> Response:
        """Answer one page."""
        serializer, definition = self.serializer(), self.definition()
        state = definition.state
        ensure_known(definition, _OWN | self.parameters)
        rows = _joined(state.matching, serializer, definition)
        try:
            page = state.page_at(request.query_params.get(CURSOR, ""), rows_asked(request), rows)
        except LookupError as error:
            raise strange_cursor() from error
        content: dict[str, Any] = {
            "next": self._neighbour(definition, page.following),
            "previous": self._neighbour(definition, page.previous),
            "results": serializer.represent(page.rows, self.user),
        }
        if request.query_params.get(COUNT) == "yes":
            content |= {"count": min(state.count, state.count_limit), "more_than_count": state.count > state.count_limit}
        return answered(request, content, tag_of_content(content))

    def retrieve(self, request: Request, pk: int, **_kwargs: Any) -> Response:
        """Answer one row."""
        content, tag = self.read(pk)
        return answered(request, content, tag)

    def read(self, pk: int) -> tuple[dict[str, Any], str]:
        """The row as it is now, with its tag. Raises Http404 when it is hidden or missing."""
        serializer, definition = self.serializer(), self.definition()
        row = row_of(_joined(definition.queryset(), serializer, definition), pk)
        content = serializer.represent([row], self.user)[0]
        return content, tag_of_row(row, content)

    def _neighbour(self, definition: ListDefinition, cursor: Cursor | None) -> str | None:
        if cursor is None:
            return None
        query = self.request.query_params.copy()
        query[CURSOR] = definition.state.cursor_text(cursor)
        return self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}")


def row_of(rows: QuerySet[Any], pk: int) -> Any:
    """The one of `rows` with key `pk`. Raises Http404."""
    try:
        row = rows.filter(pk=pk).first()
    except OverflowError:
        row = None
    if row is None:
        raise Http404
    return row


def _joined(rows: QuerySet[Any], serializer: ResourceSerializer, definition: ListDefinition) -> QuerySet[Any]:
    """`rows` with the relations that are asked for, and no others."""
    relations = serializer.relations(definition.model)
    plain = rows.select_related(None)
    return plain.select_related(*relations) if relations else plain


def rows_asked(request: Request, usual: int = USUAL_ROWS) -> int:
    """How many rows of a page the address asks for. Raises Refusal."""
    limit = key_in(request.query_params.get(LIMIT, str(usual)))
    if limit is None or not 1 <= limit <= MOST_ROWS:
        raise Refusal("invalid", _("Use a number from 1 to %(most)s.") % {"most": MOST_ROWS}, field=LIMIT)
    return limit


def strange_cursor() -> Refusal:
    """The refusal of a cursor that was not given for this list."""
    return Refusal("invalid_cursor", _("This cursor is of another list. Begin at the first page."), field=CURSOR)


def ensure_parameters(parameters: Iterable[str], known: Collection[str]) -> None:
    """Raise Refusal (`unknown_filter`) for a parameter that is none of `known`: a filter that is misspelt must not mean everything."""
    if unknown := sorted(set(parameters) - set(known)):
        reason = _("This list has no filter “%(name)s”.") % {"name": unknown[0]}
        raise Refusal("unknown_filter", reason, field=unknown[0])


def ensure_known(definition: ListDefinition, own: Collection[str] = (SORT,)) -> None:
    """Refuse what the list does not know.

    `own` names parameters that are no filters. Raises Refusal, ValidationError.
    """
    state, parameters = definition.state, definition.request.GET
    filters = {name for entry in state.filters for name in entry.names}
    ensure_parameters(parameters, {*own, *filters, *([SEARCH] if state.has_search else [])})
    sortable = [column.key for column in state.available_columns if column.sort]
    wanted = [key.strip().removeprefix("-") for key in parameters.get(SORT, "").split(",") if key.strip()]
    if len(wanted) > MOST_SORTS or not set(wanted) <= set(sortable):
        reason = _("Sort by at most %(most)s of: %(known)s.") % {"most": MOST_SORTS, "known": ", ".join(sortable)}
        raise Refusal("unknown_sort", reason, field=SORT)
    faults: dict[str, Any] = {entry.name: entry.errors for entry in state.filters if entry.errors}
    if faults or state.search_errors:
        raise exceptions.ValidationError(faults | ({SEARCH: state.search_errors} if state.search_errors else {}))
