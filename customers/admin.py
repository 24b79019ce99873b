"""Administration of the dictionaries, and a look at customers. Customers are written by the pages' services alone."""
# ruff: noqa: ARG002  (the signatures are Django's)

from __future__ import annotations

from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.administration import PolicyAdmin, PolicyInline, ReadOnlyAdmin
from access.reveals import masked_text
from customers import grant_admin, rule_admin  # noqa: F401  # they register their pages
from customers.models import AttributeChoice, AttributeDefinition, Customer, HandOver, HandOverRule, Industry, Region, RelationKind, Tag

DEEPEST_REGION: Final = 3
"""Province, city, county."""


@admin.register(Industry)
class IndustryAdmin(PolicyAdmin):
    """The industry dictionary."""

    list_display = ("code", "name_zh", "name_en")
    search_fields = ("code", "name_zh", "name_en")


class RegionForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A region; province, city and county are three steps of a tree."""

    class Meta:
        model = Region
        fields = ("code", "name_zh", "name_en", "parent")

    def clean_parent(self) -> Region | None:
        """Not the region itself nor one below it, and nothing below a county. A query for each step."""
        parent: Region | None = self.cleaned_data["parent"]
        above, steps = parent, 1
        while above is not None:
            steps += 1
            if above.pk == self.instance.pk:
                raise ValidationError(_("A region cannot lie below itself."))
            if steps > DEEPEST_REGION:
                raise ValidationError(_("Below a county there is nothing."))
            above = above.parent
        return parent


@admin.register(Region)
class RegionAdmin(PolicyAdmin):
    """Provinces, their cities, and the counties of those."""

    form = RegionForm
    list_display = ("code", "name_zh", "name_en", "parent")
    list_select_related = ("parent",)
    search_fields = ("code", "name_zh", "name_en")
    autocomplete_fields = ("parent",)


@admin.register(RelationKind)
class RelationKindAdmin(PolicyAdmin):
    """The dictionary of kinds of relations."""

    list_display = ("code", "name_zh", "inverse_zh", "name_en", "inverse_en", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name_zh", "name_en")


@admin.register(Tag)
class TagAdmin(PolicyAdmin):
    """The dictionary of tags."""

    list_display = ("code", "name_zh", "name_en", "colour", "is_active")
    list_filter = ("is_active", "colour")
    search_fields = ("code", "name_zh", "name_en")


class AttributeChoiceInline(PolicyInline):
    """The values of an attribute with a list."""

    model = AttributeChoice


@admin.register(AttributeDefinition)
class AttributeDefinitionAdmin(PolicyAdmin):
    """The attributes of customers that administrators define. Key and kind stay; values are kept, whatever becomes of a definition."""

    list_display = ("key", "name_zh", "name_en", "kind", "position", "is_required", "is_filter", "is_column", "is_active")
    list_filter = ("is_active", "kind")
    search_fields = ("key", "name_zh", "name_en")
    inlines: ClassVar = [AttributeChoiceInline]
    fieldsets = (
        (None, {"fields": ("key", "kind", "name_zh", "name_en", "help_zh", "help_en")}),
        (gettext_lazy("Use"), {"fields": ("position", "is_active", "is_required", "is_filter", "is_column")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: AttributeDefinition | None = None) -> tuple[str, ...]:
        """Key and kind, once it is entered."""
        return ("key", "kind") if obj is not None else ()


@admin.register(HandOverRule)
class HandOverRuleAdmin(PolicyAdmin):
    """How long offers of hand-overs wait; one row."""

    list_display = ("__str__", "remind_after", "expire_after", "drop_drafts_after")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Until there is one."""
        return super().has_add_permission(request) and not HandOverRule.objects.exists()


@admin.register(HandOver)
class HandOverAdmin(ReadOnlyAdmin):
    """Hand-overs, to read."""

    list_display = ("number", "giver", "receiver", "state", "effective_on", "reason", "maker", "approver")
    list_filter = ("state",)
    list_select_related = ("giver", "receiver", "maker", "approver")
    search_fields = ("giver__name", "receiver__name", "reason")


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    """Customers, to read."""

    list_display = ("code", "name", "level", "lifecycle", "manager", "org_unit")
    list_filter = ("level", "lifecycle")
    list_select_related = ("manager", "org_unit")
    search_fields = ("code", "name")
    exclude = ("bank_account",)
    readonly_fields = ("masked_account",)

    @admin.display(description=gettext_lazy("Bank account"))
    def masked_account(self, customer: Customer) -> str:
        """Masked: it is shown in full on the customer's page alone."""
        return masked_text(customer, "bank_account") or "—"

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """As on the list of customers; served by its indexes."""
        return (queryset.filter(pk__in=Customer.objects.matching(search_term).values("pk")) if search_term else queryset), False
