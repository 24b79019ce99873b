"""What the roles of the running product may do to the database, tried over connections of their own."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from access.audit import record_event
from access.models import AuditEvent, AuditEventKind, AuditSeal, OrgUnit, User
from common import database_roles
from common.database_roles import ROLES, WEB, WORKER, append_only_models, grant_all, history_models, owner_functions
from tests.database_roles import As

ALONE = ("CREATE DATABASE", "ALTER SYSTEM")
REFUSED_STATES = {"42501"}  # insufficient privilege, ownership included

STRUCTURE = [
    "CREATE TABLE public.mine (id integer)",
    "CREATE TABLE public.mine AS SELECT 1 AS id",
    "SELECT 1 AS id INTO public.mine",
    "CREATE TEMPORARY TABLE mine (id integer)",
    "CREATE VIEW public.mine AS SELECT 1 AS id",
    "CREATE SEQUENCE public.mine",
    "CREATE TYPE public.mine AS ENUM ('a')",
    "CREATE SCHEMA mine",
    "CREATE EXTENSION pg_stat_statements",
    "CREATE ROLE mine",
    "CREATE DATABASE mine",
    "CREATE FUNCTION public.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION public.members_drop_rows(job bigint) RETURNS void LANGUAGE sql AS 'SELECT'",
    "ALTER FUNCTION public.members_drop_rows(bigint) RESET ALL",
    "DROP FUNCTION public.members_drop_rows(bigint)",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT ALL ON TABLES TO PUBLIC",
    "SET ROLE {owner}",
    "SET SESSION AUTHORIZATION {owner}",
    "COPY customers_customer TO PROGRAM 'true'",
    "COPY customers_customer TO '/tmp/mine'",
    "ALTER SYSTEM SET log_statement = 'none'",
    "SELECT pg_read_file('postgresql.conf')",
    "UPDATE pg_proc SET prosecdef = false",
    "SELECT setval('access_auditevent_id_seq', 1)",
    "DELETE FROM django_migrations",
    "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'y', now())",
    "ALTER TABLE members_batchrow DETACH PARTITION members_batchrow_1",
]
ON_EVERY_TABLE = [
    "ALTER TABLE {table} ADD COLUMN mine integer",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} OWNER TO CURRENT_USER",
    "ALTER TABLE {table} RENAME TO mine",
    "DROP TABLE {table} CASCADE",
    "TRUNCATE {table} CASCADE",
    "CREATE INDEX mine ON {table} ((1))",
    "CREATE TRIGGER mine BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE mine AS ON DELETE TO {table} DO INSTEAD NOTHING",
    "COMMENT ON TABLE {table} IS 'mine'",
]
ON_APPEND_ONLY = [
    "DELETE FROM {table}",
    "UPDATE {table} SET {column} = {column}",
    "INSERT INTO {table} ({key}, {column}) SELECT {key}, {column} FROM {table} ON CONFLICT ({key}) DO UPDATE SET {column} = DEFAULT",
    "MERGE INTO {table} t USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
    "SELECT 1 FROM {table} FOR UPDATE",
    "LOCK TABLE {table} IN SHARE MODE",
]
ON_HISTORY = ["INSERT INTO {table} ({column}) SELECT {column} FROM {table}", "COPY {table} FROM STDIN"]
OF_ONE_ROLE = {
    WEB: [
        "SET session_replication_role = replica",
        "INSERT INTO access_auditseal SELECT * FROM access_auditseal",
        "COPY access_auditseal FROM STDIN",
        *(f"SELECT {name}(1)" for name in ("members_create_stage", "members_create_rows", "members_complete_rows", "members_drop_stage")),
    ],
    WORKER: ["ALTER ROLE crm_worker SUPERUSER"],
}


def outcome(statement: str) -> str:
    """The SQLSTATE with which a statement is refused; empty when it is carried out."""
    try:
        # Some want a transaction, others stand alone.
        with nullcontext() if statement.startswith(ALONE) else transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as error:
        return str(getattr(error.__cause__, "pgcode", "")) or str(error)
    return ""


def picture() -> list[object]:
    """Tables, columns, rights, triggers, functions and the rows of what may only grow."""
    queries = [
        "SELECT relname, relkind, relowner, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY relname",
        "SELECT attrelid, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relkind IN ('r', 'p') ORDER BY 1, 2",
        "SELECT tgrelid, tgname, tgenabled FROM pg_trigger ORDER BY 1, 2",
        "SELECT proname, prosecdef, prosrc, proacl::text, proconfig FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1, 3",
        "SELECT rolname, rolsuper FROM pg_roles ORDER BY 1",
        *(f"SELECT t::text FROM {model._meta.db_table} t ORDER BY 1" for model in append_only_models()),
    ]
    found: list[object] = []
    with connection.cursor() as cursor:
        for query in queries:
            cursor.execute(query)
            found.append(cursor.fetchall())
    return found


def forbidden(role: str) -> list[str]:
    """Everything to try."""
    append_only, history = append_only_models(), history_models()
    tables = [User._meta.db_table, "customers_customer", "members_member", *(model._meta.db_table for model in append_only)]
    statements = STRUCTURE + OF_ONE_ROLE[role]
    statements += [each.format(table=table) for each in ON_EVERY_TABLE for table in tables]
    for models, texts in ((append_only, ON_APPEND_ONLY), (history, ON_HISTORY)):
        for model in models:
            key = model._meta.pk
            assert key is not None
            column = next(field.column for field in model._meta.concrete_fields if field is not key)
            statements += [text.format(table=model._meta.db_table, key=key.column, column=column) for text in texts]
    return [each.replace("{owner}", connection.ops.quote_name(connection.settings_dict["USER"])) for each in statements]


@pytest.mark.parametrize("role", ROLES)
def test_what_is_forbidden_is_refused_and_changes_nothing(connected_as: As, role: str, organisation: object, manager: User) -> None:
    record_event(AuditEventKind.REFUSED, actor=manager, target=manager)
    statements = forbidden(role)
    before = picture()
    assert AuditEvent.objects.exists()
    with connected_as(role):
        found = {statement: outcome(statement) for statement in statements}
    assert {statement: state for statement, state in found.items() if state not in REFUSED_STATES} == {}
    assert len(found) > 200
    assert picture() == before


@pytest.mark.parametrize("role", ROLES)
def test_what_is_allowed_works_and_leaves_a_history(connected_as: As, role: str, manager: User) -> None:
    event_table = next(model for model in history_models() if model._meta.label == "access.OrgUnitEvent")
    before = event_table._default_manager.count()
    with connected_as(role):
        unit = OrgUnit.objects.get(code="YJ01A")
        OrgUnit.objects.filter(pk=unit.pk).update(name_en="Renamed")
        record_event(AuditEventKind.REFUSED, actor=manager)
    assert event_table._default_manager.count() == before + 1
    assert AuditEvent.objects.filter(kind=AuditEventKind.REFUSED, actor=manager).count() == 1


def test_replication_mode_of_the_worker_does_not_silence_the_history(connected_as: As, manager: User) -> None:
    event_table = next(model for model in history_models() if model._meta.label == "access.OrgUnitEvent")
    before = event_table._default_manager.count()
    with connected_as(WORKER):
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
        OrgUnit.objects.filter(code="YJ01A").update(name_en="Renamed")
    assert event_table._default_manager.count() == before + 1


# --- rules ----------------------------------------------------------------------------------------------------------------------------


def rights(table: str, role: str) -> set[str]:
    """What a role may do to a table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p"
            " WHERE has_table_privilege(%s, %s, p)",
            [role, table],
        )
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.django_db
@pytest.mark.usefixtures("role_passwords")
class TestRules:
    """The rules cover every table there is, and those to come."""

    def test_what_looks_like_an_audit_table_is_one(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT c.relname FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'pgh_label'"
                " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
                " AND (a.attname IS NOT NULL OR c.relname ~ '(audit|seal|history)')"
            )
            found = {name for (name,) in cursor.fetchall()}
        assert found == {model._meta.db_table for model in append_only_models()}
        assert {AuditEvent, AuditSeal} <= set(append_only_models())
        assert len(found) > 15

    @pytest.mark.parametrize("role", ROLES)
    def test_every_table_has_the_rights_of_its_kind_and_no_others(self, role: str) -> None:
        history = {model._meta.db_table for model in history_models()}
        append_only = {model._meta.db_table for model in append_only_models()}
        only_read = history | {"django_migrations"} | ({AuditSeal._meta.db_table} if role == WEB else set())
        for table in connection.introspection.table_names():
            business = {"SELECT", "INSERT", "UPDATE", "DELETE"}
            expected = {"SELECT"} if table in only_read else {"SELECT", "INSERT"} if table in append_only else business
            assert rights(table, role) == expected, table

    def test_a_second_call_writes_nothing(self) -> None:
        roles = grant_all()
        assert roles == sorted(ROLES)
        assert [*database_roles._general(roles), *database_roles._on_relations(roles), *database_roles._on_functions(roles)] == []

    def test_a_new_table_is_covered_by_the_next_migration_and_read_only_before(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY)")
        assert rights("later", WEB) == {"SELECT"}
        call_command("migrate", verbosity=0)
        assert rights("later", WEB) == {"SELECT", "INSERT", "UPDATE", "DELETE"}

    def test_too_much_is_taken_away_again(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"GRANT ALL ON access_auditevent, customers_customer TO {WEB}; GRANT CREATE ON SCHEMA public TO {WORKER}")
        grant_all()
        assert rights("access_auditevent", WEB) == {"SELECT", "INSERT"}
        assert (rights("access_auditseal", WEB), rights("access_auditseal", WORKER)) == ({"SELECT"}, {"SELECT", "INSERT"})
        assert rights("customers_customer", WEB) == {"SELECT", "INSERT", "UPDATE", "DELETE"}
        with connection.cursor() as cursor:
            cursor.execute("SELECT has_schema_privilege(%s, 'public', 'CREATE')", [WORKER])
            assert cursor.fetchone() == (False,)

    def test_the_roles_own_nothing(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_shdepend d JOIN pg_roles r ON r.oid = refobjid WHERE rolname = ANY(%s) AND deptype = 'o'",
                [list(ROLES)],
            )
            assert cursor.fetchone() == (0,)

    def test_owner_functions_are_registered_closed_and_look_nothing_up_elsewhere(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT p.oid::regprocedure::text, p.proconfig::text, has_function_privilege('public', p.oid, 'EXECUTE'),"
                " p.prorettype::regtype::text"
                " FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef"
            )
            found = {name: (config or "", public, returns) for name, config, public, returns in cursor.fetchall()}
        callable_ones = {name for name, (_config, _public, returns) in found.items() if returns != "trigger"}
        assert callable_ones == set(owner_functions())
        assert all("search_path=" in config for config, _public, _returns in found.values())
        assert not [name for name in callable_ones if found[name][1]]
