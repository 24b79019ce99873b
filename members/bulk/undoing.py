"""Taking back what a batch did: what it made is removed, what it ended lives again, and what was changed since is left alone."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from members.bulk.rows import create_rows, rows_table
from members.bulk.statements import execute, fetch, lock_members, unchecked_references
from members.verdict_codes import BIT

# The subscriptions of a row's membership as two probes, because the table's indexes on the membership are split into live and ended ones.
_SUBSCRIPTIONS = """
    SELECT s.* FROM members_membersubscription s WHERE s.member_id = r.member_key AND s.ended_on IS NULL
    UNION ALL
    SELECT s.* FROM members_membersubscription s WHERE s.member_id = r.member_key AND s.ended_on IS NOT NULL
"""

# A row may be taken back only when the membership and every subscription that the batch touched stand as it left them, and nothing came on
# top. What an earlier, unfinished undo took back is gone: there is nothing left to do.
_FOUND = """
SELECT r.line,
    CASE WHEN r.todo & {join_bit} <> 0 THEN m.id IS NULL WHEN r.todo & {leave_bit} <> 0 THEN m.left_on IS NULL
        ELSE NOT COALESCE(t.ours, FALSE) END AS gone,
    m.id IS NULL
    OR (r.todo & {member_bits} <> 0 AND m.updated_at <> r.applied_at)
    OR (r.todo & {leave_bit} = 0 AND m.left_on IS NOT NULL)
    OR (r.todo & {leave_bit} <> 0 AND EXISTS (
        SELECT FROM members_member o WHERE o.msisdn = r.msisdn AND o.left_on IS NULL AND o.id <> r.member_key))
    OR (r.todo & {leave_bit} <> 0 AND m.short_number <> '' AND EXISTS (
        SELECT FROM members_member o WHERE o.customer_id = m.customer_id AND o.short_number = m.short_number AND o.short_number <> ''
            AND o.left_on IS NULL AND o.id <> m.id))
    OR COALESCE(t.touched OR t.replaced OR (r.todo & {join_bit} <> 0 AND t.added), FALSE) AS moved
FROM (SELECT r.line, r.position, r.todo, r.msisdn, r.member_key, {applied_at} AS applied_at FROM {rows} r WHERE {scope}) r
LEFT JOIN members_member m ON m.id = r.member_key
LEFT JOIN LATERAL (
    SELECT bool_or(s.updated_at <> r.applied_at AND (s.batch_id = {undone} OR s.ended_batch_id = {undone})) AS touched,
        bool_or(s.batch_id = {undone} OR s.ended_batch_id = {undone}) AS ours,
        bool_or(s.batch_id IS DISTINCT FROM {undone}) AS added,
        array_agg(s.product_id) FILTER (WHERE s.ended_batch_id = {undone})
            && array_agg(s.product_id) FILTER (WHERE s.ended_on IS NULL AND s.batch_id IS DISTINCT FROM {undone}) AS replaced
    FROM ({subscriptions}) s
) t ON TRUE
WHERE r.applied_at IS NOT NULL
"""

_CHECK = """
INSERT INTO {rows}
SELECT {job_id}::bigint AS job_id, r.line, r.position,
    (CASE WHEN f.gone THEN 's' WHEN f.moved THEN 'f' ELSE 'e' END)::varchar(1) COLLATE "C" AS state,
    (CASE WHEN f.moved AND NOT f.gone THEN {changed_since} ELSE 0 END)::bigint AS verdicts,
    r.todo, r.msisdn, r.kind, NULL::integer AS duplicate_of, r.member_key,
    r.ground, r.holder_name, r.employee_no, r.department, r.short_number, r.effective_on, r.expires_on, r.tariff_code, r.offer_code, r.raw
FROM {undone_rows} r JOIN ({found}) f ON f.line = r.line
ORDER BY r.position
"""


@dataclass(frozen=True, slots=True)
class UndoRequest:
    """Job `job_id` undoes job `undone`; the bits are those of the undone job's actions in `BatchRow.todo` (0: it has no such action).

    Attributes:
        only_joined: whether every row that was applied joined a number, so that all it made hangs from memberships of its own.
    """

    job_id: int
    undone: int
    join_bit: int
    leave_bit: int
    only_joined: bool = False

    def found(self, rows: str, scope: str, moments: Moments) -> str:
        """The query for line, gone (nothing is left to take back) and moved (changed since) of the rows of table `rows` in `scope`."""
        return _FOUND.format(
            rows=rows,
            scope=scope,
            undone=self.undone,
            join_bit=self.join_bit,
            leave_bit=self.leave_bit,
            member_bits=self.join_bit | self.leave_bit,
            subscriptions=_SUBSCRIPTIONS,
            applied_at=applied_at(moments),
        )


Moments = list[tuple[int, str | None]]
"""The first position of each chunk of the undone job in order, with the moment it was applied (None: it was not)."""


def read_moments(undone: int, first: int = 0, last: int = 2**31 - 1) -> Moments:
    """The moments of the chunks of job `undone` that hold positions from `first` to `last`."""
    found = fetch(
        f"SELECT first, CASE WHEN state = 'done' THEN applied_at::text END FROM jobs_jobchunk"
        f" WHERE job_id = {undone} AND state <> 'split' AND last >= {first} AND first <= {last} ORDER BY first"
    )
    return [(int(start), moment) for start, moment in found]


def applied_at(moments: Moments) -> str:
    """SQL for the moment at which the row `r` was applied, found by its position without a join; NULL where it was not."""
    starts = ", ".join(str(start) for start, _moment in moments)
    stamps = ", ".join(f"'{moment}'" if moment else "NULL" for _start, moment in moments)
    return f"(ARRAY[{stamps}]::timestamptz[])[width_bucket(r.position, ARRAY[{starts}]::integer[])]"


def check_undo(request: UndoRequest) -> None:
    """List the rows that the undone job applied, each with whether it can be taken back (not yet indexed)."""
    create_rows(request.job_id)
    execute(
        _CHECK.format(
            rows=rows_table(request.job_id),
            undone_rows=rows_table(request.undone),
            job_id=request.job_id,
            undone=request.undone,
            changed_since=BIT["changed_since"],
            found=request.found(rows_table(request.undone), "r.state = 'e'", read_moments(request.undone)),
        )
    )


def undo_chunk(request: UndoRequest, first: int, last: int) -> tuple[int, int]:
    """Take back the rows at positions `first` to `last` in the open transaction. Returns (undone, conflicts)."""
    rows = rows_table(request.job_id)
    scope = f"r.position BETWEEN {first} AND {last} AND r.state = 'e'"
    moments = read_moments(request.undone, first, last)
    if request.only_joined and len(moments) == 1 and moments[0][1]:
        try:
            with transaction.atomic():
                return _remove_unchanged(request, rows, scope, moments[0][1]), 0
        except (_ChangedSinceError, IntegrityError):
            pass  # look row by row; so it is too where foreign keys are checked at once and not when the transaction ends
    lock_members(f"SELECT r.member_key FROM {rows} r WHERE {scope}")
    conflicts = execute(
        f"UPDATE {rows} t SET state = 'c', verdicts = t.verdicts | {BIT['changed_since']}"
        f" FROM ({request.found(rows, scope, moments)}) found WHERE t.line = found.line AND (found.moved OR found.gone)"
    )
    _take_back(request, rows, scope)
    return _count(rows, scope), conflicts


class _ChangedSinceError(Exception):
    """Some row of the chunk does not stand as the batch left it."""


def _remove_unchanged(request: UndoRequest, rows: str, scope: str, moment: str) -> int:
    """Remove what a chunk of joined numbers made, if all of it stands as the batch left it; few statements, and no lock taken apart.

    The memberships go first and in number order, the order in which the batch made them: as everywhere, a membership is locked before its
    subscriptions, so that nobody deadlocks. Whoever puts something on a membership locks it too, so after our removal a remaining
    subscription is one that came before, and is seen here: the chunk's memberships are one range of keys.

    Raises _ChangedSinceError when anything was changed or added since.
    """
    expected, first_key, last_key = fetch(f"SELECT count(*), min(r.member_key), max(r.member_key) FROM {rows} r WHERE {scope}")[0]
    if not expected:
        return 0
    keys = f"BETWEEN {first_key} AND {last_key}"
    with unchecked_references():
        removed = execute(
            f"DELETE FROM members_member m USING {rows} r WHERE {scope} AND m.id = r.member_key AND m.id {keys}"
            f" AND m.updated_at = '{moment}' AND m.left_on IS NULL"
        )
        if removed != expected:
            raise _ChangedSinceError
        execute(
            f"DELETE FROM members_membersubscription s USING {rows} r WHERE {scope} AND s.member_id = r.member_key AND s.member_id {keys}"
            f" AND s.ended_on IS NULL AND s.batch_id = {request.undone} AND s.updated_at = '{moment}'"
        )
    if _has_subscriptions(keys):
        raise _ChangedSinceError
    return removed


def _has_subscriptions(keys: str) -> bool:
    """Whether memberships with keys in the range `keys` have subscriptions; asked of each half of the split index."""
    of_these = f"SELECT FROM members_membersubscription WHERE member_id {keys} AND ended_on IS"
    return bool(fetch(f"SELECT EXISTS ({of_these} NULL) OR EXISTS ({of_these} NOT NULL)")[0][0])


def _count(rows: str, scope: str) -> int:
    return int(fetch(f"SELECT count(*) FROM {rows} r WHERE {scope}")[0][0])


def _take_back(request: UndoRequest, rows: str, scope: str) -> None:
    """Remove, then revive: a revived subscription takes the place of the one removed. Each statement names its half of a split index."""
    with unchecked_references():
        execute(
            f"DELETE FROM members_membersubscription s USING {rows} r"
            f" WHERE {scope} AND s.member_id = r.member_key AND s.ended_on IS NULL AND s.batch_id = {request.undone}"
        )
        execute(
            f"UPDATE members_membersubscription s SET ended_on = NULL, ended_batch_id = NULL, updated_at = now() FROM {rows} r"
            f" WHERE {scope} AND s.member_id = r.member_key AND s.ended_on IS NOT NULL AND s.ended_batch_id = {request.undone}"
        )
        if request.join_bit:
            execute(
                f"DELETE FROM members_member m USING {rows} r WHERE {scope} AND r.todo & {request.join_bit} <> 0 AND m.id = r.member_key"
            )
        if request.leave_bit:
            execute(
                f"UPDATE members_member m SET left_on = NULL, left_batch_id = NULL, updated_at = now() FROM {rows} r"
                f" WHERE {scope} AND r.todo & {request.leave_bit} <> 0 AND m.id = r.member_key"
            )


def applied_rows(job_id: int) -> int:
    """How many rows of job `job_id` were applied."""
    return int(
        fetch("SELECT COALESCE(sum(applied), 0) FROM jobs_jobchunk WHERE job_id = %(job)s AND state = 'done'", {"job": job_id})[0][0]
    )
