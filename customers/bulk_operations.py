"""What can be done to many customers or contact persons at once."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.choices import staff_in_reach, units_in_reach
from access.models import Action, OrgUnit, User
from common.lists.bulk import BulkOperation, EditableField, FieldEdit, Given
from customers.models import CustomerTag, Tag
from customers.services.reassigning import Present, differently_owned, reassign_customers
from customers.services.scoring import scoring_is_on
from customers.services.tags import add_tag, put_back_tag, remove_tag


class EditCustomers(FieldEdit):
    """Give many customers the same value of a field."""

    label = gettext_lazy("Edit")
    fields: ClassVar[Sequence[str | EditableField]] = (
        *("level", "industry", "region", "scale", "source"),
        EditableField("remark", appends=True),
    )

    def offered(self) -> dict[str, EditableField]:
        """Without the level, where that follows from rules."""
        fields = super().offered()
        if scoring_is_on():
            del fields["level"]
        return fields


class EditContactPeople(FieldEdit):
    """Give many contact persons the same value of a field."""

    label = gettext_lazy("Edit")
    fields: ClassVar[Sequence[str | EditableField]] = ("role", "attitude", "influence", "is_key_person", "do_not_contact", "title")


# --- handing over ----------------------------------------------------------------------------------------------------------------------


class AssignManyForm(forms.Form):
    """To whom customers are handed, and why."""

    manager = forms.ModelChoiceField(
        label=gettext_lazy("Account manager"), queryset=User.objects.none(), required=False, empty_label=gettext_lazy("stays as it is")
    )
    nobody = forms.BooleanField(label=gettext_lazy("No account manager any more"), required=False)
    org_unit = forms.ModelChoiceField(
        label=gettext_lazy("Org unit"), queryset=OrgUnit.objects.none(), required=False, empty_label=gettext_lazy("stays as it is")
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def __init__(self, data: Any = None, *, people: QuerySet[User], units: QuerySet[OrgUnit]) -> None:
        super().__init__(data)
        manager, org_unit = self.fields["manager"], self.fields["org_unit"]
        assert isinstance(manager, forms.ModelChoiceField)
        assert isinstance(org_unit, forms.ModelChoiceField)
        manager.queryset, org_unit.queryset = people, units

    def clean(self) -> dict[str, Any]:
        """Something has to change."""
        given = super().clean() or {}
        if given.get("manager") and given.get("nobody"):
            raise ValidationError(_("Name an account manager or take the present one away, not both."))
        if not self.errors and not (given.get("manager") or given.get("nobody") or given.get("org_unit")):
            raise ValidationError(_("Name an account manager or an org unit."))
        return given


class AssignCustomers(BulkOperation):
    """Hand many customers to another account manager or unit."""

    key = "assign"
    label = gettext_lazy("Hand over")
    icon = "arrows-exchange"
    action = Action.APPROVE

    def form(self, data: Any = None, initial: Given | None = None) -> forms.Form:  # noqa: ARG002
        """To whom, and why."""
        people = staff_in_reach(self.user, "customers", Action.APPROVE)
        return AssignManyForm(data, people=people, units=units_in_reach(self.user, "customers", Action.APPROVE))

    def form_of_done(self, data: Any) -> forms.Form:
        """The same, even where that person has left since: the way back leads to those before."""
        return AssignManyForm(data, people=User.objects.all(), units=OrgUnit.objects.all())

    def title(self, given: Given) -> str:
        """The new owner."""
        return f"{self.label}: {self._owner(given, '…', '…')}"

    def columns(self, given: Given) -> Sequence[str]:  # noqa: ARG002
        """Both parts of the ownership."""
        return ("manager_id", "org_unit_id")

    def differing(self, rows: QuerySet[Any], given: Given) -> QuerySet[Any]:
        """Customers that are with somebody else."""
        return rows.filter(differently_owned(*_new_owner(given)))

    def old(self, row: Any, given: Given) -> str:  # noqa: ARG002
        """The present owner."""
        return f"{row.manager or '—'} · {row.org_unit}"

    def new(self, row: Any, given: Given) -> str:
        """The owner to be."""
        return self._owner(given, str(row.manager or "—"), str(row.org_unit))

    @staticmethod
    def _owner(given: Given, manager: str, unit: str) -> str:
        person = "—" if given["nobody"] else str(given["manager"] or manager)
        return f"{person} · {given['org_unit'] or unit}"

    def apply(self, rows: QuerySet[Any], given: Given, moment: datetime.datetime) -> None:
        """By the service of handing over."""
        manager, org_unit = _new_owner(given)
        reassign_customers(customers=rows, actor=self.user, manager=manager, org_unit=org_unit, reason=given["reason"], moment=moment)

    def restore(self, rows: QuerySet[Any], given: Given, before: Mapping[int, Mapping[str, Any]], moment: datetime.datetime) -> bool:
        """Hand them back, owner by owner."""
        owners: dict[tuple[int | None, int], list[int]] = {}
        for key, was in before.items():
            owners.setdefault((was["manager_id"], was["org_unit_id"]), []).append(key)
        people = User.objects.in_bulk([manager for manager, _unit in owners if manager is not None])
        units = OrgUnit.objects.in_bulk([unit for _manager, unit in owners])
        for (manager, unit), keys in owners.items():
            reassign_customers(
                customers=rows.filter(pk__in=keys),
                actor=self.user,
                manager=people[manager] if manager is not None else None,
                org_unit=units[unit],
                reason=_("Taken back: %(reason)s") % {"reason": given["reason"]},
                moment=moment,
            )
        return True


def _new_owner(given: Given) -> tuple[User | Present | None, OrgUnit | Present]:
    manager = None if given["nobody"] else given["manager"] or Present.KEPT
    return manager, given["org_unit"] or Present.KEPT


# --- tags ------------------------------------------------------------------------------------------------------------------------------


class TagForm(forms.Form):
    """Which tag."""

    tag = forms.ModelChoiceField(label=gettext_lazy("Tag"), queryset=Tag.objects.none(), empty_label=gettext_lazy("Choose…"))

    def __init__(self, data: Any = None, *, tags: QuerySet[Tag]) -> None:
        super().__init__(data)
        tag = self.fields["tag"]
        assert isinstance(tag, forms.ModelChoiceField)
        tag.queryset = tags


class AddTag(BulkOperation):
    """Put a tag on many customers."""

    key = "tag"
    label = gettext_lazy("Add a tag")
    icon = "tag"
    _adds = True

    def form(self, data: Any = None, initial: Given | None = None) -> forms.Form:  # noqa: ARG002
        """Which."""
        return TagForm(data, tags=Tag.objects.filter(is_active=True) if self._adds else Tag.objects.all())

    def form_of_done(self, data: Any) -> forms.Form:
        """Which, even where it was taken out of use since."""
        return TagForm(data, tags=Tag.objects.all())

    def title(self, given: Given) -> str:
        """The tag."""
        return f"{self.label}: {given['tag']}"

    def differing(self, rows: QuerySet[Any], given: Given) -> QuerySet[Any]:
        """Customers without the tag, or where it is taken off with it."""
        carried = Exists(CustomerTag.objects.filter(customer=OuterRef("pk"), tag=given["tag"]))
        return rows.filter(~Q(carried) if self._adds else Q(carried))

    def old(self, row: Any, given: Given) -> str:  # noqa: ARG002
        """Nothing, or the tag."""
        return "—" if self._adds else str(given["tag"])

    def new(self, row: Any, given: Given) -> str:  # noqa: ARG002
        """The tag, or nothing."""
        return str(given["tag"]) if self._adds else "—"

    def apply(self, rows: QuerySet[Any], given: Given, moment: datetime.datetime) -> None:  # noqa: ARG002
        """One statement."""
        (add_tag if self._adds else remove_tag)(customers=rows, tag=given["tag"], actor=self.user)

    def restore(
        self,
        rows: QuerySet[Any],
        given: Given,
        before: Mapping[int, Mapping[str, Any]],  # noqa: ARG002
        moment: datetime.datetime,  # noqa: ARG002
    ) -> bool:
        """The other way round."""
        (remove_tag if self._adds else put_back_tag)(customers=rows, tag=given["tag"], actor=self.user)
        return True


class RemoveTag(AddTag):
    """Take a tag off many customers."""

    key = "untag"
    label = gettext_lazy("Remove a tag")
    icon = "tag-off"
    _adds = False
