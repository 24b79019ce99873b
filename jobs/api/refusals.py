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
    "token_missing": status.HTTP_400_BAD_REQUEST,
    "token_reused": status.HTTP_422_UNPROCESSABLE_ENTITY,
    "too_many_open_jobs": status.HTTP_429_TOO_MANY_REQUESTS,
}
_FIELDS: Final = dict.fromkeys(("token_missing", "token_reused"), HEADER)


@contextmanager
def told() -> Iterator[None]:
    """Turn what a service refuses into the API's answer: 409 where it is not the fault of the request itself."""
    try:
        yield
    except JobRefused as refused:
        code = _STATUS.get(refused.code, status.HTTP_409_CONFLICT)
        more = {"job": refused.figures["job"]} if "job" in refused.figures else {}
        raise Refusal(refused.code, refused.message, status=code, field=_FIELDS.get(refused.code, ""), **more) from refused
