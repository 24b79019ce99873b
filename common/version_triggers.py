"""The database itself gives a row another version where a write forgets to: SQL by hand, a bulk update, a script.

`updated_at` is the version of a row (`common.versions`). The services, forms and batches set it; a model marked by `versioned()` has a
trigger that does so for every other write. See docs/adr/0018.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import pgtrigger
from django.db import models
from pgtrigger import compiler

ModelT = TypeVar("ModelT", bound=type[models.Model])

_VERSION: Final = "updated_at"


class VersionTriggerSql(compiler.UpsertTriggerSql):
    """A trigger of single rows that fires whatever the session says. Migrations name this class, so what it makes must stay as it is."""

    def get_template(self) -> str:
        """The statements that install the trigger."""
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER AS $$
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql SET search_path = public, pg_temp;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE TRIGGER {pgid}
                {when} {operation} ON {table}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};
            ALTER TABLE {table} ENABLE ALWAYS TRIGGER {pgid};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class VersionTrigger(pgtrigger.Trigger):
    """Gives a changed row a new version where the statement has left the old one. It names no column but those that do not count, so that
    it stands unchanged where a field is added.

    A statement that sets the version once more in the same transaction is let be: batches know what they wrote by that moment.
    """

    when = pgtrigger.Before
    operation = pgtrigger.Update

    def __init__(self, exclude: Sequence[str] = ()) -> None:
        """`exclude` names columns that are no part of what a reader sees."""
        super().__init__(name="version")
        self._exclude = frozenset(exclude)

    def compile(self, model: Any) -> compiler.Trigger:
        """The trigger as migrations keep it."""
        table = model._meta.db_table
        columns = [field.column for field in model._meta.concrete_fields if field.name in self._exclude]
        alike = " ".join(f'seen."{column}" = OLD."{column}";' for column in columns)
        sql = VersionTriggerSql(
            pgid=self.get_pgid(model),
            func=f"DECLARE seen {table}%ROWTYPE = NEW; BEGIN {alike}"
            f" IF seen IS DISTINCT FROM OLD THEN NEW.{_VERSION} = clock_timestamp(); END IF; RETURN NEW; END;",
            table=table,
            when=self.when,
            operation=self.operation,
            level=pgtrigger.Row,
            condition=f"WHEN (OLD.{_VERSION} = NEW.{_VERSION} AND NEW.{_VERSION} <> now() AND OLD.* IS DISTINCT FROM NEW.*)",
        )
        return compiler.Trigger(name=str(self.name), sql=sql)


def versioned(*, exclude: Sequence[str] = ()) -> Callable[[ModelT], ModelT]:
    """Let every write to the model's rows make a version, whatever path it takes. `exclude` as for `VersionTrigger`."""

    def decorate(model: ModelT) -> ModelT:
        pgtrigger.register(VersionTrigger(exclude))(model)
        return model

    return decorate
