"""Resources that are written by the forms and services of the browser's pages: there is no second set of rules.

The serializer says of which type a value is; whether it may be is said by the form, and who may write it by the service.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as Refused
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers, status
from rest_framework.fields import SkipField
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.entity_tags import seen_version, stale, tagged
from common.api.fields import ResourceSerializer
from common.api.lists import ListResource, row_of
from common.api.refusals import WITHOUT_FIELD
from common.gate import may_open
from common.versions import version_of

_STALE: Final = "stale"
Given = dict[str, list[str]]


class EditableResource(ListResource):
    """A list whose rows can be entered, changed and deleted, as far as the subclass has a service for that.

    Class attributes:
        references: the field by which other rows are named, such as a code, by the names of the form's fields.
    """

    references: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def form(self, row: Any, data: Any) -> Any:
        """The form of the browser's page for `row` (None: a new one), with `refuse` and `details`; see also `TellsOfChanges.partly`."""

    def make(self, form: Any) -> Any:  # noqa: ARG002
        """Enter what `form` cleaned by the service, and return the row."""
        raise exceptions.MethodNotAllowed(str(self.request.method))

    def save(self, row: Any, form: Any, seen: str) -> None:  # noqa: ARG002
        """Save what `form` cleaned by the service; `seen` is the version that the program saw."""
        raise exceptions.MethodNotAllowed(str(self.request.method))

    def remove(self, row: Any, seen: str) -> None:  # noqa: ARG002
        """Delete `row` by the service."""
        raise exceptions.MethodNotAllowed(str(self.request.method))

    # --- writing

    def create(self, request: Request, **_kwargs: Any) -> Response:  # noqa: ARG002  # DRF passes it
        """Enter a row."""
        self.require("add")
        form = self._filled(None, partial=False)
        made = self.by_service(form, lambda: self.make(form))
        return self.entered(made)

    def update(self, request: Request, pk: int, **_kwargs: Any) -> Response:  # noqa: ARG002  # DRF passes it
        """Replace a row."""
        return self._change(pk, partial=False)

    def partial_update(self, request: Request, pk: int, **_kwargs: Any) -> Response:  # noqa: ARG002  # DRF passes it
        """Change some fields of a row."""
        return self._change(pk, partial=True)

    def destroy(self, request: Request, pk: int, **_kwargs: Any) -> Response:  # noqa: ARG002  # DRF passes it
        """Delete a row."""
        self.require("change")
        row = self.changeable(pk)
        seen = self.seen(row)
        self.by_service(None, lambda: self.remove(row, seen), row)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @abstractmethod
    def address(self, row: Any) -> str:
        """The address of `row` in the API."""

    # --- for subclasses with actions of their own

    def changeable(self, pk: int, action: str = "change") -> Any:
        """The row, where the user may do `action` with it. Raises Http404."""
        return row_of(self.definition(action).queryset(), pk)

    def seen(self, row: Any) -> str:
        """The version that the request has seen. Raises Refusal: `precondition_required`, or `stale` with the tag of the present state."""
        version = seen_version(self.request, row)
        if version is None:
            raise stale(self.read(row.pk)[1])
        return version

    def entered(self, made: Any) -> Response:
        """The row that was just entered."""
        content, tag = self.read(made.pk)
        response = tagged(Response(content, status=status.HTTP_201_CREATED), tag)
        response["Location"] = self.request.build_absolute_uri(self.address(made))
        return response

    def told(self, pk: int) -> Response:
        """The row as it is after a write."""
        content, tag = self.read(pk)
        return tagged(Response(content), tag)

    def require(self, action: str) -> None:
        """Raise PermissionDenied unless the user may do `action` with some row of the list."""
        if not may_open(self.user, self.list_class.model._default_manager.all().module, action):  # type: ignore[attr-defined]
            raise PermissionDenied

    def _change(self, pk: int, *, partial: bool) -> Response:
        self.require("change")
        row = self.changeable(pk)
        seen = self.seen(row)
        form = self._filled(row, partial=partial)
        self.by_service(form, lambda: self.save(row, form, seen), row)
        return self.told(pk)

    def _filled(self, row: Any, *, partial: bool) -> Any:
        """The form with what was sent. Raises ValidationError."""
        data = QueryDict(mutable=True)
        form = self.form(row, data)
        refer_by(form, self.references)
        given, problems = self._read_body(row, form)
        if problems:
            raise exceptions.ValidationError(problems)
        whole = partial and not getattr(form, "partly", False)
        for name, values in {**(_proposed(form) if row is None or whole else {}), **given}.items():
            data.setlist(name, values)
        if row is not None:
            data["version"] = version_of(row)
        if partial and not whole:
            form.keep_only(*given)
        if not form.is_valid():
            raise exceptions.ValidationError(problems_of(form))
        return form

    def _read_body(self, row: Any, form: Any) -> tuple[Given, dict[str, Any]]:
        sent = fields_sent(self.request)
        serializer: ResourceSerializer = self.serializer_class()
        present: Mapping[str, Any] = {}
        given: Given = {}
        problems: dict[str, Any] = {}
        for name, value in sent.items():
            field = serializer.fields.get(name)
            if field is None:
                problems[name] = [exceptions.ErrorDetail(_("There is no such field."), "unknown_field")]
                continue
            if field.read_only or not is_open(name, field, form):
                present = present or (self.serializer_class().represent([row], self.user)[0] if row is not None else {})
                if row is None or value != present.get(name):
                    problems[name] = [exceptions.ErrorDetail(_("This cannot be written here."), "read_only")]
                continue
            try:
                given |= values_of(name, field, value, form)
            except (exceptions.ValidationError, SkipField) as error:
                problems[name] = getattr(error, "detail", [exceptions.ErrorDetail(str(error), "invalid")])
        return given, problems

    def by_service(self, form: Any, write: Callable[[], Any], row: Any = None) -> Any:
        """Let a service `write`, and answer what it refuses at the fields of `form`, where there is one.

        Raises ValidationError, and Refusal (`stale`) where somebody was quicker with `row`.
        """
        try:
            return write()
        except Refused as error:
            if getattr(error, "code", None) == _STALE and row is not None:
                raise stale(self.read(row.pk)[1]) from error
            if form is None:
                raise exceptions.ValidationError(details_of(error)) from error
            form.refuse(error)
            raise exceptions.ValidationError(problems_of(form)) from error


def form_of(
    request: Request, serializer: serializers.Serializer[Any], kind: Any, references: Mapping[str, str] | None = None, **options: Any
) -> Any:
    """The form `kind` with what the request sent, valid; `serializer` says of which types it is.

    `references` is as in `EditableResource`, `options` are the form's own. Raises ValidationError.
    """
    data = QueryDict(mutable=True)
    form = kind(data, **options)
    refer_by(form, references or {})
    sent = fields_sent(request)
    problems: dict[str, Any] = {}
    for name, value in sent.items():
        field = serializer.fields.get(name)
        if field is None or field.read_only or name not in form.fields:
            problems[name] = [exceptions.ErrorDetail(_("There is no such field."), "unknown_field")]
            continue
        try:
            for key, values in values_of(name, field, value, form).items():
                data.setlist(key, values)
        except exceptions.ValidationError as error:
            problems[name] = error.detail
    if problems:
        raise exceptions.ValidationError(problems)
    if "version" in form.fields:
        data["version"] = str(form.get_initial_for_field(form.fields["version"], "version"))
    if not form.is_valid():
        raise exceptions.ValidationError(problems_of(form))
    return form


def fields_sent(request: Request) -> Mapping[str, Any]:
    """The object that was sent. Raises ParseError where it is none."""
    sent = request.data
    if not isinstance(sent, Mapping):
        raise exceptions.ParseError(_("Send an object with the fields."))
    return sent


def refer_by(form: Any, references: Mapping[str, str]) -> None:
    """Let other rows be named by a code or a login in `form`, and not by their keys."""
    for name, field in references.items():
        if name in form.fields:
            form.fields[name].to_field_name = field


def _proposed(form: Any) -> Given:
    """What the form of a new row proposes."""
    found = {name: field.prepare_value(form.get_initial_for_field(field, name)) for name, field in form.fields.items()}
    return {name: as_texts(value) for name, value in found.items() if value not in (None, "")}


def is_open(name: str, field: Any, form: Any) -> bool:
    """Whether `form` lets the field be written."""
    return hasattr(field, "form_values") or (name in form.fields and not form.fields[name].disabled)


def values_of(name: str, field: Any, value: Any, form: Any) -> Given:
    """What was sent for `field`, as a form is sent it. Raises the framework's ValidationError where it is of another type."""
    if hasattr(field, "form_values"):
        found: Given = field.form_values(value, form)
        return found
    clean = None if value is None and field.allow_null else field.run_validation(value)
    return {name: as_texts(clean)}


def as_texts(value: Any) -> list[str]:
    """A value as a form is sent it: nothing for null and for a box without its mark."""
    match value:
        case None:
            return [""]
        case bool():
            return ["on"] if value else []
        case list() | tuple():
            return [str(one) for one in value]
    return [value.isoformat() if hasattr(value, "isoformat") else str(value)]


def problems_of(form: Any) -> dict[str, Any]:
    """What is wrong with a form, with the codes of its errors."""
    names = getattr(form, "api_name", lambda name: name)
    return {
        WITHOUT_FIELD if name == "__all__" else names(name): [_detail(one) for one in errors]
        for name, errors in form.errors.as_data().items()
    }


def details_of(error: Refused) -> Any:
    """What a service refused, by its fields where it names them."""
    if hasattr(error, "error_dict"):
        return {WITHOUT_FIELD if name == "__all__" else name: _details(errors) for name, errors in error.error_dict.items()}
    return _details(error.error_list)


def _details(errors: Sequence[Refused]) -> list[exceptions.ErrorDetail]:
    return [_detail(one) for one in errors]


def _detail(error: Refused) -> exceptions.ErrorDetail:
    return exceptions.ErrorDetail(" ".join(str(message) for message in error.messages), str(error.code or "invalid"))
