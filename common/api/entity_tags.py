"""Entity tags: what a program gives back to say which state of a thing it has seen.

The tag of one thing has two parts, `"<version>-<content>"`. The version is the row's (`common.versions`), which every write changes; a
write with `If-Match` is held against it, so that it does not matter which fields of the thing were asked for. The content is a hash of the
very answer, so that `If-None-Match` also notices what the answer took from other rows, such as a manager's name.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from typing import Any, Final

from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from common.api.refusals import Refusal
from common.versions import Versioned, version_of

_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_LENGTH: Final = 16
_VARIES: Final = ("Authorization", "Cookie", "Accept-Language")


def tag_of_row(row: Versioned, content: Any) -> str:
    """The tag of `row`, which is answered as `content`."""
    return f'"{_stamp(row)}-{_digest(content)}"'


def tag_of_content(content: Any) -> str:
    """The tag of an answer that is no single row, such as a page of a list."""
    return f'"{_digest(content)}"'


def answered(request: Request, content: Any, tag: str) -> Response:
    """`content` under `tag`, or 304 without it where the request has the very same already."""
    known = [each.removeprefix("W/") for each in parse_etags(request.headers.get("If-None-Match", ""))]
    same = request.method in ("GET", "HEAD") and (tag in known or "*" in known)
    response = Response(status=status.HTTP_304_NOT_MODIFIED) if same else Response(content)
    return tagged(response, tag)


def tagged(response: Response, tag: str) -> Response:
    """`response` with its tag, kept by nobody but who asked."""
    response["ETag"] = tag
    patch_vary_headers(response, _VARIES)
    return response


def seen_version(request: Request, row: Versioned) -> str | None:
    """The version of `row` that the request has seen, for the services; None where it has seen another one.

    Raises Refusal (`precondition_required`) where the request does not say.
    """
    stamps = {tag.strip('"').partition("-")[0] for tag in _tags_seen(request)}
    return version_of(row) if stamps & {"*", _stamp(row)} else None


def ensure_seen(request: Request, tag: str) -> None:
    """Let a write to what has no version of its own, and is under `tag` now, through where the request has seen that.

    Raises Refusal: `precondition_required` where the request does not say, `stale`.
    """
    if not {"*", tag} & set(_tags_seen(request)):
        raise stale(tag)


def _tags_seen(request: Request) -> list[str]:
    header = request.headers.get("If-Match")
    if header is None:
        reason = _("Say by the header If-Match which state of this you have seen: the ETag of the answer you read.")
        raise Refusal("precondition_required", reason, status=status.HTTP_428_PRECONDITION_REQUIRED, field="If-Match")
    return parse_etags(header)


def stale(tag: str, **more: Any) -> Refusal:
    """The refusal of a write to what somebody has changed meanwhile; `tag` is that of its present state."""
    reason = _("Somebody else changed this meanwhile. Read it again to see the present values, then make your change.")
    return Refusal("stale", reason, status=status.HTTP_412_PRECONDITION_FAILED, headers={"ETag": tag}, **more)


def _stamp(row: Versioned) -> str:
    return f"{(row.updated_at - _EPOCH) // datetime.timedelta(microseconds=1):x}"


def _digest(content: Any) -> str:
    text = json.dumps(content, cls=JSONEncoder, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]
