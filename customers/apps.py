"""The customers app's registration."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    """Registers the app with Django and its pages with the frame."""

    name = "customers"
    verbose_name = _("customers")

    def ready(self) -> None:
        """Let the access policy read what is shared, enter the navigation, name the customer page's slot and take its first places."""
        from access.grants import read_with
        from common.api.refusals import explain_missing_by
        from common.encryption import ELSEWHERE
        from customers.api.merged import explain_merged
        from customers.attribute_history import register_attribute_history
        from customers.bulk.import_rows import reencrypt_rows
        from customers.bulk.merging import reencrypt_merges
        from customers.dossier.own_sections import register_own_sections as register_file_sections
        from customers.grants import granted_customers
        from customers.histories import register_histories
        from customers.job_kind import register_kind
        from customers.measures import register_own_measures
        from customers.merge_rules import register_own_rules
        from customers.palette import register_search_parts
        from customers.registrations import register_all, register_duplicates
        from customers.sensitive import register_masked
        from customers.timeline.own_sources import register_own_sources

        read_with(granted_customers)
        register_all()
        register_duplicates()
        register_histories()
        register_search_parts()
        register_attribute_history()
        register_own_measures()
        register_masked()
        register_own_sources()
        register_file_sections()
        register_kind()
        register_own_rules()
        explain_missing_by(explain_merged)
        ELSEWHERE["customers.importrow.values"] = reencrypt_rows
        ELSEWHERE["customers.customermerge"] = reencrypt_merges
