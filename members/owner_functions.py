"""Who may call the owner functions of batches, and what the roles may do to the tables that those make."""

from __future__ import annotations

from common.database_roles import WEB, WORKER, register_owner_function, register_partitions

# Making, filling and indexing a batch's table is the worker's alone; a page that has a batch checked anew drops its old rows.
_CALLERS = {
    "members_create_stage": (WORKER,),
    "members_analyze_stage": (WORKER,),
    "members_drop_stage": (WORKER,),
    "members_create_rows": (WORKER,),
    "members_complete_rows": (WORKER,),
    "members_drop_rows": (WEB, WORKER),
}


def register_owner_functions() -> None:
    """Tell the database's grants about this app's functions and partitions."""
    for name, roles in _CALLERS.items():
        register_owner_function(f"{name}(bigint)", *roles)
    register_partitions("members_batchrow", {WEB: frozenset({"SELECT"}), WORKER: frozenset({"SELECT", "UPDATE"})})
