"""The administration's site and look: django-unfold's pages under the Content-Security-Policy of all others (docs/adr/0017)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _

_static = lazy(static, str)


def _opens(model: str) -> Callable[[HttpRequest], bool]:
    def may_open(request: HttpRequest) -> bool:
        from django.apps import apps
        from django.contrib import admin

        page = admin.site._registry.get(apps.get_model(model))
        return page is not None and page.has_view_permission(request)

    return may_open


def _may_see_schedules(request: HttpRequest) -> bool:
    from crm_site.schedules import may_see_schedules

    return may_see_schedules(request)


def _item(title: Promise, icon: str, model: str) -> dict[str, Any]:
    address = f"admin:{model.replace('.', '_').lower()}_changelist"
    return {"title": title, "icon": icon, "link": reverse_lazy(address), "permission": _opens(model)}


def _may_audit(request: HttpRequest) -> bool:
    from access.audit_lists import may_audit

    return may_audit(request.user)


def _group(title: Promise, *items: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "items": list(items)}


NAVIGATION: Final = [
    _group(
        _("People and access"),
        _item(_("Users"), "person", "access.User"),
        _item(_("Org units"), "account_tree", "access.OrgUnit"),
        _item(_("Roles"), "badge", "access.Role"),
        _item(_("Role assignments"), "assignment_ind", "access.RoleAssignment"),
        _item(_("User groups"), "group", "auth.Group"),
        _item(_("Delegations"), "swap_horiz", "access.Delegation"),
        _item(_("API tokens"), "key", "access.ApiToken"),
        _item(_("Customers shared with users"), "person_add", "customers.CustomerUserObjectPermission"),
        _item(_("Customers shared with groups"), "group_add", "customers.CustomerGroupObjectPermission"),
    ),
    _group(
        _("Audit"),
        {"title": _("Events"), "icon": "policy", "link": reverse_lazy("access:audit_events"), "permission": _may_audit},
        {"title": _("Changes"), "icon": "manage_history", "link": reverse_lazy("access:audit_changes"), "permission": _may_audit},
    ),
    _group(
        _("Customers"),
        _item(_("Customers"), "domain", "customers.Customer"),
        _item(_("Industries"), "factory", "customers.Industry"),
        _item(_("Regions"), "map", "customers.Region"),
    ),
    _group(
        _("Catalogue"),
        _item(_("Products"), "inventory_2", "products.Product"),
        _item(_("Tariffs"), "sell", "products.Tariff"),
        _item(_("Discounts"), "percent", "products.Discount"),
        _item(_("Offers"), "request_quote", "products.Offer"),
        _item(_("Group subscriptions"), "lan", "products.GroupSubscription"),
    ),
    _group(
        _("Numbers and rules"),
        _item(_("Members"), "groups", "members.Member"),
        _item(_("Number segments"), "dialpad", "members.NumberSegment"),
        _item(_("Blacklisted numbers"), "block", "members.BlacklistedNumber"),
        _item(_("Verdict rules"), "rule", "members.VerdictRule"),
    ),
    _group(
        _("Work in the background"),
        _item(_("Jobs"), "stacks", "jobs.Job"),
        _item(_("Source files"), "draft", "jobs.SourceFile"),
        {"title": _("Schedules"), "icon": "schedule", "link": reverse_lazy("admin:schedules"), "permission": _may_see_schedules},
    ),
]

UNFOLD: Final[dict[str, Any]] = {
    "SITE_TITLE": _("Administration"),
    "SITE_HEADER": _("Administration"),
    "SITE_SUBHEADER": _("Group-customer CRM"),
    "SITE_SYMBOL": "shield_person",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _static("common/mark.svg")}],
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [_static("inter/wght.css"), _static("common/administration.css")],
    "SCRIPTS": [_static("common/administration.js")],
    "SIDEBAR": {"show_search": True, "command_search": False, "show_all_applications": False, "navigation": NAVIGATION},
}


class AdministrationConfig(AdminConfig):
    """Django's administration on our site."""

    default_site = "crm_site.administration_site.AdministrationSite"
