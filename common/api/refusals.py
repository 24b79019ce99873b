"""One form for what the API answers when it cannot do what was asked: a code for programs, a reason for people, and the field at fault."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers, status
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

WITHOUT_FIELD: Final = "non_field_errors"


class Refusal(exceptions.APIException):
    """A request that is well-formed and still refused.

    Arguments:
        code: what programs go by.
        reason: what people read, in the current language.
        status: the HTTP status.
        field: the part of the request at fault, where one is.
        headers: of the answer.
        more: further members of the answer, such as the job in the way.
    """

    def __init__(
        self,
        code: str,
        reason: str,
        *,
        status: int = status.HTTP_400_BAD_REQUEST,
        field: str = "",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(reason, code)
        self.headers = dict(headers or {})
        self.status_code = status
        self.field = field
        self.more = more
        self.wait: int | None = None


Explainer: TypeAlias = Callable[[Any], Refusal | None]
_explainers: Final[list[Explainer]] = []


def explain_missing_by(explainer: Explainer) -> None:
    """Let `explainer(request)` say more of what is not found, such as where it went; None where it knows nothing, or the user may not
    know. Called in an app's `AppConfig.ready`.
    """
    _explainers.append(explainer)


class TooLarge(Refusal):
    """The request is larger than may be."""

    def __init__(self, reason: str = "", *, field: str = "") -> None:
        reason = reason or _("That is too large to be taken.")
        super().__init__("too_large", reason, status=status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, field=field)


class ErrorSerializer(serializers.Serializer[Any]):
    """Why a request was refused."""

    code = serializers.CharField(help_text="What programs go by. It never changes with the language.")
    reason = serializers.CharField(help_text="What people read, in the language of the request.")
    field = serializers.CharField(allow_null=True, help_text="The part of the request at fault, if it is one.")
    problems = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField(allow_null=True)),
        required=False,
        help_text="All faults, where there is more than one; the first of them stands above.",
    )


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an error of a view; None for an unexpected one, which the middleware logs under a reference."""
    request = context.get("request")
    known = (_explained(request) if isinstance(error, Http404) and request is not None else None) or _known(error)
    if known is None:
        return None
    set_rollback()
    if request is not None:  # a view that answers with a file still tells its errors as JSON
        request.accepted_renderer = JSONRenderer()
        request.accepted_media_type = JSONRenderer.media_type
    headers = dict(getattr(known, "headers", {}))
    if header := getattr(known, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(known, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return Response(_answer(known), status=known.status_code, headers=headers)


def _explained(request: Any) -> Refusal | None:
    return next((told for explain in _explainers if (told := explain(request)) is not None), None)


def _known(error: Exception) -> exceptions.APIException | None:
    match error:
        case exceptions.Throttled():
            limited = Refusal(
                "too_many_requests",
                _("These are too many requests. Wait a little and try again."),
                status=status.HTTP_429_TOO_MANY_REQUESTS,
            )
            limited.wait = max(1, math.ceil(getattr(error, "wait", None) or 1))
            return limited
        case exceptions.APIException():
            return error
        case Http404():
            return Refusal("not_found", _("There is nothing here, or it is outside your reach."), status=status.HTTP_404_NOT_FOUND)
        case PermissionDenied():
            return Refusal("not_allowed", _("Your role does not allow this."), status=status.HTTP_403_FORBIDDEN)
        case RequestDataTooBig():
            return TooLarge()
        case SuspiciousOperation() | UnreadablePostError() | RecursionError():  # the last: JSON nested thousands of levels deep
            return Refusal("bad_request", _("The request could not be read."))
    return None


def _answer(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        problems = list(_problems(error.detail))
        return problems[0] if len(problems) == 1 else {**problems[0], "problems": problems}
    more = error.more if isinstance(error, Refusal) else {}
    return {"code": str(error.get_codes()), "reason": str(error.detail), "field": getattr(error, "field", "") or None, **more}


def _problems(detail: Any, field: str = "") -> Iterator[dict[str, Any]]:
    """Each fault of a validation error by itself; the field of a nested one reads `actions.0`."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = "" if name == WITHOUT_FIELD else str(name)
            yield from _problems(inner, f"{field}.{own}" if field and own else own or field)
    elif isinstance(detail, list):
        for inner in detail:
            yield from _problems(inner, field)
    else:
        yield {"code": str(getattr(detail, "code", "invalid")), "reason": str(detail), "field": field or None}
