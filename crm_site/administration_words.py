"""Words that stand on the administration's pages and for which django-unfold brings no Chinese; our catalogue has them."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_noop as _

WORDS: Final = (
    *(_("Apply Filters"), _("Clear all filters"), _("Reset filters"), _("Filters"), _("Filter navigation items")),
    *(_("Type to search"), _("Search apps and models..."), _("No results found"), _("No results matching your query"), _("No data")),
    *(_("This page yielded into no results. Create a new item or reset your filters."), _("Loading more results..."), _("Expand row")),
    *(
        _("Select action"),
        _("Select action to run"),
        _("Select value"),
        _("Select record"),
        _("Select all rows"),
        _("Run"),
        _("More actions"),
    ),
    *(_("General"), _("Objects"), _("Summary"), _("Value"), _("From"), _("To"), _("Date from"), _("Date to"), _("Remove from sorting")),
    *(_("Light"), _("Dark"), _("System"), _("Return to site"), _("Go back"), _("Submit"), _("Toggle password visibility")),
    _("After you've created a user, you’ll be able to edit more user options."),
    _(
        "Raw passwords are not stored, so there is no way to see this user’s password, but you can change the password using "
        '<a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.'
    ),
    *(_("This item will be deleted."), _("Yes, I’m sure"), _("Unknown content"), _("Choose file to upload"), _("Click to cancel")),
)
