"""Who makes a change, for the triggers that record it: the person, and the request, job or command.

The facts are handed to PostgreSQL in front of each writing statement, as settings of the transaction; the triggers of `common.tracking`
read them there. Nothing is written for a request that changes nothing.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from psycopg2.extensions import TRANSACTION_STATUS_INERROR, adapt

Facts = Mapping[str, Any]

_READING: Final = ("select", "explain", "fetch", "declare", "close", "show", "copy")
# What cannot share a statement with others, or changes no row.
_APART: Final = ("vacuum", "analyze", "reindex", "cluster", "checkpoint", "create", "alter", "drop", "begin", "commit", "start", "set ")
_UNTOLD: Final = (*_READING, *_APART, "savepoint", "release", "rollback", "listen", "notify")


@dataclass(frozen=True, slots=True)
class _Change:
    """What belongs together as one request, one piece of a job's work or one command."""

    facts: Callable[[], Facts]
    key: uuid.UUID = field(default_factory=uuid.uuid4)


_current: ContextVar[_Change | None] = ContextVar("change", default=None)
_of_process: list[_Change] = []


@contextmanager
def change_context(facts: Callable[[], Facts] | None = None, **known: Any) -> Iterator[None]:
    """Record the changes of the block as made under `known` and `facts`, beside those of the block around it.

    Arguments:
        facts: asked before each writing statement, for what is not known at the start (who an API token belongs to).
        known: `user` and `job` are keys and become columns of each event; all others stand in the event's context as they are (JSON).
    """
    outer = _current.get()

    def merged() -> Facts:
        return {**(outer.facts() if outer else {}), **(facts() if facts else {}), **known}

    token = _current.set(_Change(merged))
    try:
        yield
    finally:
        _current.reset(token)


def change_of_process(**known: Any) -> None:
    """Record what this process changes outside of any block under `known`: a command says its name."""
    _of_process[:] = [_Change(lambda: known)]


def tell(cursor: CursorWrapper) -> None:
    """Hand the facts to the open transaction before a COPY, which reaches the driver past Django."""
    prefix = _prefix()
    if prefix:
        cursor.cursor.execute(prefix)


def watch(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    """Receiver of `connection_created`: from now on the writing statements of `connection` carry the facts."""
    if _put_before not in connection.execute_wrappers:
        connection.execute_wrappers.append(_put_before)


def _put_before(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    if isinstance(sql, str) and _is_told(sql, context["cursor"]):
        prefix = _prefix()
        sql = (prefix.replace("%", "%%") if params is not None else prefix) + sql
    return execute(sql, params, many, context)


def _is_told(sql: str, cursor: CursorWrapper) -> bool:
    if _current.get() is None and not _of_process:
        return False
    if sql.lstrip()[:12].lower().startswith(_UNTOLD) or getattr(cursor, "name", None):
        return False
    return bool(cursor.connection.get_transaction_status() != TRANSACTION_STATUS_INERROR)


def _prefix() -> str:
    change = _current.get() or next(iter(_of_process), None)
    if change is None:
        return ""
    facts = {name: _storable(value) for name, value in change.facts().items() if value not in (None, "")}
    text = json.dumps(facts, ensure_ascii=False, default=str)
    return (
        f"SELECT set_config('pghistory.context_id', '{change.key}', true),"
        f" set_config('pghistory.context_metadata', {_quoted(text)}, true); "
    )


def _storable(value: Any) -> Any:
    """Without the one character that PostgreSQL keeps in no text: an address may hold it."""
    return value.replace("\x00", "") if isinstance(value, str) else value


def _quoted(text: str) -> str:
    adapted: Any = adapt(text)
    adapted.encoding = "utf-8"
    return str(adapted.getquoted().decode())
