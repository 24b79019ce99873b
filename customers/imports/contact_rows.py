"""Rows of contact persons: upserted by customer, name and phone.

A person is sought at the customer by name. Of those with that name it is the one with the row's phone; else, where the row or the only
such person has no phone, that person. A person of that name with another phone may be a namesake or may have a new phone: nobody but a
human can tell, so the row is left out as a duplicate, unless namesakes were asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from typing import ClassVar, Final

from access.models import Action, User
from access.reveals import masked_text
from access.scope import allowed
from common.masking import STARS
from customers.imports import names
from customers.imports.cells import (
    normalised_name,
    read_birthday,
    read_choice,
    read_email,
    read_id_number,
    read_phone,
    read_text,
    read_yes_no,
    shown,
    spellings,
    tidy,
)
from customers.imports.checking import CellReader, Draft, Options, RowChecker, limits_of, sealed
from customers.imports.fields import SECRET
from customers.imports.findings import CellFault
from customers.imports.tree import FileTree
from customers.models import (
    Attitude,
    CertificateType,
    ContactPerson,
    ContactRole,
    Customer,
    CustomerMerge,
    ImportState,
    ImportSubject,
    Influence,
    MergeState,
)
from customers.pinyin import pinyin_of

_ID: Final = "id_number"
_ID_CONTEXT: Final = "customers.contactperson.id_number"
_COMPARED: Final = ("customer", "name", "phone", "id_type", "reports_to", "updated_at")
"""What is read of each person of a customer, beside the fields of the file."""
_APART: Final = ("customer", "name", _ID, "id_type", "reports_to")


class ContactRows(RowChecker):
    """Checks rows of contact persons."""

    subject: ClassVar[str] = ImportSubject.CONTACT_PEOPLE.value
    sequence_of: ClassVar[str] = "customers_contactperson"
    searched_fields: ClassVar[Sequence[str]] = ("customer", "name", "title")

    def __init__(self, actor: User, mapping: dict[str, int], options: Options) -> None:
        """Prepare the readers of cells."""
        super().__init__(actor, mapping, options)
        self.may_change = allowed(actor, "customers", Action.CHANGE)
        limits = limits_of(ContactPerson, "name", "title", "preferences", "email")
        self.readers: dict[str, CellReader] = {name: partial(read_text, limit=limit) for name, limit in limits.items() if name != "email"}
        self.readers |= {
            "customer": str,
            "role": partial(read_choice, choices=names.choice_names(ContactRole)),
            "phone": read_phone,
            "email": partial(read_email, limit=limits["email"]),
            "id_type": partial(read_choice, choices=names.choice_names(CertificateType)),
            "id_number": str,
            "birthday": read_birthday,
            "attitude": partial(read_choice, choices=names.choice_names(Attitude)),
            "influence": partial(read_choice, choices=names.choice_names(Influence)),
            "is_key_person": read_yes_no,
            "do_not_contact": read_yes_no,
            "reports_to": partial(read_text, limit=limits["name"]),
        }
        self.tree = FileTree("reports_to", "superior", _kept_superiors)
        self._made: dict[str, int] = {}
        self._people: dict[tuple[int, str], dict[str, int]] = defaultdict(dict)
        self._targets: dict[int, int] = {}

    def judge(self, drafts: Sequence[Draft]) -> None:
        """Look up the customers and their people, then decide row by row."""
        ground = _Ground(self, drafts)
        for draft in drafts:
            customer = self._customer(draft, ground)
            if customer is None or "name" not in draft.given:
                continue
            namesakes = ground.people[customer, normalised_name(draft.given["name"])]
            present = _meant(draft, namesakes)
            self._keep_masked(draft, present)
            self._read_id(draft, present)
            superior = self._superior(draft, ground.people[customer, normalised_name(draft.given.get("reports_to") or "")], present)
            if draft.findings:
                continue
            if present is None and namesakes and not self.options.takes_namesakes:
                draft.leave_out("namesake", "name")
            elif not self._stands_above(draft, customer, present):
                if present is None:
                    self._judge_new(draft, customer, superior)
                else:
                    self._judge_present(draft, present, superior)

    def made(self, job_id: int) -> dict[str, int]:  # noqa: ARG002  # names do not stand in the rows as they are compared
        """By customer and name; where the file makes several of a name, nobody can tell whom others report to."""
        return {name: line for name, line in self._made.items() if line}

    def _customer(self, draft: Draft, ground: _Ground) -> int | None:
        text = draft.texts.get("customer")
        if not text:
            return None
        found = ground.by_code.get(text.upper()) or ground.by_name.get(normalised_name(text))
        if found is None:
            draft.find("customer_unknown", "customer", value=shown(text))
        elif found < 0:
            draft.find("customer_ambiguous", "customer", value=shown(text))
        else:
            return found
        return None

    def _keep_masked(self, draft: Draft, present: ContactPerson | None) -> None:
        """A cell that is the mask of the present value leaves it as it is: so exported and masked files can come back."""
        for name in SECRET & draft.texts.keys():
            if present is not None and STARS in draft.texts[name] and tidy(masked_text(present, name)) == draft.texts[name]:
                draft.findings = [finding for finding in draft.findings if finding[1] != name]
                draft.given.pop(name, None)

    def _read_id(self, draft: Draft, present: ContactPerson | None) -> None:
        """The certificate's number by its kind, which the row or the present person says."""
        number = draft.given.pop(_ID, None)
        kind = draft.given.pop("id_type", None)
        if number is None and kind is None:
            return
        known = kind or (present.id_type if present else "")
        try:
            draft.given[_ID], draft.given["id_type"] = read_id_number(number, known) if number else (number, kind)
        except CellFault as fault:
            draft.find(fault.code, _ID, **fault.figures)

    def _stands_above(self, draft: Draft, customer: int, present: ContactPerson | None) -> bool:
        """Whether the file has this person already: with the same phone, or where either row has none."""
        seen = self._people[customer, normalised_name(draft.given["name"])]
        phone = draft.given.get("phone") or ""
        line = seen.get(phone)
        if line is None and seen and not (phone and self.options.takes_namesakes):
            line = next(iter(seen.values())) if not phone or "" in seen or present is None else None
        if line is None and present is not None:
            line = self._targets.get(present.pk)
        if line is not None:
            draft.leave_out("same_person_in_file", "name", line=line)
            return True
        seen[phone] = draft.line
        if present is not None:
            self._targets[present.pk] = draft.line
        return False

    def _superior(self, draft: Draft, namesakes: Sequence[ContactPerson], present: ContactPerson | None) -> ContactPerson | None:
        """Whom of those who are there the person reports to; None where it is nobody, or somebody of the file."""
        others = [one for one in namesakes if one != present]
        if len(others) > 1:
            draft.find("superior_unknown", "reports_to", value=shown(draft.texts["reports_to"]))
        return others[0] if others else None

    def _hang(self, draft: Draft, customer: int, present: ContactPerson | None, superior: ContactPerson | None) -> bool:
        """Put the person below the one above: one who is there at once, one of the file at the end. Returns whether that is left to do."""
        own = str(present.pk) if present else _node(customer, draft.given["name"])
        if present is None:
            self._made[own] = 0 if own in self._made else draft.line
        if "reports_to" not in draft.given:
            return False
        name, before = draft.given["reports_to"], present.reports_to_id if present else None
        key = superior.pk if superior else None
        if (not name or key is not None) and key == before:
            return False
        if name:
            self.tree.hang(draft.line, own, str(key) if key else _node(customer, name), typed=None if key else name)
        if present is not None:
            draft.before["reports_to_id"] = before
        if key is not None or not name:
            draft.values["reports_to_id"] = key
        return key is None and bool(name)

    def _judge_new(self, draft: Draft, customer: int, superior: ContactPerson | None) -> None:
        draft.state = ImportState.CREATED.value
        self.write(draft, [name for name in draft.given if name not in ("customer", _ID, "id_type", "reports_to")], None)
        draft.values["customer_id"] = customer
        self._hang(draft, customer, None, superior)
        if draft.given.get(_ID):
            draft.values |= {"id_type": draft.given["id_type"], **sealed(_ID, _ID_CONTEXT, draft.given[_ID])}

    def _judge_present(self, draft: Draft, present: ContactPerson, superior: ContactPerson | None) -> None:
        draft.target, draft.ground = present.pk, present.updated_at
        unread = present.get_deferred_fields()
        columns = {name: getattr(present, name) for field in ContactPerson._meta.concrete_fields if (name := field.attname) not in unread}
        self.write(draft, [name for name in draft.given if name not in _APART], columns)
        number, kind = draft.given.get(_ID), draft.given.get("id_type")
        if kind is not None and kind != present.id_type:
            draft.values["id_type"], draft.before["id_type"] = kind, present.id_type
        if number is not None and number != present.id_number:
            draft.values |= sealed(_ID, _ID_CONTEXT, number)
            draft.before |= sealed(_ID, _ID_CONTEXT, present.id_number)
        is_left = self._hang(draft, present.customer_id, present, superior)
        draft.state = (ImportState.UPDATED if draft.values or is_left else ImportState.UNCHANGED).value


def _node(customer: int, name: str) -> str:
    """What tells a person whom the file makes from all others."""
    return f"{customer}/{normalised_name(name)}"


def _kept_superiors(nodes: set[str]) -> Iterator[tuple[str, str]]:
    keys = [int(node) for node in nodes if node.isdigit()]
    people = ContactPerson._base_manager.filter(pk__in=keys).exclude(reports_to=None)
    return ((str(key), str(above)) for key, above in people.values_list("pk", "reports_to"))


def _meant(draft: Draft, namesakes: Sequence[ContactPerson]) -> ContactPerson | None:
    """Which of the people of this name the row means; None where it is none or cannot be told."""
    phone = draft.given.get("phone")
    if phone:
        for person in namesakes:
            if person.phone == phone:
                return person
    masked = STARS in draft.texts.get("phone", "")
    if masked:
        alike = [person for person in namesakes if tidy(masked_text(person, "phone")) == draft.texts["phone"]]
        return alike[0] if len(alike) == 1 else None
    if len(namesakes) == 1 and (not phone or not namesakes[0].phone):
        return namesakes[0]
    return None


class _Ground:
    """The customers that a block of rows names, among those that the importer may change, and the people there of the rows' names."""

    def __init__(self, checker: ContactRows, drafts: Sequence[Draft]) -> None:
        texts = {draft.texts["customer"] for draft in drafts if "customer" in draft.texts}
        reachable = Customer.objects.visible_to(checker.actor, Action.CHANGE) if checker.may_change else Customer.objects.none()
        codes = [text.upper() for text in texts]
        self.by_code = dict(reachable.filter(code__in=codes).values_list("code", "pk"))
        if gone := set(codes) - set(self.by_code):  # the code of one that was merged leads to the one that it went into
            merges = CustomerMerge.objects.filter(loser_code__in=gone, state=MergeState.DONE, winner__in=reachable.order_by().values("pk"))
            self.by_code |= dict(merges.values_list("loser_code", "winner"))
        named = {text for text in texts if text.upper() not in self.by_code}
        spelled = {spelling for name in named for spelling in spellings(pinyin_of(name))}
        self.by_name: dict[str, int] = {}
        if spelled:
            for key, name in reachable.filter(pinyin__in=spelled).values_list("pk", "name"):
                kept = self.by_name.setdefault(normalised_name(name), key)
                self.by_name[normalised_name(name)] = key if kept == key else -1
        self.people: dict[tuple[int, str], list[ContactPerson]] = defaultdict(list)
        keys = sorted({*self.by_code.values(), *self.by_name.values()} - {-1})
        reached = ContactPerson.objects.visible_to(checker.actor, Action.CHANGE).filter(customer__in=keys)
        people = reached.order_by("pk").only(*_COMPARED, *checker.mapping)
        for person in people if keys else ():
            self.people[person.customer_id, normalised_name(person.name)].append(person)
