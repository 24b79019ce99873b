"""Administration of the dictionaries, and a look at customers. Customers are written by the pages' services alone."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from customers.models import Customer, Industry, Region


@admin.register(Industry)
class IndustryAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """The industry dictionary."""

    list_display = ("code", "name_zh", "name_en")
    search_fields = ("code", "name_zh", "name_en")


@admin.register(Region)
class RegionAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """Provinces and their cities."""

    list_display = ("code", "name_zh", "name_en", "parent")
    list_select_related = ("parent",)
    search_fields = ("code", "name_zh", "name_en")
    autocomplete_fields = ("parent",)


@admin.register(Customer)
class CustomerAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """Customers, to read."""

    list_display = ("code", "name", "level", "lifecycle", "manager", "org_unit")
    list_filter = ("level", "lifecycle")
    list_select_related = ("manager", "org_unit")
    search_fields = ("code", "name")
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """No: the pages do that."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:  # noqa: ARG002
        """No: the pages do that."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:  # noqa: ARG002
        """No: customers leave, they are not deleted."""
        return False
