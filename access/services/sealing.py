"""Sealing the audit: block by block, each seal holding the one before."""

from __future__ import annotations

import logging
from typing import Final

from django.db import transaction
from django.utils import timezone

from access.bulk import columns_of, lock_sealing, read_block, settled_key
from access.models import AuditSeal
from access.seals import BLOCK_ROWS, AuditTable, Head, audit_tables, is_genuine, key_name, newest_key, read_head, remember_head, seal_of

logger = logging.getLogger(__name__)

PATIENCE: Final = 20.0
"""Seconds to wait for writers of one table; a table that is written to for longer is sealed the next time."""
FIRST_KEY: Final = 1


class ChainBroken(Exception):
    """A seal that sealing would go on from is not one that was made here: `audit_verify` names it. Nothing is sealed on top of it."""


def seal_audit(*, patience: float = PATIENCE) -> int:
    """Seal every row of the audit tables whose transaction has ended and that has no seal yet.

    It may be called at any time and by several at once: blocks are sealed one after the other. Returns the number of new seals. Raises
    SealKeyMissing without a key, ChainBroken when the chain's end was cut off or forged.
    """
    newest_key()
    made = 0
    for table in audit_tables():
        bound = settled_key(table, patience)
        while bound is not None and (seal := _seal_next(table, bound)):
            _tell(seal)
            made += 1
    return made


def _seal_next(table: AuditTable, bound: int) -> AuditSeal | None:
    """Seal the next block of a table, up to key `bound`; return the seal, None when there is nothing to seal."""
    with transaction.atomic():
        lock_sealing()
        newest = AuditSeal.objects.order_by("-number").first()
        _ensure_whole(newest)
        before = AuditSeal.objects.filter(table=table.name).order_by("-last_key").first()
        _ensure_genuine(before)
        first = before.last_key + 1 if before else FIRST_KEY
        columns = columns_of(table)
        block = read_block(table, columns, first, bound, BLOCK_ROWS)
        if block.last_key is None:
            return None
        seal = AuditSeal(
            number=newest.pk + 1 if newest else 1,
            previous=newest.seal if newest else "",
            table=table.name,
            first_key=first,
            last_key=block.last_key if block.rows == BLOCK_ROWS else bound,
            rows=block.rows,
            columns=columns,
            keys_digest=block.keys_digest,
            digest=block.digest,
            sealed_at=timezone.now(),
            key_name=key_name(newest_key()),
        )
        seal.seal = seal_of(seal)
        seal.save(force_insert=True)
    return seal


def _ensure_whole(newest: AuditSeal | None) -> None:
    """Raise ChainBroken unless `newest` is what this machine remembers as the end of the chain, or later, and was made with our key."""
    head = read_head()
    if head is not None and (newest is None or newest.pk < head.number):
        raise ChainBroken(f"The seals end with {newest.pk if newest else 0}, but seal {head.number} was made already.")
    _ensure_genuine(newest)
    if newest is not None and head is not None and head.number == newest.pk and head.seal != newest.seal:
        raise ChainBroken(f"Seal {newest.pk} is forged.")


def _ensure_genuine(seal: AuditSeal | None) -> None:
    """Raise ChainBroken unless `seal` was made with our key.

    A row that somebody slipped in could otherwise say that a table is sealed up to a key that never comes.
    """
    if seal is not None and not is_genuine(seal):
        raise ChainBroken(f"Seal {seal.pk} ({seal}) is forged: `audit_verify` says what else is, docs/operate.md how to recover.")


def _tell(seal: AuditSeal) -> None:
    """Remember the newest seal where the database's owner does not reach: in a file here, and in the log, which may go elsewhere."""
    remember_head(Head(seal.pk, seal.seal))
    logger.info("audit seal %d %s %s %d-%d", seal.pk, seal.seal, seal.table, seal.first_key, seal.last_key)
