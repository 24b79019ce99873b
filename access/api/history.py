"""The history of an object over HTTP: what was changed when by whom, and putting an old value back."""

from __future__ import annotations

from html import unescape
from typing import Any, ClassVar, Final

from django.core.exceptions import BadRequest
from django.db import models
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.history.reading import read_versions
from access.history.restoring import restore
from access.history.subjects import Subject, subject_of
from common.api.editing import EditableResource
from common.api.entity_tags import answered, tag_of_content
from common.api.refusals import Refusal
from common.keys import key_in

BELOW: Final = OpenApiParameter("below", int, description="The id of a version: those before it. `next` has it.")


class FieldChangeSerializer(serializers.Serializer[Any]):
    """One field of a version, as people read it; of what is kept secret only that it was changed."""

    field: Any = serializers.CharField(help_text="Its name; `attributes.seats` for one attribute.")
    label: Any = serializers.CharField()
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()
    is_secret = serializers.BooleanField(source="secret")

    def get_before(self, change: Any) -> str | None:
        """Without HTML."""
        return None if change.secret else unescape(strip_tags(change.before))

    def get_after(self, change: Any) -> str | None:
        """Without HTML."""
        return None if change.secret else unescape(strip_tags(change.after))


class VersionSerializer(serializers.Serializer[Any]):
    """One change of an object."""

    id = serializers.IntegerField(source="key")
    what = serializers.CharField(source="label", help_text="Entered, changed or removed.")
    at = serializers.DateTimeField()
    actor = serializers.CharField(help_text="Who did it; empty: the system.")
    source: Any = serializers.CharField(help_text="By which job or command; mostly empty.")
    changes = FieldChangeSerializer(many=True)


class VersionPageSerializer(serializers.Serializer[Any]):
    """A page of a history, the newest first."""

    next = serializers.URLField(allow_null=True, help_text="The address of the page of older ones.")
    results = VersionSerializer(many=True)


class RestoreSerializer(serializers.Serializer[Any]):
    """What shall be as it was before a version."""

    version = serializers.IntegerField(min_value=1, help_text="The id of a version.")
    field: Any = serializers.CharField(
        required=False, help_text="One of its fields; without it all that may be put back stands again as it did before that version."
    )


def version_page(request: Request, model: type[models.Model], pk: Any) -> Response:
    """A page of the versions of a row, of which the caller has seen to it that the request's user may read it."""
    versions, following = read_versions(model, pk, request.user, below=key_in(request.query_params.get("below", "")))  # type: ignore[arg-type]  # signed in
    address = request.build_absolute_uri(f"{request.path}?below={following}") if following is not None else None
    content = dict(VersionPageSerializer({"next": address, "results": versions}).data)
    return answered(request, content, tag_of_content(content))


class HasHistory(EditableResource):
    """A resource whose rows have a history (`access.history`).

    Class attributes:
        subject: the label of the model as it is registered there, such as "customers.customer".
    """

    subject: ClassVar[str]

    def history(self, request: Request, pk: int) -> Response:
        """Answer a page of the history."""
        subject = self._subject()
        return version_page(request, subject.model, subject.get(self.user, pk).pk)

    def put_back(self, request: Request, pk: int) -> Response:
        """Put an old value back, by the service of the form."""
        self.require("change")
        row = self.changeable(pk)
        seen = self.seen(row)
        sent = RestoreSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        event, field = sent.validated_data["version"], sent.validated_data.get("field", "")

        def write() -> Any:
            return restore(subject=self._subject(), pk=pk, event=event, field=field, seen=seen, actor=self.user)

        try:
            self.by_service(None, write, row)
        except BadRequest as error:
            raise Refusal("unknown_version", _("There is no such version, or its field cannot be put back."), field="version") from error
        return self.told(pk)

    def _subject(self) -> Subject:
        found = subject_of(self.subject)
        assert found is not None
        return found
