"""Work that is begun once however often it is asked for: a token names the request, and says the same thing each time.

The token is the job's `idempotency_key`, unique for each person. What was asked for is kept with it as a hash.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction

from access.models import User
from jobs.errors import JobRefused
from jobs.models import Job

_ASKED: Final = "asked"


def token_key(purpose: str, token: str) -> str:
    """The key of work of one `purpose` that was asked for under `token`. Raises JobRefused (token_missing) without one."""
    if not token.strip():
        raise JobRefused("token_missing")
    return f"{purpose}-{token}"


def is_known(actor: User, purpose: str, token: str) -> bool:
    """Whether `actor` has begun work of that `purpose` under `token` already. Raises JobRefused (token_missing)."""
    return Job.objects.filter(actor=actor, idempotency_key=token_key(purpose, token)).exists()


def known_job(actor: User, key: str, asked: Any) -> Job | None:
    """The job that `actor` began under `key`, if there is one. Raises JobRefused (token_reused) where it was asked for something else."""
    known = Job.objects.filter(actor=actor, idempotency_key=key).first()
    if known is not None and known.parameters.get(_ASKED) != _digest(asked):
        raise JobRefused("token_reused", job=known.pk)
    return known


def asked_of(job: Job) -> dict[str, Any]:
    """The part of the parameters of `job` by which its token is recognised, to be kept where the others are written anew."""
    return {_ASKED: job.parameters[_ASKED]} if _ASKED in job.parameters else {}


def save_once(job: Job, asked: Any) -> Job:
    """Save the new `job`, which has its key, in the caller's transaction; or return the one that a simultaneous request has begun first.

    Raises JobRefused (token_reused).
    """
    job.parameters = {**job.parameters, _ASKED: _digest(asked)}
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        known = known_job(job.actor, job.idempotency_key, asked)
        if known is None:
            raise
        return known
    return job


def _digest(asked: Any) -> str:
    return hashlib.sha256(json.dumps(asked, cls=DjangoJSONEncoder, sort_keys=True).encode()).hexdigest()
