"""Refusals of the services in the form of the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from common.api import Refusal
from jobs.api.refusals import refusal_of
from jobs.errors import JobRefused
from members.services.plan import PlanInvalid
from members.services.wording import refusal_text

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
        raise refusal_of(refused, refusal_text(refused.code, refused.figures), field) from refused
