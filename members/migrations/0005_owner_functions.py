# ruff: noqa: S608 - the texts are put together from this file alone
"""What batches do to tables of their own, as functions of the owner: the worker's role owns no table and makes none.

Each takes the number of a job and nothing else, looks names up in the system's schema alone, and may be called by the owner; the roles that
may call it too are registered in `members.owner_functions`.
"""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import migrations

_HEAD: Final = """
CREATE FUNCTION public.{name}(job bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET default_statistics_target = 10 AS $body$
BEGIN
    {body}
END
$body$;
REVOKE ALL ON FUNCTION public.{name}(bigint) FROM PUBLIC;
"""

_BATCH: Final = """IF job IS NULL OR NOT EXISTS (SELECT FROM public.members_provisioningbatch WHERE job_id = job) THEN
        RAISE EXCEPTION 'there is no batch %', job USING ERRCODE = 'invalid_parameter_value';
    END IF;"""

_OPEN: Final = """IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_worker') THEN
        EXECUTE format('GRANT {privileges} ON public.%I TO crm_worker', '{prefix}' || job);
    END IF;"""

_CREATE_STAGE: Final = (
    _BATCH
    + """
    EXECUTE format($ddl$CREATE TABLE public.%I (
        line integer, msisdn varchar(15) COLLATE "C", kind varchar(10) COLLATE "C", faults bigint,
        holder_name varchar(64), employee_no varchar(32), department varchar(64), short_number varchar(6) COLLATE "C",
        effective_on date, expires_on date, tariff_code varchar(32) COLLATE "C", offer_code varchar(32) COLLATE "C", raw text
    )$ddl$, 'members_stage_' || job);
    """
    + _OPEN.format(privileges="SELECT, INSERT", prefix="members_stage_")
)

_CREATE_ROWS: Final = (
    _BATCH
    + """
    EXECUTE format('CREATE TABLE public.%I (LIKE public.members_batchrow, CONSTRAINT %I CHECK (job_id = %s))',
        'members_batchrow_' || job, 'members_batchrow_' || job || '_job', job);
    """
    + _OPEN.format(privileges="SELECT, INSERT, UPDATE", prefix="members_batchrow_")
    + """
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_web') THEN
        EXECUTE format('GRANT SELECT ON public.%I TO crm_web', 'members_batchrow_' || job);
    END IF;"""
)

_COMPLETE_ROWS: Final = (
    _BATCH
    + """
    EXECUTE format($ddl$
        ALTER TABLE public.%1$I ADD PRIMARY KEY (job_id, line);
        CREATE INDEX %2$I ON public.%1$I USING brin (position) WITH (pages_per_range = 16);
        CREATE INDEX %3$I ON public.%1$I (job_id, line) WHERE state <> 'e';
        ANALYZE public.%1$I (position, state, todo, verdicts, msisdn, member_key);
        ALTER TABLE public.members_batchrow ATTACH PARTITION public.%1$I FOR VALUES IN (%5$s);
        ALTER TABLE public.%1$I DROP CONSTRAINT %4$I;
    $ddl$, 'members_batchrow_' || job, 'members_batchrow_' || job || '_position', 'members_batchrow_' || job || '_not_applied',
        'members_batchrow_' || job || '_job', job);
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_worker') THEN
        EXECUTE format('REVOKE INSERT ON public.%I FROM crm_worker', 'members_batchrow_' || job);
    END IF;"""
)

_DROP_ROWS: Final = """IF EXISTS (SELECT FROM public.jobs_job WHERE id = job AND status IN ('approved', 'running', 'paused')) THEN
        RAISE EXCEPTION 'batch % is being run', job USING ERRCODE = 'object_in_use';
    END IF;
    EXECUTE format('DROP TABLE IF EXISTS public.%I', 'members_batchrow_' || job);"""

FUNCTIONS: Final = {
    "members_create_stage": _CREATE_STAGE,
    "members_analyze_stage": "EXECUTE format('ANALYZE public.%I (msisdn)', 'members_stage_' || job);",
    "members_drop_stage": "EXECUTE format('DROP TABLE public.%I', 'members_stage_' || job);",
    "members_create_rows": _CREATE_ROWS,
    "members_complete_rows": _COMPLETE_ROWS,
    "members_drop_rows": _DROP_ROWS,
}


class Migration(migrations.Migration):
    """Raw SQL, because Django does not describe functions."""

    dependencies: ClassVar = [("members", "0004_batch_row_positions")]
    operations: ClassVar = [
        migrations.RunSQL(_HEAD.format(name=name, body=body), f"DROP FUNCTION public.{name}(bigint)") for name, body in FUNCTIONS.items()
    ]
