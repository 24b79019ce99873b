"""Administration of the dictionaries, and a look at customers. Customers are written by the pages' services alone."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from access.administration import PolicyAdmin, ReadOnlyAdmin
from access.reveals import masked_text
from customers.models import Customer, Industry, Region


@admin.register(Industry)
class IndustryAdmin(PolicyAdmin):
    """The industry dictionary."""

    list_display = ("code", "name_zh", "name_en")
    search_fields = ("code", "name_zh", "name_en")


@admin.register(Region)
class RegionAdmin(PolicyAdmin):
    """Provinces and their cities."""

    list_display = ("code", "name_zh", "name_en", "parent")
    list_select_related = ("parent",)
    search_fields = ("code", "name_zh", "name_en")
    autocomplete_fields = ("parent",)


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
