"""Celery shells around the access services."""

from __future__ import annotations

import logging

from celery import shared_task

from access.seals import SealKeyMissing
from access.services import sealing
from access.services.sessions import forget_ended_sessions

logger = logging.getLogger(__name__)


@shared_task(name="access.seal_audit")
def seal_audit() -> None:
    """Seal what the audit has taken in since the last time. That the chain is broken is an error in the log, each time again."""
    try:
        sealing.seal_audit()
    except SealKeyMissing as missing:
        logger.warning("The audit is not sealed: %s", missing)


@shared_task(name="access.forget_ended_sessions")
def forget_ended() -> None:
    """Delete what is left of sessions whose time is over."""
    forget_ended_sessions()
