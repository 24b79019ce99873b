"""Rows of customers: upserted by code, with duplicates by credit code and name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Final

from django.db.models import QuerySet

from access.models import Action, User
from access.scope import Reach, allowed, scope_of
from common.masking import STARS, mask_account
from customers.attributes import PREFIX, definitions_in_use, merged
from customers.imports import names
from customers.imports.cells import (
    normalised_name,
    read_account,
    read_attribute,
    read_choice,
    read_code,
    read_credit_code,
    read_money,
    read_text,
    read_whole,
    shown,
    spellings,
)
from customers.imports.checking import CellReader, Draft, Options, RowChecker, limits_of, sealed
from customers.imports.findings import CellFault
from customers.imports.tree import FileTree
from customers.models import (
    Customer,
    CustomerLevel,
    CustomerMerge,
    CustomerScale,
    ImportRow,
    ImportState,
    ImportSubject,
    Lifecycle,
    MergeState,
)
from customers.pinyin import initials_of, pinyin_of
from customers.services.scoring import SCORED, scoring_is_on

_ACCOUNT: Final = "bank_account"
_ACCOUNT_CONTEXT: Final = "customers.customer.bank_account"
_OWNERS: Final = ("manager", "org_unit")
_APART: Final = ("code", "parent", "lifecycle", _ACCOUNT, *_OWNERS)
"""Fields with rules of their own."""
_MOST_MONEY_DIGITS: Final = 12
_PRESENT: Final = (
    *("id", "updated_at", "code", "name", "short_name", "pinyin", "pinyin_initials", "credit_code", "industry_id", "scale", "level"),
    *("value_score", "lifecycle", "region_id", "address", "parent_id", "manager_id", "org_unit_id", "bank_name", "credit_limit"),
    *(
        "source",
        "remark",
        "attributes",
        "parent__code",
        "manager__username",
        "manager__name",
        "org_unit__code",
        "org_unit__name_en",
        "org_unit__name_zh",
    ),
)
_REFERENCES: Final = {"industry": "industry_id", "region": "region_id", "manager": "manager_id", "org_unit": "org_unit_id"}


class CustomerRows(RowChecker):
    """Checks rows of customers."""

    subject: ClassVar[str] = ImportSubject.CUSTOMERS.value
    sequence_of: ClassVar[str] = "customers_customer"
    searched_fields: ClassVar[Sequence[str]] = ("code", "name", "credit_code")

    def __init__(self, actor: User, mapping: dict[str, int], options: Options) -> None:
        """Read the dictionaries, and who is in reach."""
        super().__init__(actor, mapping, options)
        self.may_add = allowed(actor, "customers", Action.ADD)
        self.reach = scope_of(actor).reach("customers", Action.ADD)
        self.scored = SCORED if scoring_is_on() else ()
        definitions = definitions_in_use()
        self.attributes = {each.key: each for each in definitions if f"{PREFIX}{each.key}" in mapping}
        self.required = [each.key for each in definitions if each.is_required]
        self.empty |= {f"{PREFIX}{key}": None for key in self.attributes}
        self.readers = self._readers()
        self.tree = FileTree("parent", "parent", _kept_parents)
        self._codes: dict[str, int] = {}
        self._credit_codes: dict[str, int] = {}
        self._names: dict[str, int] = {}
        self._new_units = names.units(actor, Action.ADD)
        self._new_managers = names.managers(actor, Action.ADD)
        moves = not {"manager", "org_unit"}.isdisjoint(mapping)
        self._units = names.units(actor, Action.APPROVE) if moves else self._new_units
        self._managers = names.managers(actor, Action.APPROVE) if moves else self._new_managers
        self._unit_of = dict(User.objects.values_list("pk", "org_unit_id")) if "manager" in mapping else {actor.pk: actor.org_unit_id}

    def _readers(self) -> dict[str, CellReader]:
        limits = limits_of(Customer, "code", "name", "short_name", "address", "bank_name", "source", "remark")
        texts: dict[str, CellReader] = {name: partial(read_text, limit=limit) for name, limit in limits.items() if name != "code"}
        return texts | {
            "code": partial(read_code, limit=limits["code"]),
            "credit_code": read_credit_code,
            "industry": names.industries().find,
            "region": names.regions().find,
            "scale": partial(read_choice, choices=names.choice_names(CustomerScale)),
            "level": partial(read_choice, choices=names.choice_names(CustomerLevel)),
            "lifecycle": partial(read_choice, choices=names.choice_names(Lifecycle)),
            "value_score": partial(read_whole, least=0, most=100),
            "parent": partial(read_code, limit=limits["code"]),
            "manager": str,
            "org_unit": str,
            "bank_account": read_account,
            "credit_limit": partial(read_money, digits=_MOST_MONEY_DIGITS),
            **{f"{PREFIX}{key}": partial(read_attribute, definition=definition) for key, definition in self.attributes.items()},
        }

    def columns_of(self, name: str, value: Any) -> dict[str, Any]:
        """References by key; a name with its pinyin."""
        if name == "name":
            return {"name": value, "pinyin": pinyin_of(value), "pinyin_initials": initials_of(value)}
        return {_REFERENCES.get(name, name): value}

    def made(self, job_id: int) -> dict[str, int]:
        """By their codes."""
        if "parent" not in self.mapping:
            return {}
        created = ImportRow.objects.filter(job=job_id, state=ImportState.CREATED, values__has_key="code")
        return dict(created.values_list("values__code", "line"))

    def judge(self, drafts: Sequence[Draft]) -> None:
        """Look up all that the rows name, then decide row by row."""
        ground = _Ground(self, drafts)
        for draft in drafts:
            code = draft.given.get("code")
            if code is None:
                continue
            if self._stands_above(draft, "code", self._codes, code, "same_code_in_file"):
                continue
            present = ground.by_code.get(code)
            if present is None:
                self._judge_new(draft, ground)
            else:
                self._judge_present(draft, present, ground)

    def _stands_above(self, draft: Draft, name: str, seen: dict[str, int], key: str, finding: str) -> bool:
        line = seen.setdefault(key, draft.line)
        if line != draft.line:
            draft.leave_out(finding, name, line=line)
        return line != draft.line

    # --- new ones

    def _judge_new(self, draft: Draft, ground: _Ground) -> None:
        if not self.may_add:
            draft.find("may_not_add", "code")
        if "name" not in draft.texts:
            draft.find("missing", "name")
        for key in self.required:
            if draft.given.get(f"{PREFIX}{key}") is None and not draft.has_fault(f"{PREFIX}{key}"):
                draft.find("missing", f"{PREFIX}{key}")
        self._refuse_merged(draft, ground)
        self._own_new(draft)
        self._look_for_account_mask(draft, None)
        if draft.findings or self._is_duplicate(draft, ground):
            return
        draft.state = ImportState.CREATED.value
        self.write(draft, [name for name in draft.given if name not in ("parent", _ACCOUNT) and not name.startswith(PREFIX)], None)
        if self.attributes:
            draft.values["attributes"] = merged({}, self._attributes_of(draft))
        if draft.given.get(_ACCOUNT):
            draft.values |= sealed(_ACCOUNT, _ACCOUNT_CONTEXT, draft.given[_ACCOUNT])
        self._hang(draft, None, ground)

    def _refuse_merged(self, draft: Draft, ground: _Ground) -> None:
        """A code of a customer that was merged stays taken, as `ensure_code_is_free` says for one customer."""
        merge = ground.merged.get(draft.given["code"])
        if merge is not None and merge["winner_id"] in ground.seen_keys:
            draft.find("merged_into", "code", code=merge["winner__code"], name=shown(merge["winner__name"]))
        elif merge is not None:
            draft.find("merged_away", "code")

    def _own_new(self, draft: Draft) -> None:
        """Whose the new customer is: by default the importer's, in the unit of its manager."""
        manager = self._named(draft, "manager", self._new_managers)
        unit = self._named(draft, "org_unit", self._new_units)
        if draft.has_fault("manager") or draft.has_fault("org_unit"):
            return
        if manager is None and _reaches_own(self.reach):
            manager = self.actor.pk
        unit = unit or self._unit_of.get(manager or self.actor.pk) or self.actor.org_unit_id
        if unit is None:
            draft.find("missing", "org_unit")
        elif not _reaches(self.reach, manager, unit, self.actor.pk):
            draft.find("out_of_reach", "manager" if "manager" in self.mapping else "")
        draft.given |= {"manager": manager, "org_unit": unit}

    def _named(self, draft: Draft, name: str, known: names.Names) -> int | None:
        text = draft.texts.get(name)
        if not text:
            return None
        try:
            return known.find(text, "owner_unknown")
        except CellFault as fault:
            draft.find(fault.code, name, **fault.figures)
            return None

    def _is_duplicate(self, draft: Draft, ground: _Ground) -> bool:
        credit_code = draft.given.get("credit_code")
        if credit_code:
            if self._stands_above(draft, "credit_code", self._credit_codes, credit_code, "same_credit_code_in_file"):
                return True
            if credit_code in ground.by_credit_code:
                self._tell_credit_code(draft, credit_code, ground)
                draft.state = ImportState.DUPLICATE.value
                return True
        if self.options.takes_namesakes:
            return False
        name = normalised_name(draft.given["name"])
        if name in ground.by_name:
            draft.leave_out("same_name_as", "name", code=ground.by_name[name])
            return True
        return self._stands_above(draft, "name", self._names, name, "same_name_in_file")

    def _tell_credit_code(self, draft: Draft, credit_code: str, ground: _Ground) -> None:
        key, code, name = ground.by_credit_code[credit_code]
        if key in ground.seen_keys:
            draft.find("credit_code_of", "credit_code", code=code, name=shown(name))
        else:
            draft.find("credit_code_taken", "credit_code")

    # --- those that are there

    def _judge_present(self, draft: Draft, present: dict[str, Any], ground: _Ground) -> None:
        draft.target, draft.ground = present["id"], present["updated_at"]
        if present["id"] not in ground.changeable:
            draft.target = draft.ground = None
            draft.find("code_taken", "code")
            return
        self._look_for_account_mask(draft, present)
        self._hand_over(draft, present, ground)
        for name in self.scored:
            if draft.given.pop(name, present[name]) != present[name] and draft.texts.get(name):
                draft.find("scored", name, value=present[name])
        lifecycle = draft.given.get("lifecycle")
        if lifecycle and lifecycle != present["lifecycle"]:
            draft.find("lifecycle_kept", "lifecycle", value=present["lifecycle"])
        credit_code = draft.given.get("credit_code")
        if credit_code and credit_code != present["credit_code"]:
            line = self._credit_codes.setdefault(credit_code, draft.line)
            if line != draft.line:
                draft.find("same_credit_code_in_file", "credit_code", line=line)
            elif ground.by_credit_code.get(credit_code, (present["id"],))[0] != present["id"]:
                self._tell_credit_code(draft, credit_code, ground)
        for key in self.required:
            if draft.given.get(f"{PREFIX}{key}", key) is None:
                draft.find("missing", f"{PREFIX}{key}")
        if draft.findings:
            return
        self.write(draft, [name for name in draft.given if name not in _APART and not name.startswith(PREFIX)], present)
        self._write_attributes(draft, present)
        self.write(draft, _OWNERS, present)
        account = draft.given.get(_ACCOUNT)
        if account is not None and account != present[_ACCOUNT]:
            draft.values |= sealed(_ACCOUNT, _ACCOUNT_CONTEXT, account)
            draft.before |= sealed(_ACCOUNT, _ACCOUNT_CONTEXT, present[_ACCOUNT])
        hangs = self._hang(draft, present, ground)
        draft.state = (ImportState.UPDATED if draft.values or hangs else ImportState.UNCHANGED).value

    def _attributes_of(self, draft: Draft) -> dict[str, Any]:
        return {key: draft.given[f"{PREFIX}{key}"] for key in self.attributes if f"{PREFIX}{key}" in draft.given}

    def _write_attributes(self, draft: Draft, present: dict[str, Any]) -> None:
        now, after = present["attributes"], merged(present["attributes"], self._attributes_of(draft))
        if now != after:
            draft.values["attributes"], draft.before["attributes"] = after, now

    def _hand_over(self, draft: Draft, present: dict[str, Any], ground: _Ground) -> None:
        """What the owner's cells mean: nothing where they name the present one, else a hand-over, which takes a right of its own."""
        draft.given = {name: value for name, value in draft.given.items() if name not in _OWNERS}
        names_now = {
            "manager": (present["manager__username"], present["manager__name"]),
            "org_unit": (present["org_unit__code"], present["org_unit__name_en"], present["org_unit__name_zh"]),
        }
        for name, known in (("manager", self._managers), ("org_unit", self._units)):
            text = draft.texts.get(name)
            if not text or names.is_named(text, *names_now[name]):
                continue
            if present["id"] not in ground.approvable:
                draft.find("owner_kept", name)
                continue
            key = self._named(draft, name, known)
            if key is not None:
                draft.given[name] = key

    def _look_for_account_mask(self, draft: Draft, present: dict[str, Any] | None) -> None:
        """A masked account that is the present one's mask leaves it as it is: so exported and masked files can come back."""
        text = draft.texts.get(_ACCOUNT, "")
        if present is not None and STARS in text and "".join(text.split()) == "".join(mask_account(present[_ACCOUNT]).split()):
            draft.findings = [finding for finding in draft.findings if finding[1] != _ACCOUNT]

    def _hang(self, draft: Draft, present: dict[str, Any] | None, ground: _Ground) -> bool:
        """Put the row below its parent: one that is there at once, one of the file at the end. Returns whether that is left to do."""
        if "parent" not in draft.given:
            return False
        code, before = draft.given["parent"], present["parent_id"] if present else None
        if code is None:
            if before is not None:
                draft.values["parent_id"], draft.before["parent_id"] = None, before
            return False
        if present is not None and present["parent__code"] == code:
            return False
        key = ground.parents.get(code)
        self.tree.hang(draft.line, draft.given["code"], code, typed=code if key is None else None)
        if present is not None:
            draft.before["parent_id"] = before
        if key is not None:
            draft.values["parent_id"] = key
        return key is None


def _kept_parents(codes: set[str]) -> QuerySet[Customer, tuple[str, str]]:
    return Customer._base_manager.filter(code__in=codes).exclude(parent=None).values_list("code", "parent__code")


def _reaches_own(reach: Reach) -> bool:
    return reach.own


def _reaches(reach: Reach, manager: int | None, unit: int, actor: int) -> bool:
    return (
        reach.everything
        or (reach.own and manager == actor)
        or unit in reach.unit_ids
        or (manager is not None and manager in reach.lender_ids)
    )


class _Ground:
    """What the tables hold of all that a block of rows names; a fixed number of queries."""

    def __init__(self, checker: CustomerRows, drafts: Sequence[Draft]) -> None:
        actor, mapping = checker.actor, checker.mapping
        columns = [*_PRESENT, *([_ACCOUNT] if _ACCOUNT in mapping else [])]
        # Codes are unique among all customers, so those out of reach are looked up too; nothing but "taken" is told of them.
        everybody = Customer._base_manager
        codes = _given(drafts, "code")
        self.by_code = {row["code"]: row for row in everybody.filter(code__in=codes).values(*columns)}
        keys = [row["id"] for row in self.by_code.values()]
        self.changeable = _keys_of(Customer.objects.visible_to(actor, Action.CHANGE).filter(pk__in=keys))
        owned = not {"manager", "org_unit"}.isdisjoint(mapping)
        self.approvable = _keys_of(Customer.objects.visible_to(actor, Action.APPROVE).filter(pk__in=keys)) if owned else set()
        credit_codes = _given(drafts, "credit_code")
        found = everybody.filter(credit_code__in=credit_codes).exclude(credit_code="") if credit_codes else everybody.none()
        self.by_credit_code = {
            credit: (key, code, name) for credit, key, code, name in found.values_list("credit_code", "pk", "code", "name")
        }
        gone = CustomerMerge.objects.filter(loser_code__in=codes, state=MergeState.DONE)
        self.merged = {row["loser_code"]: row for row in gone.values("loser_code", "winner_id", "winner__code", "winner__name")}
        holders = [key for key, _code, _name in self.by_credit_code.values()] + [row["winner_id"] for row in self.merged.values()]
        self.seen_keys = _keys_of(Customer.objects.visible_to(actor).filter(pk__in=holders))
        parents = _given(drafts, "parent")
        reachable = Customer.objects.visible_to(actor)
        self.parents = dict(reachable.filter(code__in=parents).values_list("code", "pk")) if parents else {}
        self.by_name = {} if checker.options.takes_namesakes else self._names(actor, drafts)

    def _names(self, actor: User, drafts: Sequence[Draft]) -> dict[str, str]:
        new = {draft.given["name"] for draft in drafts if draft.given.get("name") and draft.given.get("code") not in self.by_code}
        spelled = {spelling for name in new for spelling in spellings(pinyin_of(name))}
        found = Customer.objects.visible_to(actor).filter(pinyin__in=spelled) if spelled else Customer.objects.none()
        return {normalised_name(name): code for name, code in found.values_list("name", "code")}


def _given(drafts: Sequence[Draft], name: str) -> list[str]:
    return sorted({draft.given[name] for draft in drafts if draft.given.get(name)})


def _keys_of(customers: Any) -> set[int]:
    return set(customers.values_list("pk", flat=True))
