"""Verifying the audit: recomputing what the seals hold, and saying where it differs."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from hmac import compare_digest

from django.db import transaction

from access.bulk import Block, columns_of, read_block, rows_between
from access.models import AuditSeal
from access.seals import AuditTable, Head, SealKeyMissing, audit_tables, is_genuine, newest_key, read_head
from access.services.sealing import FIRST_KEY

_STEP = 500


@dataclass(slots=True)
class Verification:
    """What a verification has looked at so far: seals, rows, for each table the last sealed key, and keys of seals that are not ours."""

    seals: int = 0
    rows: int = 0
    ends: dict[str, int] = field(default_factory=dict)
    newest: AuditSeal | None = None
    unknown_keys: set[str] = field(default_factory=set)

    @property
    def unsealed(self) -> int:
        """How many rows came after the last seal of their table."""
        return sum(rows_between(table, self.ends.get(table.name, FIRST_KEY - 1) + 1, None) for table in audit_tables())


def verify_audit(verification: Verification, *, since: datetime.datetime | None = None, heads: tuple[Head, ...] = ()) -> Iterator[str]:
    """Recompute the chain in its order and yield a line for each break, the first one first. Memory does not grow with the audit.

    Arguments:
        verification: takes the counts.
        since: recompute blocks only where the seal was made at this moment or later; the chain of seals is always checked whole.
        heads: seals that were noted elsewhere, in a log for instance; the one that this machine remembers is checked in any case.

    Raises SealKeyMissing without any key. A key that only some seals name is a break, told once: it was taken out of the settings, or
    somebody who has no key slipped these seals in.
    """
    newest_key()
    remembered = read_head()
    wanted = {head.number: head.seal for head in (*heads, *([remembered] if remembered else []))}
    tables = {table.name: table for table in audit_tables()}
    for seal in AuditSeal.objects.order_by("number").iterator(_STEP):
        yield from _verify_link(verification, seal)
        yield from _verify_range(verification, seal)
        if seal.pk in wanted and not compare_digest(wanted.pop(seal.pk), seal.seal):
            yield f"Seal {seal.pk} ({_named(seal)}) is not the one that was noted: the chain was rewritten up to here or further."
        if seal.table not in tables:
            yield f"Seal {seal.pk} ({_named(seal)}): there is no such audit table any more."
        elif since is None or seal.sealed_at >= since:
            yield from _verify_block(tables[seal.table], seal)
            verification.rows += seal.rows
        verification.seals += 1
        verification.newest = seal
        verification.ends[seal.table] = seal.last_key
    end = verification.newest.pk if verification.newest else 0
    for number in sorted(wanted):
        yield f"Seal {number} was made and is gone: the seals end with {end}. The newest ones were cut off."
    for table in tables.values():
        if early := rows_between(table, None, FIRST_KEY - 1):
            yield f"{table.name}: {early} rows were inserted below the first key, {FIRST_KEY}."


def _verify_link(verification: Verification, seal: AuditSeal) -> Iterator[str]:
    before = verification.newest
    expected = before.pk + 1 if before else 1
    if seal.pk != expected:
        missing = f"Seal {expected} is" if seal.pk == expected + 1 else f"Seals {expected} to {seal.pk - 1} are"
        yield f"{missing} missing before seal {seal.pk} ({_named(seal)})."
    elif seal.previous != (before.seal if before else ""):
        yield f"Seal {seal.pk} ({_named(seal)}) does not follow the seal before it: one of them was replaced."
    try:
        if not is_genuine(seal):
            yield f"Seal {seal.pk} ({_named(seal)}) is forged: it was changed, or made without the key."
    except SealKeyMissing as missing:
        if seal.key_name not in verification.unknown_keys:
            yield f"{missing} Put that key back; if there never was one, {_named(seal)} was slipped in."
        verification.unknown_keys.add(seal.key_name)


def _verify_range(verification: Verification, seal: AuditSeal) -> Iterator[str]:
    expected = verification.ends.get(seal.table, FIRST_KEY - 1) + 1
    if seal.first_key != expected:
        yield f"Seal {seal.pk} ({_named(seal)}) should begin at {expected}: a seal between is missing."


def _verify_block(table: AuditTable, seal: AuditSeal) -> Iterator[str]:
    """Compare a block with its seal. One row more than was sealed is read and no further, so that inserted millions fill no memory."""
    with transaction.atomic():
        lost = sorted(set(seal.columns) - set(columns_of(table)))
        if lost:
            yield f"{_named(seal)}: the columns {', '.join(lost)} are gone, so that seal {seal.pk} cannot be compared."
            return
        block = read_block(table, seal.columns, seal.first_key, seal.last_key, seal.rows + 1)
    if what := _difference(seal, block):
        yield f"{_named(seal)}: {what} after seal {seal.pk} was made on {seal.sealed_at:%Y-%m-%d %H:%M:%S %Z}."


def _difference(seal: AuditSeal, block: Block) -> str:
    if block.rows < seal.rows:
        return f"{seal.rows - block.rows} of {seal.rows} rows were deleted (or more, and others inserted)"
    if block.rows > seal.rows:
        return f"rows were inserted among the {seal.rows}"
    if block.keys_digest != seal.keys_digest:
        return f"of {seal.rows} rows as many were deleted as inserted"
    return f"values of some of the {seal.rows} rows were changed" if block.digest != seal.digest else ""


def _named(seal: AuditSeal) -> str:
    return f"{seal.table} {seal.first_key}–{seal.last_key}"
