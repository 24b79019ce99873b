"""Forms of batch provisioning: the source, and what shall be done with it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from access.models import User
from customers.fields import CustomerField, label_of
from customers.models import Customer
from jobs.forms import ColumnsForm
from jobs.models import JobMode
from members.batch_choices import BatchChoices, code_of, product_of
from members.services.batches import BatchOptions
from members.services.plan import WITH_TARIFF, ActionKind, ActionSpec, PlanInvalid, plan_batch

FIELD_LABELS: Final = {
    "number": gettext_lazy("Number"),
    "holder_name": gettext_lazy("Holder"),
    "employee_no": gettext_lazy("Employee no"),
    "department": gettext_lazy("Department"),
    "short_number": gettext_lazy("Short number"),
    "effective_on": gettext_lazy("Effective date"),
    "expires_on": gettext_lazy("Expiry date"),
    "tariff_code": gettext_lazy("Tariff code"),
    "offer_code": gettext_lazy("Offer code"),
}
MAX_ROWS: Final = 16
_CHECK: Final = {"class": "form-check-input"}
_MODES: Final = [(mode.value, mode.label) for mode in (JobMode.VALID, JobMode.ATOMIC)]
_PRODUCT_KINDS: Final = (
    (ActionKind.SUBSCRIBE.value, pgettext_lazy("batch action", "Subscribe")),
    (ActionKind.UNSUBSCRIBE.value, pgettext_lazy("batch action", "Unsubscribe")),
    (ActionKind.CHANGE_TARIFF.value, pgettext_lazy("batch action", "Change tariff")),
)


class SourceForm(forms.Form):
    """Where the numbers come from: a file or pasted text. `customer` given: it is fixed."""

    customer = CustomerField(label=gettext_lazy("Customer"))
    file = forms.FileField(label=gettext_lazy("File"), required=False, allow_empty_file=True)
    numbers = forms.CharField(
        label=gettext_lazy("Numbers"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 9, "spellcheck": "false", "autocomplete": "off"}),
    )
    request_key = forms.RegexField(r"^[0-9a-f]{32}$", required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, customer: Customer | None = None, refused: str = "", **kwargs: Any) -> None:
        """Take who fills it in, the customer where it is settled, and why the upload was refused while it arrived."""
        super().__init__(*args, **kwargs)
        field = self.fields["customer"]
        assert isinstance(field, CustomerField)
        field.user = user
        self.fixed = customer
        self.refused = refused
        self.initial.setdefault("request_key", uuid.uuid4().hex)
        if customer is not None:
            self.initial["customer"] = label_of(customer)
            self.fields["customer"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        """Exactly one source."""
        cleaned: dict[str, Any] = super().clean() or {}
        has_text = bool(cleaned.get("numbers", "").strip())
        if self.refused:
            self.add_error("file", self.refused)
        elif "file" not in self.errors and cleaned.get("file") is not None and has_text:
            self.add_error("numbers", _("Both a file and pasted numbers are given. Clear one of them."))
        elif not self.errors and cleaned.get("file") is None and not has_text:
            self.add_error("file", _("Choose a file, or paste numbers."))
        return cleaned


class _OfferSelect(forms.Select):
    """Tells the page's script which tariff each offer was made for."""

    tariff_of_offer: Mapping[str, str] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if tariff := self.tariff_of_offer.get(str(value)):
            option["attrs"]["data-tariff"] = tariff
        return option


class ProductActionForm(forms.Form):
    """One action on a product. The rows of a batch share their field names, so that rows come and go without being numbered."""

    kind = forms.ChoiceField(label=gettext_lazy("Action"), choices=_PRODUCT_KINDS)
    product = forms.ChoiceField(label=gettext_lazy("Product"), required=False)
    tariff = forms.ChoiceField(label=gettext_lazy("Tariff"), required=False)
    offer = forms.ChoiceField(label=gettext_lazy("Offer"), required=False, widget=_OfferSelect)

    def __init__(self, data: Mapping[str, str] | None = None, *, choices: BatchChoices, initial: dict[str, str] | None = None) -> None:
        """Take what can be chosen."""
        super().__init__(data, auto_id=False, initial=initial)
        for name, options, nothing in (
            ("product", choices.products, _("Choose a product")),
            ("tariff", choices.tariffs, _("Choose a tariff")),
            ("offer", choices.offers, _("No offer")),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", nothing), *options]
        for name, field in self.fields.items():
            field.widget.attrs |= {"aria-label": field.label, f"data-{name}": ""}
        offer_widget = self.fields["offer"].widget
        assert isinstance(offer_widget, _OfferSelect)
        offer_widget.tariff_of_offer = choices.tariff_of_offer

    @property
    def is_blank(self) -> bool:
        """Whether nothing has been chosen in it: a row that was offered and not used."""
        return self.data.get("kind") in (None, "", ActionKind.SUBSCRIBE) and not any(
            self.data.get(name) for name in ("product", "tariff", "offer")
        )

    def clean(self) -> dict[str, Any]:
        """A product, and what it is taken under."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        tariff, offer = cleaned["tariff"], cleaned["offer"]
        product = cleaned["product"] = cleaned["product"] or product_of(tariff or offer)
        if not product:
            self.add_error("product", _("Choose a product."))
        elif cleaned["kind"] in WITH_TARIFF:
            if not tariff and not offer:
                self.add_error("tariff", _("Choose a tariff, or an offer."))
            elif any(value and product_of(value) != product for value in (tariff, offer)):
                self.add_error("tariff", _("This tariff or offer belongs to another product."))
        return cleaned

    def spec(self) -> ActionSpec:
        """The action as the services take it; only of a valid form."""
        values = self.cleaned_data
        if values["kind"] not in WITH_TARIFF:
            return ActionSpec(values["kind"], values["product"])
        return ActionSpec(values["kind"], values["product"], code_of(values["tariff"]), code_of(values["offer"]))


class OptionsForm(forms.Form):
    """What becomes of the memberships, when, and how."""

    MEMBERSHIP: Final = (
        (ActionKind.JOIN.value, pgettext_lazy("batch action", "Join the group")),
        (ActionKind.LEAVE.value, pgettext_lazy("batch action", "Leave the group")),
        ("", pgettext_lazy("batch action", "Keep the membership")),
    )
    membership = forms.ChoiceField(
        label=gettext_lazy("Membership"), choices=MEMBERSHIP, required=False, widget=forms.RadioSelect(attrs=_CHECK)
    )
    effective_on = forms.DateField(
        label=gettext_lazy("Effective date"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("From this day on."),
    )
    expires_on = forms.DateField(
        label=gettext_lazy("Expiry date"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("Empty: without end, or as the offer says."),
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("Rows with errors"), choices=_MODES, widget=forms.RadioSelect(attrs=_CHECK), initial=JobMode.VALID
    )


class MappingForm(ColumnsForm):
    """Which column of the source holds what; one of them the numbers."""

    def clean(self) -> dict[str, Any]:
        """With the number."""
        cleaned = super().clean()
        if not self.errors and "number" not in self.chosen():
            raise ValidationError(_("Say which column holds the numbers."))
        return cleaned


class ActionsForm:
    """All of step 2: memberships, products, dates, mode and columns; valid when every part is and the plan makes sense."""

    def __init__(
        self, customer: Customer, choices: BatchChoices, inspection: Mapping[str, Any], mapping: Mapping[str, int], data: QueryDict | None
    ) -> None:
        """Take what can be chosen, what was found in the source, and the posted data, if any."""
        self.customer = customer
        self.choices = choices
        self.is_bound = data is not None
        self.options = OptionsForm(
            data, initial={"effective_on": timezone.localdate(), "mode": JobMode.VALID, "membership": ActionKind.JOIN}
        )
        guess = inspection.get("mapping", {})
        self.mapping = MappingForm(data, labels=FIELD_LABELS, headings=inspection.get("headings", []), guess=guess, mapping=mapping)
        self.rows: list[ProductActionForm] = self._posted_rows(data) if data is not None else [self.blank_row()]

    def blank_row(self) -> ProductActionForm:
        """A row in which nothing is chosen yet."""
        return ProductActionForm(choices=self.choices)

    def _posted_rows(self, data: QueryDict) -> list[ProductActionForm]:
        names = ("kind", "product", "tariff", "offer")
        rows = list(zip(*(data.getlist(name) for name in names), strict=False))[: MAX_ROWS + 1]
        return [ProductActionForm(dict(zip(names, row, strict=True)), choices=self.choices) for row in rows]

    def fill_from(self, parameters: Mapping[str, Any], mode: str) -> None:
        """Show what was asked for before, where the form is not posted."""
        actions = parameters.get("actions")
        if self.is_bound or not actions:
            return
        kinds = {action["kind"] for action in actions}
        membership = next((kind for kind in (ActionKind.JOIN, ActionKind.LEAVE) if kind in kinds), "")
        self.options.initial.update(
            membership=membership, effective_on=parameters["effective_on"], expires_on=parameters["expires_on"], mode=mode
        )
        rows = [self._row_of(action) for action in actions if action["product"]]
        self.rows = rows or [self.blank_row()]

    def _row_of(self, action: Mapping[str, str]) -> ProductActionForm:
        values = {"kind": action["kind"], "product": action["product"]}
        values |= {name: f"{action['product']}|{action[name]}" for name in ("tariff", "offer") if action[name]}
        return ProductActionForm(initial=values, choices=self.choices)

    def used_rows(self) -> list[ProductActionForm]:
        """The rows in which something is chosen."""
        return [row for row in self.rows if not row.is_blank]

    def is_valid(self) -> bool:
        """Whether all parts are valid and the actions make sense together; errors stand at the parts."""
        parts = [self.options, self.mapping, *self.used_rows()]
        if sum(not part.is_valid() for part in parts):  # each is asked, so that all errors show at once
            return False
        options = self.batch_options()
        try:
            plan_batch(self.customer, options.actions, effective_on=options.effective_on, expires_on=options.expires_on)
        except PlanInvalid as invalid:
            self._add_plan_error(invalid)
            return False
        return True

    def _add_plan_error(self, invalid: PlanInvalid) -> None:
        if invalid.field in self.options.fields:
            self.options.add_error(invalid.field, invalid.message)
            return
        effective_on = self.options.cleaned_data["effective_on"]
        for row in self.used_rows():
            try:
                plan_batch(self.customer, [row.spec()], effective_on=effective_on, expires_on=None)
            except PlanInvalid as alone:
                row.add_error(None, alone.message)
                return
        self.options.add_error("membership", invalid.message)

    def batch_options(self) -> BatchOptions:
        """What the services take; only of valid parts."""
        values = self.options.cleaned_data
        membership = [ActionSpec(values["membership"])] if values["membership"] else []
        return BatchOptions(
            actions=[*membership, *(row.spec() for row in self.used_rows())],
            effective_on=values["effective_on"],
            expires_on=values["expires_on"],
            mode=values["mode"],
            mapping=self.mapping.chosen(),
        )

    @property
    def has_errors(self) -> bool:
        """Whether a posted part is wrong."""
        return self.is_bound and any(part.errors for part in (self.options, self.mapping, *self.used_rows()))
