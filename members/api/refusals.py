"""Refusals of the services in the form of the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rest_framework import status

from common.api import Refusal
from jobs.errors import JobRefused
from members.services.plan import PlanInvalid
from members.services.wording import refusal_text

_STATUS: Final = {
    "actor_lost_access": status.HTTP_403_FORBIDDEN,
    "empty_file": status.HTTP_400_BAD_REQUEST,
    "file_too_large": status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    "file_type": status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
    "infected_file": status.HTTP_400_BAD_REQUEST,
    "scanner_unavailable": status.HTTP_503_SERVICE_UNAVAILABLE,
    "too_many_open_jobs": status.HTTP_429_TOO_MANY_REQUESTS,
    "upload_quota": status.HTTP_429_TOO_MANY_REQUESTS,
    "not_a_spreadsheet": status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
    "old_or_encrypted_workbook": status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
}
_FIELDS: Final = {"effective_on": "effective", "expires_on": "expiry"}


@contextmanager
def told(field: str = "") -> Iterator[None]:
    """Turn what the services refuse into the API's answer; `field` is the part of the request that a refused source came in.

    Whatever is not the fault of the request itself stands in the way of the job as it is: 409.
    """
    try:
        yield
    except PlanInvalid as invalid:
        raise Refusal("plan_invalid", invalid.message, field=_FIELDS.get(invalid.field, invalid.field)) from invalid
    except JobRefused as refused:
        code = _STATUS.get(refused.code, status.HTTP_409_CONFLICT)
        job = {"job": refused.figures["job"]} if "job" in refused.figures else {}
        raise Refusal(refused.code, refusal_text(refused.code, refused.figures), status=code, field=field, **job) from refused
