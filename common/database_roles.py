"""The database roles of the running product, and what each may do.

The owner role owns everything and runs migrations. `crm_web` and `crm_worker` own nothing. They read and write rows of business tables,
only add rows to append-only tables (seals: the worker alone), and only read history, which triggers of the owner write. What needs
ownership is done by owner functions (`SECURITY DEFINER`), which the app that defines them registers here. `grant_all` brings the
database in line with these rules after every `migrate`; docs/adr/0016 says why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import psycopg2.extensions
from django.apps import apps
from django.db import connection, models, transaction

WEB: Final = "crm_web"
WORKER: Final = "crm_worker"
ROLES: Final = (WEB, WORKER)

_BUSINESS: Final = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
_APPEND: Final = frozenset({"SELECT", "INSERT"})
_READ: Final = frozenset({"SELECT"})
_SEQUENCE: Final = frozenset({"SELECT", "USAGE"})
_LOCK: Final = 7_203_441  # of our own choosing: two migrations at once grant one after the other

Wanted = Mapping[str, frozenset[str]]


@dataclass(slots=True)
class _Rules:
    """What apps have registered: owner functions with who may call them, partitions with what the roles may do to them."""

    functions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    partitions: dict[str, Wanted] = field(default_factory=dict)


_rules = _Rules()


def register_owner_function(signature: str, *roles: str) -> None:
    """Let `roles` call the function `signature`, such as `members_drop_rows(bigint)`; everybody else but the owner may not."""
    _rules.functions[signature] = roles


def register_partitions(parent: str, wanted: Wanted) -> None:
    """Give the roles fewer rights on the partitions of table `parent` than on a business table: role → privileges."""
    _rules.partitions[parent] = wanted


def owner_functions() -> dict[str, tuple[str, ...]]:
    """The registered owner functions with the roles that may call them."""
    return dict(_rules.functions)


def append_only_models() -> list[type[models.Model]]:
    """The models whose rows are only ever added: those that say `append_only`, and every table of history.

    A model that also names roles by `appended_by` takes rows from these alone; the others only read it.
    """
    return [model for model in _managed() if getattr(model, "append_only", False)] + history_models()


def history_models() -> list[type[models.Model]]:
    """The event tables and their contexts. Triggers that run as the owner fill them; the roles only read them."""
    from pghistory.models import Context, Event

    return [model for model in _managed() if issubclass(model, Context | Event)]


def _managed() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]


def present_roles() -> list[str]:
    """Which of the two roles the database server has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) ORDER BY rolname", [list(ROLES)])
        return [name for (name,) in cursor.fetchall()]


def make_roles(passwords: Mapping[str, str]) -> None:
    """Make the roles of `passwords`, or give those that are there these passwords. The server is sent SCRAM verifiers, no password.

    Raises django.db.ProgrammingError where the connected role may not make roles.
    """
    present = present_roles()
    with connection.cursor() as cursor:
        for role, password in passwords.items():
            verifier = psycopg2.extensions.encrypt_password(password, role, connection.connection, "scram-sha-256")
            verb = "ALTER" if role in present else "CREATE"
            attributes = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS" if verb == "CREATE" else "LOGIN"
            cursor.execute(f"{verb} ROLE {connection.ops.quote_name(role)} {attributes} PASSWORD %s", [verifier])


def grant_all() -> list[str]:
    """Give the roles what the rules allow and take away everything else; the owner calls it after every migration.

    Only differences are written, so that a second call does nothing. Returns the roles that exist; without any, nothing is done.
    """
    roles = present_roles()
    if not roles:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        for statement in [*_general(roles), *_on_relations(roles), *_on_functions(roles)]:
            cursor.execute(statement)
    _grant_replication_role(roles)
    return roles


_GENERAL: Final = """
SELECT has_schema_privilege('public', 'public', 'CREATE') OR has_database_privilege('public', current_database(), 'TEMPORARY')
    OR NOT bool_and(has_schema_privilege(r.rolname, 'public', 'USAGE')) OR bool_or(has_schema_privilege(r.rolname, 'public', 'CREATE'))
    OR count(*) <> (
        SELECT count(DISTINCT a.grantee) FROM pg_default_acl d, aclexplode(d.defaclacl) a
        WHERE d.defaclrole = current_user::regrole AND d.defaclnamespace = 'public'::regnamespace AND a.grantee <> d.defaclrole
    )
FROM pg_roles r WHERE r.rolname = ANY(%s)
"""


def _general(roles: list[str]) -> Iterable[str]:
    """Statements about the database and the schema. A table made later can be read at once, until `grant_all` has looked at it."""
    listed = ", ".join(roles)
    with connection.cursor() as cursor:
        cursor.execute(
            _GENERAL,
            [roles],
        )
        row = cursor.fetchone()
    if not row or not row[0]:
        return
    database = connection.ops.quote_name(str(connection.settings_dict["NAME"]))
    yield f"REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC, {listed}"
    yield f"REVOKE CREATE ON SCHEMA public FROM PUBLIC, {listed}"
    yield f"GRANT USAGE ON SCHEMA public TO {listed}"
    yield f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {listed}"
    yield f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, USAGE ON SEQUENCES TO {listed}"


_RELATIONS: Final = """
SELECT c.relname, c.relkind::text, COALESCE(i.inhparent::regclass::text, ''), r.rolname,
    ARRAY(SELECT a.privilege_type::text FROM aclexplode(c.relacl) a WHERE a.grantee = r.oid)
FROM pg_class c CROSS JOIN pg_roles r LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND r.rolname = ANY(%s)
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')
ORDER BY c.relname
"""


def _on_relations(roles: list[str]) -> Iterable[str]:
    """Statements that bring each table, view and sequence from the privileges it has to those that it shall have."""
    special = _special()
    changes: dict[tuple[str, str, frozenset[str], str], list[str]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_RELATIONS, [roles])
        found = cursor.fetchall()
    for name, kind, parent, role, privileges in found:
        wanted, has = _wanted(name, kind, parent, role, special), frozenset(privileges)
        noun = "SEQUENCE" if kind == "S" else "TABLE"
        if has - wanted:
            changes["REVOKE", noun, has - wanted, role].append(name)
        if wanted - has:
            changes["GRANT", noun, wanted - has, role].append(name)
    for (verb, noun, difference, role), names in changes.items():
        listed = ", ".join(f"public.{connection.ops.quote_name(name)}" for name in names)
        yield f"{verb} {', '.join(sorted(difference))} ON {noun} {listed} {'TO' if verb == 'GRANT' else 'FROM'} {role}"


def _special() -> dict[str, Wanted]:
    """What each role may do to the tables of the audit: table → role → privileges."""
    history = set(history_models())
    return {
        model._meta.db_table: {
            role: _READ if model in history or role not in getattr(model, "appended_by", ROLES) else _APPEND for role in ROLES
        }
        for model in append_only_models()
    }


def _wanted(name: str, kind: str, parent: str, role: str, special: Mapping[str, Wanted]) -> frozenset[str]:
    if kind == "S":
        return _SEQUENCE
    if kind in "vm" or name == "django_migrations":
        return _READ
    if name in special or parent in special:
        return special[name if name in special else parent][role]
    if parent in _rules.partitions:
        return _rules.partitions[parent].get(role, frozenset())
    return _BUSINESS


def _on_functions(roles: list[str]) -> Iterable[str]:
    with connection.cursor() as cursor:
        for signature, callers in _rules.functions.items():
            cursor.execute(
                "SELECT r.rolname, has_function_privilege(r.oid, to_regprocedure(%s), 'EXECUTE') FROM pg_roles r"
                " WHERE r.rolname = ANY(%s) AND to_regprocedure(%s) IS NOT NULL",
                [f"public.{signature}", roles, f"public.{signature}"],
            )
            for role, may in cursor.fetchall():
                if may and role not in callers:
                    yield f"REVOKE EXECUTE ON FUNCTION public.{signature} FROM PUBLIC, {role}"
                elif not may and role in callers:
                    yield f"GRANT EXECUTE ON FUNCTION public.{signature} TO {role}"


def _grant_replication_role(roles: list[str]) -> None:
    """Let the worker suspend row-by-row foreign key checks (docs/adr/0003), where the owner may allow that; else batches run slower."""
    if WORKER not in roles:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_parameter_privilege(%s, 'session_replication_role', 'SET'), rolsuper FROM pg_roles WHERE rolname = current_user",
            [WORKER],
        )
        row = cursor.fetchone()
        if row and row[1] and not row[0]:
            cursor.execute(f"GRANT SET ON PARAMETER session_replication_role TO {WORKER}")
