"""Administration of the number plan, the blacklist and the verdicts; number lists to look at."""
# ruff: noqa: ARG002  (the signatures are Django's)

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from access.administration import PolicyAdmin, ReadOnlyAdmin, ReadOnlyInline
from access.requests import signed_in
from access.reveals import masked_text
from members.models import BlacklistedNumber, Member, MemberSubscription, NumberSegment, Severity, VerdictRule
from members.reading.normalise import normalise_number
from members.roster import number_begins_with
from members.sensitive import NUMBER
from members.tables import blacklisted_with
from members.verdicts import HARD, LABELS, NOTHING_TO_DO


class NumberSegmentForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A prefix of the number plan."""

    class Meta:
        model = NumberSegment
        fields = ("prefix", "kind", "operator", "region")

    def clean_prefix(self) -> str:
        """Digits, country code first."""
        prefix: str = self.cleaned_data["prefix"]
        if not (prefix.isascii() and prefix.isdigit()):
            raise ValidationError(_("A prefix is digits, country code first: 861380013."))
        return prefix


@admin.register(NumberSegment)
class NumberSegmentAdmin(PolicyAdmin):
    """The number plan."""

    form = NumberSegmentForm
    list_display = ("prefix", "kind", "operator", "region")
    list_filter = ("kind", "operator")
    list_select_related = ("region",)
    search_fields = ("prefix",)
    raw_id_fields = ("region",)


class BlacklistedNumberForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A number, however it is written."""

    msisdn = forms.CharField(
        label=gettext_lazy("Number"),
        max_length=40,
        help_text=gettext_lazy("Shown masked: leave it to keep it, or type it anew in full."),
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = BlacklistedNumber
        fields = ("msisdn", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept = self.instance.msisdn
        if self._kept:
            self.initial["msisdn"] = masked_text(self.instance, NUMBER)

    def clean_msisdn(self) -> str:
        """The number as it is kept."""
        if self._kept and self.cleaned_data["msisdn"] == self.initial["msisdn"]:
            return str(self._kept)
        number, _kind, _fault = normalise_number(self.cleaned_data["msisdn"])
        if number is None:
            raise ValidationError(_("This is not a number of the number plan."))
        return number


@admin.register(BlacklistedNumber)
class BlacklistedNumberAdmin(PolicyAdmin):
    """Numbers that no batch may touch."""

    form = BlacklistedNumberForm
    list_display = ("number", "reason", "created_at")
    search_fields = ("msisdn",)

    @admin.display(description=gettext_lazy("Number"), ordering="msisdn")
    def number(self, row: BlacklistedNumber) -> str:
        """Masked."""
        return masked_text(row, NUMBER)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """As in the list of the product."""
        found = blacklisted_with(search_term, request.user) if any(sign.isdecimal() for sign in search_term) else Q()
        return queryset.filter(found), False


class VerdictRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """The severity of a verdict."""

    severity = forms.ChoiceField(
        label=gettext_lazy("Severity"),
        choices=[(item.value, item.label) for item in (Severity.ERROR, Severity.WARNING, Severity.OFF)],
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = VerdictRule
        fields = ("severity",)


@admin.register(VerdictRule)
class VerdictRuleAdmin(PolicyAdmin):
    """How severe each verdict is. The codes are the program's, and so is the severity of those that the tables themselves forbid."""

    form = VerdictRuleForm
    list_display = ("code", "meaning", "severity")
    list_filter = ("severity",)
    search_fields = ("code",)
    readonly_fields = ("code", "meaning")
    fields = ("code", "meaning", "severity")

    @admin.display(description=gettext_lazy("Meaning"))
    def meaning(self, rule: VerdictRule) -> str:
        """What the verdict says to people."""
        return str(LABELS.get(rule.code, ""))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only those whose severity may differ."""
        fixed = isinstance(obj, VerdictRule) and obj.code in HARD | NOTHING_TO_DO
        return not fixed and super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No: a code without a check behind it would do nothing."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No: a verdict is switched off instead."""
        return False


class SubscriptionInline(ReadOnlyInline):
    """What a number has been subscribed to."""

    model = MemberSubscription
    fields = ("product", "tariff", "offer", "effective_on", "expires_on", "ended_on")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With all that is shown."""
        found: QuerySet[Any] = super().get_queryset(request).select_related("product", "tariff", "offer")
        return found


@admin.register(Member)
class MemberAdmin(ReadOnlyAdmin):
    """Number lists, to look at: millions of rows, so neither counted nor searched but by the beginning of a number."""

    list_display = ("number", "customer", "holder_name", "state", "joined_on", "left_on")
    exclude = ("msisdn",)
    readonly_fields = ("number",)
    list_select_related = ("customer",)
    search_fields = ("msisdn",)
    search_help_text = "138…"
    ordering = ("-id",)
    inlines: ClassVar = [SubscriptionInline]

    @admin.display(description=gettext_lazy("Number"), ordering="msisdn")
    def number(self, member: Member) -> str:
        """Masked: it is shown in full on the number's page alone."""
        return masked_text(member, NUMBER)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """Numbers that begin with the digits; served by the indexes."""
        digits = "".join(character for character in search_term if character.isdecimal())
        return (queryset.filter(number_begins_with(digits, signed_in(request))) if digits else queryset), False
