"""Forms of the customers app. Their choices end where the person's reach ends."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.boundfield import BoundField
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from access.choices import staff_in_reach, units_in_reach
from access.models import Action, OrgUnit, User
from access.reveals import masked_text
from common.lost_updates import TellsOfChanges
from common.masking import STARS
from common.versions import version_of
from customers.attribute_forms import attribute_fields, attribute_initial
from customers.attributes import PREFIX, definitions_in_use
from customers.fields import CustomerField, label_of
from customers.forms_alike import WarnsOfAlike
from customers.models import ContactPerson, Customer, Region
from customers.papers import clean_bank_account, clean_id_number
from customers.phones import PhoneRefused, kept_phone
from customers.services.scoring import SCORED, scoring_is_on
from customers.services.tags import offered_tags

_NAMES = ("name", "short_name", "code", "credit_code")
_BANK = ("bank_name", "bank_account")
_RATING = ("level", "industry", "scale", "region", "value_score", "parent")
_REST = ("credit_limit", "source", "address", "tags", "remark")


class CapitalsField(forms.CharField):
    """A code: spaces at the ends go, letters become capitals."""

    def to_python(self, value: Any) -> str:
        """The code as it is stored."""
        return str(super().to_python(value)).upper()


class ServiceForm(forms.BaseForm):
    """A form whose values go to a service that may refuse them."""

    def refuse(self, error: ValidationError) -> None:
        """Show what the service refused, at its field where the form has it; where somebody was quicker, what stands now."""
        if isinstance(self, TellsOfChanges) and self.told_stale(error):
            return
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, errors in error.error_dict.items():
            for one in errors:
                self.add_error(name if name in self.fields else None, one)


class _VersionedForm(TellsOfChanges, ServiceForm, forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A form of a row that remembers which version of the row it showed; the services save, never the form."""

    partly: ClassVar[bool] = True
    version = forms.CharField(widget=forms.HiddenInput, required=False)
    masked_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that show their value masked, whoever looks: left as it is, the value stays; what is typed replaces it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._masked: dict[str, tuple[str, str]] = {}
        if self.instance.pk:
            self.fields["version"].initial = version_of(self.instance)
            for name in self.masked_fields:
                if full := getattr(self.instance, name):
                    self._masked[name] = (masked_text(self.instance, name), full)
                    self.initial[name] = self._masked[name][0]
                    self.fields[name].help_text = _("Masked. Leave it to keep it, or type it anew in full.")

    def _kept(self, name: str) -> str | None:
        """The value that the row has, where the field was left as it was shown; None where something was typed. Raises ValidationError."""
        typed = str(self.cleaned_data[name]).strip()
        masked, full = self._masked.get(name, ("", ""))
        if full and typed == masked:
            return full
        if STARS not in typed:
            return None
        if full and self.cleaned_data.get("version", self.data.get("version")) != version_of(self.instance):
            return full  # somebody else has replaced the value that was shown; the service tells so
        raise ValidationError(_("Type it in full: a part of it is masked."), code="masked")

    def details(self) -> dict[str, Any]:
        """The values for the service: the fields of `Meta.fields`."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or () if name in self.fields}

    def opened_on(self, row: Any) -> _VersionedForm:
        """For the same people."""
        return type(self)(instance=row)

    def marks(self) -> dict[str, str]:
        """Of what is shown masked; of no use for any other row or field."""
        salt = f"{self._meta.model._meta.label}:{self.instance.pk}"
        return {name: salted_hmac(f"{salt}:{name}", full, algorithm="sha256").hexdigest() for name, (_mask, full) in self._masked.items()}


def _indented(region: Region) -> str:
    depth = 0 if region.parent is None else 1 if region.parent.parent_id is None else 2
    return "\N{IDEOGRAPHIC SPACE}" * depth + region.label


class CustomerForm(WarnsOfAlike, _VersionedForm):
    """What is known about a customer. Code and credit code are put into capital letters."""

    masked_fields = ("bank_account",)
    template_name = "customers/widgets/customer_form.html"
    alike_fields = _NAMES

    code = CapitalsField(label=_("Code"), max_length=20, help_text=_("Capital letters, digits and hyphens; it stays for good."))
    credit_code = CapitalsField(
        label=_("Unified social credit code"), max_length=18, required=False, help_text=_("18 characters, as on the business licence.")
    )
    parent = CustomerField(label=_("Parent customer"), required=False)

    class Meta:
        model = Customer
        fields: ClassVar = (*_NAMES, *_RATING, *_BANK, *_REST)
        widgets: ClassVar = {
            "remark": forms.Textarea(attrs={"rows": 3}),
            "value_score": forms.NumberInput(attrs={"min": 0, "max": 100}),
            "tags": forms.CheckboxSelectMultiple,
        }
        help_texts: ClassVar = {
            "value_score": _("0 to 100."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        self._prepare_parent(user)
        self._prepare_tags()
        self._prepare_regions()
        self.fields["code"].disabled = bool(self.instance.pk)
        self.fields["bank_account"].widget.attrs["autocomplete"] = "off"
        if self.instance.pk and scoring_is_on():
            for name in SCORED:
                del self.fields[name]
        self._definitions = definitions_in_use()
        self.fields |= attribute_fields(self._definitions, self.instance.attributes)
        self.initial.update(attribute_initial(self._definitions, self.instance.attributes))

    def keep_only(self, *names: str) -> None:
        """The other attributes go too."""
        super().keep_only(*names)
        self._definitions = [one for one in self._definitions if f"{PREFIX}{one.key}" in names]

    def api_name(self, name: str) -> Any:
        """How the API names a field: attributes stand in an object of their own."""
        return f"attributes.{name.removeprefix(PREFIX)}" if name.startswith(PREFIX) else name

    def details(self) -> dict[str, Any]:
        """With the attributes that administrators have defined, by their keys."""
        values = {definition.key: self.cleaned_data[f"{PREFIX}{definition.key}"] for definition in self._definitions}
        return {**super().details(), **({"attributes": values} if values else {})}

    def own_fields(self) -> list[BoundField]:
        """The fields that every customer has."""
        return [field for field in self.visible_fields() if not field.name.startswith(PREFIX)]

    def attribute_fields(self) -> list[BoundField]:
        """The fields of the attributes that administrators have defined."""
        return [field for field in self.visible_fields() if field.name.startswith(PREFIX)]

    def opened_on(self, row: Any) -> CustomerForm:
        """For the same person."""
        return type(self)(instance=row, user=self._user)

    def clean_bank_account(self) -> str:
        """Digits alone."""
        kept, typed = self._kept("bank_account"), str(self.cleaned_data["bank_account"])
        return kept if kept is not None else clean_bank_account(typed) if typed else ""

    def _prepare_regions(self) -> None:
        """Each indented by how deep it lies in its province."""
        field: Any = self.fields["region"]
        field.queryset = Region.objects.select_related("parent").order_by("code")
        field.label_from_instance = _indented

    def _prepare_tags(self) -> None:
        """Without any tag in the dictionary there is nothing to choose."""
        field, tags = self.fields["tags"], list(offered_tags(self.instance))
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = offered_tags(self.instance)
        field.choices = [(tag.pk, tag.label) for tag in tags]
        field.required = False
        if not tags:
            del self.fields["tags"]

    def _prepare_parent(self, user: User) -> None:
        """A parent that the user cannot see stays as it is and is not shown."""
        field, parent = self.fields["parent"], self.instance.parent
        assert isinstance(field, CustomerField)
        field.user = user
        if parent is not None and not Customer.objects.visible_to(user).filter(pk=parent.pk).exists():
            del self.fields["parent"]
        self.initial["parent"] = label_of(parent) if parent is not None else ""


class NewCustomerForm(CustomerForm):
    """A new customer, with its first owner."""

    manager = forms.ModelChoiceField(label=_("Account manager"), queryset=User.objects.none(), required=False, empty_label=_("nobody yet"))
    org_unit = forms.ModelChoiceField(label=_("Org unit"), queryset=OrgUnit.objects.none())

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        _offer_owners(self, user, Action.ADD)
        self.initial.update({"manager": user, "org_unit": user.org_unit})
        self.order_fields(["name", "short_name", "code", "credit_code", "manager", "org_unit"])


class AssignForm(TellsOfChanges, ServiceForm, forms.Form):
    """To whom a customer is handed, and why."""

    manager = forms.ModelChoiceField(label=_("Account manager"), queryset=User.objects.none(), required=False, empty_label=_("nobody yet"))
    org_unit = forms.ModelChoiceField(label=_("Org unit"), queryset=OrgUnit.objects.none())
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    version = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, user: User, customer: Customer) -> None:
        super().__init__(data, initial={"manager": customer.manager_id, "org_unit": customer.org_unit_id, "version": version_of(customer)})
        _offer_owners(self, user, Action.APPROVE)
        self._user, self._customer = user, customer

    def row_now(self) -> Customer:
        """The customer."""
        return Customer._base_manager.get(pk=self._customer.pk)

    def opened_on(self, row: Any) -> AssignForm:
        """With the present owner."""
        return AssignForm(user=self._user, customer=row)


class _ReportingForm(_VersionedForm):
    """A form of a contact person that says to whom the person reports: to somebody else at the customer of `instance`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer_superiors(ContactPerson.objects.filter(customer=self.instance.customer_id).exclude(pk=self.instance.pk))

    def _offer_superiors(self, people: QuerySet[ContactPerson]) -> None:
        field = self.fields["reports_to"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = people
        field.empty_label = str(_("nobody here"))


class ContactPersonForm(WarnsOfAlike, _ReportingForm):
    """A person at a customer; `instance` names the customer of a new one."""

    masked_fields = ("phone", "email", "id_number")
    template_name = "customers/widgets/contact_person_form.html"
    alike_fields = ("name", "title", "role", "phone")
    together = (("id_type", "id_number"),)

    class Meta:
        model = ContactPerson
        fields: ClassVar = (
            *("name", "title", "role", "phone", "email", "id_type", "id_number", "birthday", "preferences"),
            *("reports_to", "attitude", "influence", "is_key_person", "do_not_contact"),
        )
        widgets: ClassVar = {
            "birthday": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "phone": forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
            "id_number": forms.TextInput(attrs={"autocomplete": "off"}),
        }

    def clean_email(self) -> str:
        """What is typed, or what was there."""
        kept = self._kept("email")
        return str(self.cleaned_data["email"]) if kept is None else kept

    def clean_id_number(self) -> str:
        """Of the form that the kind of certificate has."""
        kept, typed, kind = self._kept("id_number"), str(self.cleaned_data["id_number"]), str(self.cleaned_data.get("id_type") or "")
        if kept is not None or not typed:
            return kept or ""
        if not kind:
            raise ValidationError(_("Say of which kind of certificate this is the number."), code="id_type")
        return clean_id_number(typed, kind)

    def clean_phone(self) -> str:
        """A number that exists in its country's plan, as digits with the country code; without one it is a Chinese number."""
        text = str(self.cleaned_data["phone"]).strip()
        if (kept := self._kept("phone")) is not None:
            return kept
        if not text:
            return ""
        try:
            return kept_phone(text)
        except PhoneRefused as refused:
            if not refused.has_form:
                raise ValidationError(_("This is no phone number."), code="phone") from refused
            raise ValidationError(
                _("No such phone number can exist. Give the area code, or the country code after a plus."), code="phone"
            ) from refused


class PlaceForm(_ReportingForm):
    """Where a person stands in the chart of influence. Several of them can be open in one page, so each has ids of its own."""

    class Meta:
        model = ContactPerson
        fields: ClassVar = ("reports_to", "attitude", "influence")

    def __init__(self, data: Any = None, *, instance: ContactPerson) -> None:
        super().__init__(data, instance=instance, auto_id=f"id_{instance.pk}_%s")


class NewContactPersonForm(ContactPersonForm):
    """A new person at a customer that is named too: for callers whose address names none."""

    customer = CustomerField(label=_("Customer"), action=Action.CHANGE)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["customer"]
        assert isinstance(field, CustomerField)
        field.user = user
        self._offer_superiors(ContactPerson.objects.visible_to(user, Action.CHANGE))  # the service looks that both are at one customer


def _offer_owners(form: forms.BaseForm, user: User, action: str) -> None:
    manager, org_unit = form.fields["manager"], form.fields["org_unit"]
    assert isinstance(manager, forms.ModelChoiceField)
    assert isinstance(org_unit, forms.ModelChoiceField)
    manager.queryset = staff_in_reach(user, "customers", action)
    org_unit.queryset = units_in_reach(user, "customers", action)
