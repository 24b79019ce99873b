"""Taking back what a batch did: what it made is removed, what it ended lives again, and what was changed since is left alone."""

from __future__ import annotations

from dataclasses import dataclass

from members.bulk.rows import rows_table
from members.bulk.statements import execute, fetch, unchecked_references
from members.verdict_codes import BIT

_GONE = "m.id IS NULL AND r.todo & {join_bit} <> 0"

# A row may be undone only when the membership and every subscription that the batch touched stand as it left them, and nothing came on top.
_MOVED = """
    (r.todo & {join_bit} <> 0 AND EXISTS (
        SELECT FROM members_membersubscription s WHERE s.member_id = r.member_key AND s.batch_id IS DISTINCT FROM {undone}))
    OR (r.todo & {member_bits} <> 0 AND m.updated_at IS DISTINCT FROM {stamp})
    OR (r.todo & {leave_bit} <> 0 AND EXISTS (
        SELECT FROM members_member o WHERE o.msisdn = r.msisdn AND o.left_on IS NULL AND o.id <> r.member_key))
    OR (m.left_on IS NOT NULL AND r.todo & {leave_bit} = 0)
    OR EXISTS (
        SELECT FROM members_membersubscription s WHERE s.member_id = r.member_key
            AND (s.batch_id = {undone} OR s.ended_batch_id = {undone}) AND s.updated_at <> {stamp})
    OR EXISTS (
        SELECT FROM members_membersubscription s JOIN members_membersubscription o
            ON o.member_id = s.member_id AND o.product_id = s.product_id AND o.ended_on IS NULL AND o.batch_id IS DISTINCT FROM {undone}
        WHERE s.member_id = r.member_key AND s.ended_batch_id = {undone})
"""

_CHECK = """
CREATE TABLE {rows} AS
SELECT {job_id}::bigint AS job_id, line, position,
    (CASE WHEN gone THEN 's' WHEN moved THEN 'f' ELSE 'e' END)::varchar(1) COLLATE "C" AS state,
    (CASE WHEN moved AND NOT gone THEN {changed_since} ELSE 0 END)::bigint AS verdicts,
    todo, msisdn, kind, NULL::integer AS duplicate_of, member_key,
    ground, holder_name, employee_no, department, short_number, effective_on, expires_on, tariff_code, offer_code, raw
FROM (
    SELECT r.*, {gone} AS gone, COALESCE({moved}, TRUE) AS moved
    FROM {undone_rows} r
    JOIN jobs_jobchunk c ON c.job_id = {undone} AND c.state = 'done' AND r.position BETWEEN c.first AND c.last
    LEFT JOIN members_member m ON m.id = r.member_key
    WHERE r.state = 'e'
    OFFSET 0
) checked
"""


@dataclass(frozen=True, slots=True)
class UndoRequest:
    """Job `job_id` undoes job `undone`; the bits are those of the undone job's actions in `BatchRow.todo` (0: it has no such action)."""

    job_id: int
    undone: int
    join_bit: int
    leave_bit: int

    def moved(self, stamp: str) -> str:
        """The condition over `r` and its membership `m` that something changed since the moment `stamp`."""
        return _MOVED.format(
            undone=self.undone, join_bit=self.join_bit, leave_bit=self.leave_bit, member_bits=self.join_bit | self.leave_bit, stamp=stamp
        )


def check_undo(request: UndoRequest) -> None:
    """List the rows that the undone job applied, each with whether it can be taken back (not yet indexed)."""
    execute(
        _CHECK.format(
            rows=rows_table(request.job_id),
            undone_rows=rows_table(request.undone),
            job_id=request.job_id,
            undone=request.undone,
            changed_since=BIT["changed_since"],
            gone=_GONE.format(join_bit=request.join_bit),
            moved=request.moved("c.applied_at"),
        )
    )


def undo_chunk(request: UndoRequest, first: int, last: int) -> tuple[int, int]:
    """Take back the rows at positions `first` to `last` in the open transaction. Returns (undone, conflicts)."""
    rows = rows_table(request.job_id)
    scope = f"r.position BETWEEN {first} AND {last} AND r.state = 'e'"
    execute(f"SELECT 1 FROM members_member m WHERE m.id IN (SELECT r.member_key FROM {rows} r WHERE {scope}) ORDER BY m.msisdn FOR UPDATE")
    conflicts = execute(
        f"""
        UPDATE {rows} t SET state = 'c', verdicts = t.verdicts | {BIT["changed_since"]}
        FROM (
            SELECT r.line FROM {rows} r
            JOIN jobs_jobchunk c ON c.job_id = {request.undone} AND c.state = 'done' AND r.position BETWEEN c.first AND c.last
            LEFT JOIN members_member m ON m.id = r.member_key
            WHERE {scope} AND COALESCE({request.moved("c.applied_at")}, TRUE)
        ) moved WHERE t.line = moved.line
        """
    )
    _take_back(request, rows, scope)
    return int(fetch(f"SELECT count(*) FROM {rows} r WHERE {scope}")[0][0]), conflicts


def _take_back(request: UndoRequest, rows: str, scope: str) -> None:
    with unchecked_references():
        execute(
            f"DELETE FROM members_membersubscription s USING {rows} r"
            f" WHERE {scope} AND s.member_id = r.member_key AND s.batch_id = {request.undone}"
        )
        execute(
            f"UPDATE members_membersubscription s SET ended_on = NULL, ended_batch_id = NULL, updated_at = now() FROM {rows} r"
            f" WHERE {scope} AND s.member_id = r.member_key AND s.ended_batch_id = {request.undone}"
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
