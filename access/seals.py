"""How the audit's seals are made: what is sealed, with which key, and where the newest seal is remembered outside the database.

Each audit table is cut into blocks of consecutive keys. A seal holds the digests of one block and the seal before it, whatever table that
was of, and an HMAC over all of it with a key that the database never sees. So nobody who can write the tables, not even their owner, can
change a sealed row, or a seal, unseen. The number and value of the newest seal lie in a file too (and go to the log): cutting off the end
of the chain shows as well.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from django.apps import apps
from django.conf import settings
from django.db import models

from access.models import AuditSeal
from common.database_roles import append_only_models

BLOCK_ROWS: Final = 10_000
"""The most rows of a block; a smaller one ends where sealing found no more."""

_KEY_NAME_LENGTH: Final = 8


class SealKeyMissing(Exception):
    """There is no AUDIT_SEAL_KEY, or not the one that a seal was made with."""


@dataclass(frozen=True, slots=True)
class AuditTable:
    """A table to seal, and the column whose whole numbers order its rows as they were added."""

    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal as it was remembered outside the database."""

    number: int
    seal: str


def audit_tables() -> list[AuditTable]:
    """Every append-only table but that of the seals, which hold each other."""
    models_to_seal = (model for model in append_only_models() if model is not AuditSeal)
    return sorted((AuditTable(model._meta.db_table, _ordering_key(model)) for model in models_to_seal), key=lambda table: table.name)


def _ordering_key(model: type[models.Model]) -> str:
    key = model._meta.pk
    assert key is not None
    if isinstance(key, models.BigAutoField | models.AutoField):
        return str(key.column)
    # Contexts are known by random keys; a migration of this app numbers them.
    assert model is apps.get_model("pghistory", "Context"), f"{model._meta.label} has no key that a seal could count by"
    return "seal_position"


# --- keys ------------------------------------------------------------------------------------------------------------------------------


def key_name(key: str) -> str:
    """What a seal says of the key it was made with."""
    return hashlib.sha256(key.encode()).hexdigest()[:_KEY_NAME_LENGTH]


def newest_key() -> str:
    """The key that new seals are made with. Raises SealKeyMissing."""
    if not settings.AUDIT_SEAL_KEYS:
        raise SealKeyMissing("AUDIT_SEAL_KEY is not set.")
    return str(settings.AUDIT_SEAL_KEYS[0])


def seal_of(seal: AuditSeal) -> str:
    """The HMAC that belongs to what `seal` says. Raises SealKeyMissing when its key is not among those of AUDIT_SEAL_KEY."""
    key = next((key for key in settings.AUDIT_SEAL_KEYS if key_name(key) == seal.key_name), None)
    if key is None:
        raise SealKeyMissing(f"Seal {seal.pk} was made with the key {seal.key_name!r}, which is not among those of AUDIT_SEAL_KEY.")
    said = [
        *(seal.pk, seal.previous, seal.table, seal.first_key, seal.last_key, seal.rows, seal.columns),
        *(seal.keys_digest, seal.digest, seal.sealed_at.timestamp(), seal.key_name),
    ]
    return hmac.new(key.encode(), json.dumps(said, separators=(",", ":")).encode(), hashlib.sha256).hexdigest()


def is_genuine(seal: AuditSeal) -> bool:
    """Whether `seal` was made with our key and is as it was made. Raises SealKeyMissing, as `seal_of`."""
    return hmac.compare_digest(seal_of(seal), seal.seal)


# --- the newest seal -------------------------------------------------------------------------------------------------------------------


def _head_path() -> Path:
    return Path(settings.VAR_DIR) / "audit" / "head.json"


def read_head() -> Head | None:
    """The newest seal that this machine remembers; None where it remembers none."""
    try:
        values = json.loads(_head_path().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Head(int(values["number"]), str(values["seal"]))


def remember_head(head: Head) -> None:
    """Remember the newest seal, readable for this user alone; the file is replaced at once."""
    path = _head_path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A name of its own, readable for this user alone: two who seal at once do not write into each other's draft.
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix="head.", delete=False) as draft:
        draft.write(json.dumps({"number": head.number, "seal": head.seal}))
    Path(draft.name).replace(path)
