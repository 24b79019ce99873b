"""What becomes of everything that refers to a customer when it is merged into another.

Each app says it for its own tables, in `AppConfig.ready`; a test fails where a foreign key to customers has no rule. Most rows move. Those
of which the winner has the like, and what only explains the loser, such as its scores, are put aside whole and come back with an undo.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.db import models


@dataclass(frozen=True, slots=True)
class Clash:
    """Rows that keep two customers from being merged.

    Attributes:
        reason: what to tell, with a place `%(count)s` for how many there are.
        count: SQL for that number, with the parameters `winner` and `loser`.
    """

    reason: str | Promise
    count: str


@dataclass(frozen=True, slots=True)
class MergeRule:
    """What becomes of the rows that refer to the loser by one column.

    Attributes:
        model: the model's label, such as "members.Member".
        column: the column with the customer's key.
        moves: whether they move to the winner; else all of them are put aside.
        once: columns that with the customer are unique; rows of which the winner has the like are put aside.
        aside: SQL for more rows `t` that are put aside, with the parameters `winner` and `loser`.
        where: SQL that narrows the rows `t`, where the column may hold other keys too.
        also: more that a row takes from the winner `w` when it moves, as SQL.
        back: SQL for the moved rows `t` that an undo may take back, beside that they are the winner's still and, where the table says
            it, were not changed since `moment`; the parameter `now` is the moment of the undo.
        though_changed: whether rows go back although they were changed since: only the column counts, and what `back` says. So where much
            else is written to a row by the way, and where rows go with others.
        clashes: what keeps the customers apart.
    """

    model: str
    column: str
    moves: bool = True
    once: tuple[str, ...] = ()
    aside: str = ""
    where: str = ""
    also: tuple[str, ...] = ()
    back: str = ""
    though_changed: bool = False
    clashes: tuple[Clash, ...] = ()

    @property
    def table(self) -> str:
        """The table."""
        return str(self.model_class._meta.db_table)

    @property
    def model_class(self) -> type[models.Model]:
        """The model."""
        return apps.get_model(self.model)

    @property
    def key(self) -> str:
        """The column of the primary key."""
        primary: Any = self.model_class._meta.pk
        return str(primary.column)

    @property
    def keeps_moment(self) -> bool:
        """Whether rows say when they were changed."""
        return any(field.name == "updated_at" for field in self.model_class._meta.fields)

    @property
    def label(self) -> str:
        """What the rows are called."""
        if self.model == "customers.Customer":
            return str(_("subsidiaries"))
        return str(self.model_class._meta.verbose_name_plural)


_rules: Final[list[MergeRule]] = []


def register_rules(*rules: MergeRule) -> None:
    """Say what becomes of rows; called in `AppConfig.ready`, the rows that others hang from first."""
    known = {(rule.model, rule.column) for rule in _rules}
    _rules.extend(rule for rule in rules if (rule.model, rule.column) not in known)


def rules() -> list[MergeRule]:
    """All rules, in the order in which rows are moved; an undo goes the other way."""
    return list(_rules)


_UNDER_WAY: Final = """
SELECT count(*) FROM jobs_job WHERE customer_key IN (%(winner)s, %(loser)s) AND kind <> 'customer_merge'
    AND status NOT IN ('done', 'done_with_errors', 'failed', 'cancelled', 'undone')
"""
_HANDED_OVER: Final = """
SELECT count(*) FROM customers_handoveritem item JOIN customers_handover hand_over ON hand_over.id = item.hand_over_id
WHERE item.customer_id = %(loser)s AND hand_over.state IN ('draft', 'approval', 'offered', 'accepted')
"""
_BELOW: Final = """
WITH RECURSIVE above AS (
    SELECT parent_id FROM customers_customer WHERE id = %(winner)s
    UNION SELECT customer.parent_id FROM customers_customer customer JOIN above ON customer.id = above.parent_id
) SELECT count(*) FROM above WHERE parent_id = %(loser)s
"""


def register_own_rules() -> None:
    """The rules of this app, and of those below it that keep the keys of customers."""
    kept = ("LifecycleChange", "LifecycleProposal", "OwnershipChange", "CustomerScore", "LevelOverride")
    register_rules(
        MergeRule(
            "customers.Customer",
            "parent_id",
            though_changed=True,
            clashes=(Clash(_("The customer that would stay lies below the other one. Merge the other way round."), _BELOW),),
        ),
        MergeRule("customers.ContactPerson", "customer_id"),
        MergeRule("customers.CustomerTag", "customer_id", once=("tag_id",)),
        MergeRule("customers.CustomerRelation", "customer_id", once=("other_id", "kind_id"), aside="t.other_id = %(winner)s"),
        MergeRule("customers.CustomerRelation", "other_id", once=("customer_id", "kind_id"), aside="t.customer_id = %(winner)s"),
        # Whom the loser was shared with is not shown the winner by that: sharing takes a right of its own, and is told and recorded.
        MergeRule("customers.CustomerUserObjectPermission", "content_object_id", moves=False),
        MergeRule("customers.CustomerGroupObjectPermission", "content_object_id", moves=False),
        *(MergeRule(f"customers.{name}", "customer_id", moves=False) for name in kept),
        MergeRule(
            "customers.HandOverItem",
            "customer_id",
            once=("hand_over_id",),
            clashes=(Clash(_("The customer that would go is part of a hand-over that is not over yet."), _HANDED_OVER),),
        ),
        MergeRule("customers.DuplicatePair", "first_id", moves=False),
        MergeRule("customers.DuplicatePair", "second_id", moves=False),
        MergeRule("customers.CustomerMerge", "winner_id"),
        MergeRule(
            "jobs.Job",
            "customer_key",
            also=("manager_id = w.manager_id", "org_unit_id = w.org_unit_id"),
            though_changed=True,
            clashes=(Clash(_("%(count)s jobs of these customers are not finished. Finish or discard them first."), _UNDER_WAY),),
        ),
        # A to-do that was put off or done meanwhile is still about the customer that it was made for.
        MergeRule("workflow.Task", "subject_key", where="t.subject_kind = 'customers.customer'", though_changed=True),
    )
