"""Administration of what is measured of customers and what follows from it."""
# ruff: noqa: ARG002  (the signatures are Django's)

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.administration import PolicyAdmin, PolicyInline
from customers.measures import Measure, measures, measures_by_key
from customers.models import DuplicateRule, LevelThreshold, LifecycleReason, LifecycleRule, ScoringBand, ScoringRule
from customers.services.lifecycle import MOVES


class MeasureField(forms.ChoiceField):
    """One of the measures that there are now; one that is gone stays chosen where it was."""

    def __init__(self, *, label: Any, numbers_only: bool = False) -> None:
        super().__init__(label=label, choices=lambda: _offered(numbers_only=numbers_only))


def _offered(*, numbers_only: bool) -> list[tuple[str, str]]:
    return [("", "—"), *((one.key, str(one.label)) for one in measures() if one.is_number or not numbers_only)]


class ScoringRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A rule, with a measure to choose."""

    measure = MeasureField(label=gettext_lazy("What is measured"))

    class Meta:
        model = ScoringRule
        fields = ("code", "name_zh", "name_en", "measure", "weight", "is_active", "valid_from", "valid_until")


class BandFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]  # not subscriptable at run time
    """Bands that fit the rule's measure."""

    def clean(self) -> None:
        """A number has bands from a number on; a list has bands for its values."""
        super().clean()
        measure = measures_by_key().get(self.instance.measure)
        for form in self.forms:
            given = getattr(form, "cleaned_data", {})
            if measure is not None and given and not given.get("DELETE"):
                _ensure_fits(measure, given)


def _ensure_fits(measure: Measure, given: dict[str, Any]) -> None:
    if measure.choices is None:
        if given.get("at_least") is None:
            raise ValidationError(_("This measure is a number: say from which number on each band counts."))
        return
    codes = {code for code, _label in measure.choices()}
    if given.get("value") not in codes:
        raise ValidationError(_("Give each band one of the values: %(values)s.") % {"values": ", ".join(sorted(codes))})


class ScoringBandInline(PolicyInline):
    """The points of a rule."""

    model = ScoringBand
    formset = BandFormSet
    extra = 3


@admin.register(ScoringRule)
class ScoringRuleAdmin(PolicyAdmin):
    """The rules by which customers are scored each night."""

    form = ScoringRuleForm
    list_display = ("code", "name_zh", "name_en", "measured", "weight", "is_active", "valid_from", "valid_until")
    list_filter = ("is_active",)
    search_fields = ("code", "name_zh", "name_en")
    inlines: ClassVar = [ScoringBandInline]

    @admin.display(description=gettext_lazy("What is measured"))
    def measured(self, rule: ScoringRule) -> str:
        """The measure in words."""
        return str(dict(_offered(numbers_only=False)).get(rule.measure, rule.measure))


@admin.register(LevelThreshold)
class LevelThresholdAdmin(PolicyAdmin):
    """From which score on a customer has a level."""

    list_display = ("level", "at_least")


class LifecycleRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A rule for a step that there is, with a measure that is a number."""

    measure = MeasureField(label=gettext_lazy("What is measured"), numbers_only=True)

    class Meta:
        model = LifecycleRule
        fields = (
            *("code", "name_zh", "name_en", "from_state", "to_state", "measure", "comparison", "number"),
            *("is_automatic", "is_active", "position"),
        )

    def clean(self) -> dict[str, Any]:
        """Only steps of the lifecycle."""
        given: dict[str, Any] = super().clean() or {}
        before, after = given.get("from_state"), given.get("to_state")
        if before and after and after not in MOVES[before]:
            self.add_error("to_state", _("From this state there is no such step."))
        return given


@admin.register(LifecycleRule)
class LifecycleRuleAdmin(PolicyAdmin):
    """The rules by which customers move along their lifecycle each night, or are proposed to."""

    form = LifecycleRuleForm
    list_display = ("code", "name_zh", "name_en", "from_state", "to_state", "is_automatic", "is_active", "position")
    list_filter = ("is_active", "is_automatic", "from_state")
    search_fields = ("code", "name_zh", "name_en")


@admin.register(LifecycleReason)
class LifecycleReasonAdmin(PolicyAdmin):
    """The dictionary of reasons for lifecycle steps."""

    list_display = ("code", "name_zh", "name_en", "to_state", "is_active")
    list_filter = ("is_active", "to_state")
    search_fields = ("code", "name_zh", "name_en")


@admin.register(DuplicateRule)
class DuplicateRuleAdmin(PolicyAdmin):
    """What counts as a sign that two customers are one, and how sure it makes. The signs themselves are the program's."""

    list_display = ("meaning", "points", "at_least", "is_active")
    readonly_fields = ("meaning",)
    fields = ("meaning", "points", "at_least", "is_active")

    @admin.display(description=gettext_lazy("sign"))
    def meaning(self, rule: DuplicateRule) -> str:
        """The sign in words."""
        return str(rule.get_sign_display())

    def has_add_permission(self, request: HttpRequest) -> bool:
        """None: there is one of each."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """None: a sign is put out of use."""
        return False
