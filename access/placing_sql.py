"""The triggers that keep scope columns right, as SQL for migrations; what stands here must stay right for those that were run.

Two kinds of rows carry them: those with an org unit of their own (customers, jobs), and those that repeat their customer's. Triggers always
fire, so that COPY with suspended foreign key checks is no way past them.
"""

from __future__ import annotations

from typing import Final

UNIT_LINE: Final = """
CREATE FUNCTION public.access_unit_line(unit bigint) RETURNS bigint[] LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $body$
DECLARE
    line bigint[] := ARRAY[]::bigint[];
BEGIN
    WHILE unit IS NOT NULL AND cardinality(line) < 50 LOOP
        line := unit || line;
        SELECT parent_id INTO unit FROM public.access_orgunit WHERE id = unit;
    END LOOP;
    RETURN line;
END
$body$;
"""
"""The units from the root down to one, itself included; the limit ends a circle that a faulty import made. Each step is a look into the
index of keys, which a planner that thinks of one page would pass over for reading all units."""

_PLACE: Final = """
CREATE FUNCTION public.{table}_place() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    line bigint[] := public.access_unit_line(NEW.org_unit_id);
BEGIN
    NEW.unit_0 := line[1];
    NEW.unit_1 := line[2];
    NEW.unit_2 := line[3];
    NEW.unit_3 := line[4];
    RETURN NEW;
END
$body$;
CREATE TRIGGER {table}_place BEFORE INSERT OR UPDATE OF org_unit_id, unit_0, unit_1, unit_2, unit_3 ON public.{table}
    FOR EACH ROW EXECUTE FUNCTION public.{table}_place();
ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER {table}_place;

CREATE FUNCTION public.{table}_follow_tree() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $body$
BEGIN
    UPDATE public.{table} SET unit_0 = unit_0 WHERE org_unit_id IN (
        WITH RECURSIVE below AS (
            SELECT NEW.id AS id UNION SELECT unit.id FROM public.access_orgunit unit JOIN below ON unit.parent_id = below.id
        ) SELECT id FROM below);
    RETURN NULL;
END
$body$;
CREATE TRIGGER {table}_follow_tree AFTER UPDATE ON public.access_orgunit
    FOR EACH ROW WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id) EXECUTE FUNCTION public.{table}_follow_tree();
ALTER TABLE public.access_orgunit ENABLE ALWAYS TRIGGER {table}_follow_tree;

UPDATE public.{table} SET unit_0 = unit_0;
"""
_NO_PLACE: Final = """
DROP TRIGGER {table}_follow_tree ON public.access_orgunit;
DROP TRIGGER {table}_place ON public.{table};
DROP FUNCTION public.{table}_follow_tree();
DROP FUNCTION public.{table}_place();
"""

_REPEAT: Final = """
CREATE FUNCTION public.{table}_place() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    SELECT manager_id, org_unit_id, unit_0, unit_1, unit_2, unit_3
    INTO NEW.manager_key, NEW.unit_key, NEW.unit_0, NEW.unit_1, NEW.unit_2, NEW.unit_3
    FROM public.customers_customer WHERE id = NEW.customer_id;
    RETURN NEW;
END
$body$;
CREATE TRIGGER {table}_place BEFORE INSERT OR UPDATE OF customer_id, manager_key, unit_key, unit_0, unit_1, unit_2, unit_3 ON public.{table}
    FOR EACH ROW EXECUTE FUNCTION public.{table}_place();
ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER {table}_place;

CREATE FUNCTION public.{table}_follow_customer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $body$
BEGIN
    IF (SELECT bit_xor(hash_record_extended(ROW(id, manager_id, org_unit_id, unit_0, unit_1, unit_2, unit_3), 0)) FROM before)
        = (SELECT bit_xor(hash_record_extended(ROW(id, manager_id, org_unit_id, unit_0, unit_1, unit_2, unit_3), 0)) FROM after)
    THEN RETURN NULL; END IF;
    EXECUTE $sql$
        UPDATE public.{table} SET unit_0 = public.{table}.unit_0
        FROM before JOIN after ON after.id = before.id
        WHERE public.{table}.customer_id = after.id
            AND (before.manager_id, before.org_unit_id, before.unit_0, before.unit_1, before.unit_2, before.unit_3)
            IS DISTINCT FROM (after.manager_id, after.org_unit_id, after.unit_0, after.unit_1, after.unit_2, after.unit_3)
    $sql$;
    RETURN NULL;
END
$body$;
CREATE TRIGGER {table}_follow_customer AFTER UPDATE ON public.customers_customer
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION public.{table}_follow_customer();
ALTER TABLE public.customers_customer ENABLE ALWAYS TRIGGER {table}_follow_customer;

UPDATE public.{table} SET unit_0 = unit_0;
"""
"""A hand-over of thousands of customers is followed by one statement, planned for as many as they are, and what changes no scope column by
none. Rows that are the same before and after give the same fingerprint in whatever order, without a join of the two."""
_NO_REPEAT: Final = """
DROP TRIGGER {table}_follow_customer ON public.customers_customer;
DROP TRIGGER {table}_place ON public.{table};
DROP FUNCTION public.{table}_follow_customer();
DROP FUNCTION public.{table}_place();
"""


def place_rows(table: str) -> tuple[str, str]:
    """Keep `unit_0` to `unit_3` of a table with `org_unit_id` right, and fill them; with the statements that take it back."""
    return _PLACE.format(table=table), _NO_PLACE.format(table=table)


def repeat_customer(table: str) -> tuple[str, str]:
    """Keep the scope columns of a table with `customer_id` those of the customer, and fill them; with the statements that take it back."""
    return _REPEAT.format(table=table), _NO_REPEAT.format(table=table)
