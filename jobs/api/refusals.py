"""What the services of jobs refuse, in the form of the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rest_framework import status

from common.api import Refusal
from common.api.idempotency import HEADER
from jobs.errors import JobRefused

_STATUS: Final = {
    "actor_lost_access": status.HTTP_403_FORBIDDEN,
    "empty_file": status.HTTP_400_BAD_REQUEST,
    "file_too_large": status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    "file_type": status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
    "infected_file": status.HTTP_400_BAD_REQUEST,
    "not_a_spreadsheet": status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
    "old_or_encrypted_workbook": status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
    "scanner_unavailable": status.HTTP_503_SERVICE_UNAVAILABLE,
    "token_missing": status.HTTP_400_BAD_REQUEST,
    "token_reused": status.HTTP_422_UNPROCESSABLE_ENTITY,
    "too_many_open_jobs": status.HTTP_429_TOO_MANY_REQUESTS,
    "upload_quota": status.HTTP_429_TOO_MANY_REQUESTS,
}
_FIELDS: Final = dict.fromkeys(("token_missing", "token_reused"), HEADER)


@contextmanager
def told(field: str = "") -> Iterator[None]:
    """Turn what a service refuses into the API's answer; `field` is the part of the request that a refused source came in."""
    try:
        yield
    except JobRefused as refused:
        raise refusal_of(refused, refused.message, field) from refused


def refusal_of(refused: JobRefused, reason: str, field: str = "") -> Refusal:
    """The API's answer: 409 where it is not the fault of the request itself, but the job as it is stands in the way."""
    code = _STATUS.get(refused.code, status.HTTP_409_CONFLICT)
    more = {"job": refused.figures["job"]} if "job" in refused.figures else {}
    return Refusal(refused.code, reason, status=code, field=_FIELDS.get(refused.code, field), **more)
