"""Recording every change of a table's rows in a table of its own, by triggers that see COPY and raw SQL as well.

`@tracked()` on a model makes its event model (`CustomerEvent` for `Customer`) and the triggers, both carried by migrations. They are
django-pghistory's, with triggers of our own: see docs/adr/0015-how-history-is-kept.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, TypeVar

import pghistory
import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from pghistory.models import Event as PgHistoryEvent
from pghistory.trigger import Event as PgHistoryTrigger
from pgtrigger import compiler

ModelT = TypeVar("ModelT", bound=type[models.Model])

INSERT: Final = "insert"
UPDATE: Final = "update"
DELETE: Final = "delete"

_EXEMPT: Final[dict[str, str]] = {}
_NAME_LENGTH: Final = 19  # an index has 30 characters
_MOMENT_FIELDS: Final = frozenset({"updated_at"})


class Event(PgHistoryEvent):
    """What all event models share.

    `pgh_actor` and `pgh_job` are the keys of the person and the job, copied from the context so that one index serves a search. The key
    of the row is `pgh_obj_id`. Where `keeps_before` is true, updates hold the row as it was before; else as it was after.
    """

    keeps_before: ClassVar[bool] = False

    pgh_id = models.BigAutoField(primary_key=True)
    pgh_actor = models.BigIntegerField(null=True)
    pgh_job = models.BigIntegerField(null=True)

    class Meta:
        abstract = True


def tracked(
    *, exclude: Sequence[str] = (), compared: bool = False, inserts: bool = True, told_of: Sequence[str] = ()
) -> Callable[[ModelT], ModelT]:
    """Record inserts, updates and deletes of a model's rows.

    Arguments:
        exclude: fields that are not kept.
        compared: whether an update that changes none of the kept fields is no event. Without, each updated row is one, which costs less.
        inserts: False for tables that are filled by the hundred thousand: there the job that made a row records that, and so that the
            first change shows what stood there before, updates keep the row as it was before.
        told_of: foreign keys to rows whose page tells what happened below them: an index for each finds the last events of one such row,
            also those of rows that are gone.
    """

    def decorate(model: ModelT) -> ModelT:
        condition = pgtrigger.AnyChange(exclude=[*exclude, *_MOMENT_FIELDS & _names(model)]) if compared else None
        trackers = [_Update(row="NEW" if inserts else "OLD", condition=condition), _Delete()]
        pghistory.create_event_model(
            model,
            *([_Insert(), *trackers] if inserts else trackers),
            exclude=list(exclude),
            model_name=f"{model.__name__}Event",
            abstract=False,
            base_model=Event,
            level=pgtrigger.Statement,
            obj_field=pghistory.ObjForeignKey(related_name="+", related_query_name="+", db_index=False),
            context_field=pghistory.ContextForeignKey(db_index=False, related_query_name="+"),
            attrs={"keeps_before": not inserts},
            meta=_meta(model.__name__.lower()[:_NAME_LENGTH], mass=not inserts, told_of=told_of),
        )
        return model

    return decorate


def untracked(reason: str) -> Callable[[ModelT], ModelT]:
    """Say why a model's rows have no history."""

    def decorate(model: ModelT) -> ModelT:
        _EXEMPT[model._meta.label] = reason
        return model

    return decorate


def exempt_models() -> dict[str, str]:
    """The models without a history, each with the reason."""
    return dict(_EXEMPT)


def _names(model: type[models.Model]) -> set[str]:
    return {field.name for field in model._meta.fields}


def _meta(name: str, *, mass: bool, told_of: Sequence[str]) -> dict[str, Any]:
    """The newest first by key; an index for the history tab, and for the search by moment, person, job and object."""
    indexes = _mass_indexes(name) if mass else _indexes(name)
    indexes += [models.Index(fields=[key, "pgh_created_at", "pgh_id"], name=f"{name[:16]}_of_{key}") for key in told_of]
    return {"default_permissions": (), "ordering": ("-pgh_id",), "indexes": indexes}


def _indexes(name: str) -> list[models.Index]:
    return [
        models.Index(fields=["pgh_obj", "pgh_id"], name=f"{name}_ev_object"),
        models.Index(fields=["pgh_created_at", "pgh_id"], name=f"{name}_ev_moment"),
        models.Index(fields=["pgh_actor", "pgh_id"], name=f"{name}_ev_actor", condition=Q(pgh_actor__isnull=False)),
        models.Index(fields=["pgh_job", "pgh_id"], name=f"{name}_ev_job", condition=Q(pgh_job__isnull=False)),
    ]


def _mass_indexes(name: str) -> list[models.Index]:
    """For tables where one job removes a hundred thousand rows: little to keep up for each of them.

    What is gone has no history tab, so its last event need not be found at once. The search reads the stretches of the table that can
    hold what it seeks: moments, jobs, persons and what a job touches lie together.
    """
    return [
        models.Index(fields=["pgh_obj", "pgh_id"], name=f"{name}_ev_object", condition=~Q(pgh_label=DELETE)),
        BrinIndex(
            fields=["pgh_created_at", "pgh_job", "pgh_actor", "pgh_obj"],
            name=f"{name}_ev_search",
            opclasses=["timestamptz_minmax_multi_ops", *["int8_minmax_multi_ops"] * 3],
        ),
    ]


# --- triggers --------------------------------------------------------------------------------------------------------------------------


class RecordingTriggerSql(compiler.UpsertTriggerSql):
    """A trigger that always fires.

    Unlike pgtrigger's own it cannot be switched off by a setting of the session: not by `pgtrigger.ignore`, and not by
    `session_replication_role`, which batches use. The function runs as its owner, so that nobody else need write into event tables.
    Migrations name this class; what it makes must stay right for those that stand.
    """

    def get_template(self) -> str:
        """The statements that install the trigger."""
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE TRIGGER {pgid}
                {when} {operation} ON {table}
                {referencing}
                FOR EACH {level}
                EXECUTE PROCEDURE {execute};
            ALTER TABLE {table} ENABLE ALWAYS TRIGGER {pgid};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class RecordingTrigger(PgHistoryTrigger):
    """Copies the rows of one statement into the event table.

    Without a condition the rows are copied as they come. With one, old rows must meet their new ones: that statement is planned each time
    anew, because a plan kept from a statement of one row would compare each row with each of a hundred thousand.
    """

    def get_declare(self, model: models.Model) -> list[tuple[str, str]]:  # noqa: ARG002  (the signature is pgtrigger's)
        """What the transaction was told of who makes the change."""
        return [
            ("audit_context", "uuid := NULLIF(current_setting('pghistory.context_id', true), '')::uuid"),
            ("audit_facts", "jsonb := NULLIF(current_setting('pghistory.context_metadata', true), '')::jsonb"),
            ("audit_actor", "bigint := (audit_facts ->> 'user')::bigint"),
            ("audit_job", "bigint := (audit_facts ->> 'job')::bigint"),
            ("audit_rows", "bigint"),
        ]

    def get_func(self, model: Any) -> str:
        """Copy the rows, and keep the context if there were any."""
        columns, values, source = self._copied(model)
        events: Any = self.event_model
        target = f'INSERT INTO "{events._meta.db_table}" ({columns}, pgh_label, pgh_created_at'
        target += ", pgh_context_id, pgh_actor, pgh_job)"
        chosen = f"SELECT {values}, '{self.label}', now()"
        if self.condition is None:
            copying = f"{target} {chosen}, audit_context, audit_actor, audit_job FROM {source};"
        else:
            copying = f"EXECUTE $sql${target} {chosen}, $1, $2, $3 FROM {source}$sql$ USING audit_context, audit_actor, audit_job;"
        keeping = "INSERT INTO pghistory_context (id, metadata, created_at, updated_at) VALUES (audit_context, audit_facts, now(), now())"
        return (
            f"{copying} GET DIAGNOSTICS audit_rows = ROW_COUNT;"
            f" IF audit_rows > 0 AND audit_context IS NOT NULL THEN {keeping} ON CONFLICT (id) DO NOTHING; END IF; RETURN NULL;"
        )

    def _copied(self, model: Any) -> tuple[str, str, str]:
        """Columns, their values and the tables they come from."""
        alias = "new_values" if self.row == "NEW" else "old_values"
        events: Any = self.event_model
        kept = {field.name for field in model._meta.fields if field.concrete}
        names = sorted(field.column for field in events._meta.fields if field.name in kept)
        columns = ", ".join([*(f'"{name}"' for name in names), "pgh_obj_id"])
        values = ", ".join([*(f'{alias}."{name}"' for name in names), f'{alias}."{model._meta.pk.column}"'])
        return columns, values, str(self.get_func_template_kwargs(model)[f"cond_{alias}"])

    def compile(self, model: Any) -> compiler.Trigger:
        """The trigger as migrations keep it."""
        sql = RecordingTriggerSql(
            pgid=self.get_pgid(model),
            declare=self.render_declare(model),
            func=self.render_func(model),
            table=model._meta.db_table,
            when=self.when,
            operation=self.operation,
            referencing=self.referencing or "",
            level=pgtrigger.Statement,
        )
        return compiler.Trigger(name=str(self.name), sql=sql)


class _Recorder(pghistory.RowEvent):
    def add_event_trigger(self, event_model: Any) -> None:
        trigger = RecordingTrigger(  # type: ignore[no-untyped-call]  # the package has no types here
            event_model=event_model,
            label=self.label,
            name=self.trigger_name,
            row=self.row,
            operation=self.operation,
            condition=self.condition,
            level=pgtrigger.Statement,
        )
        pgtrigger.register(trigger)(event_model.pgh_tracked_model)


class _Insert(_Recorder, pghistory.InsertEvent):
    pass


class _Update(_Recorder, pghistory.UpdateEvent):
    pass


class _Delete(_Recorder, pghistory.DeleteEvent):
    pass
