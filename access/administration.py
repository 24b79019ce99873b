"""What the administration's pages share: they obey the access policy, and stay quick on large tables."""
# ruff: noqa: ARG002  (the signatures are Django's)

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar, Final

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import Promise
from unfold.admin import ModelAdmin, TabularInline

from access.admin_guard import RemembersVersion
from access.history.subjects import subject_of
from access.history.views import restore_view, show_versions
from access.models import Action, User
from access.requests import signed_in
from access.scope import scope_of
from common.keys import key_in

COUNT_LIMIT: Final = 10_000

_person_pages: list[tuple[Promise | str, str]] = []


def register_person_page(title: Promise | str, url_name: str) -> None:
    """Link `url_name`, which takes a user's key, from the page of each person: what an app above knows of people."""
    _person_pages.append((title, url_name))


def person_pages(pk: int) -> list[tuple[Promise | str, str]]:
    """Title and address of each such page of the user with key `pk`."""
    return [(title, reverse(url_name, args=[pk])) for title, url_name in _person_pages]


def may_administer(request: HttpRequest, module: str, action: str) -> bool:
    """Whether the administration is open to the request's user for `action` in `module`: to staff whose role reaches everything there."""
    staff = bool(getattr(request.user, "is_staff", False))
    return staff and scope_of(request.user).reach(module, action).everything


def _name_of(item: Any) -> str:
    """The field, or the parameter of a filter of our own, that an entry of `list_filter` goes by."""
    if isinstance(item, tuple):
        item = item[0]
    return str(getattr(item, "parameter_name", item)).split(LOOKUP_SEP)[0]


def may_look_into(reader: Any, person: User) -> bool:
    """Whether `reader` may see whom and what `person` reaches: administrators and auditors, and the directors above."""
    reach = scope_of(reader).role_reach("access", Action.VIEW)
    return bool(reach.everything or person.org_unit_id in reach.unit_ids)


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Counts no further than `COUNT_LIMIT` rows: counting ten million takes seconds."""

    @cached_property
    def count(self) -> int:
        """The number of rows, or `COUNT_LIMIT` where there are more."""
        rows: Any = self.object_list
        return int(rows[:COUNT_LIMIT].count()) if isinstance(rows, QuerySet) else len(rows)


class PolicyAdmin(ModelAdmin):  # type: ignore[misc]  # the package has no types
    """A page of the administration. `module` is the one whose permissions count; the model's app where it is empty."""

    module: ClassVar[str] = ""
    show_full_result_count = False
    view_on_site = False
    paginator = CappedPaginator
    change_form_after_template = "access/version_field.html"

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """With the guard against lost updates, where rows know when they were last written."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None or not hasattr(obj, "updated_at") or not self.has_change_permission(request, obj):
            return form
        return type(form.__name__, (RemembersVersion, form), {})

    def _may(self, request: HttpRequest, action: str) -> bool:
        return may_administer(request, self.module or self.opts.app_label, action)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the app is listed."""
        return self._may(request, Action.VIEW)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether rows are shown."""
        return self._may(request, Action.VIEW)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether rows may be added."""
        return self._may(request, Action.ADD)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether rows may be changed."""
        return self._may(request, Action.CHANGE)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether rows may be deleted."""
        return self._may(request, Action.DELETE)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only by the filters that the page offers: by any other somebody finds masked values out, one digit after the other."""
        offered = {_name_of(item) for item in self.list_filter}
        return lookup.split(LOOKUP_SEP)[0] in offered and bool(super().lookup_allowed(lookup, value, request))

    def get_urls(self) -> list[Any]:
        """With the page that puts an old value back, where the model's history allows that."""
        urls: list[Any] = super().get_urls()
        subject = subject_of(self.opts.label_lower)
        if subject is None or not subject.restore_url.startswith("admin:"):
            return urls
        page = self.admin_site.admin_view(self.restore_page)
        return [path("<path:object_id>/restore/", page, name=subject.restore_url.removeprefix("admin:")), *urls]

    def restore_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what putting an old value back would change, and do it. Raises Http404."""
        key, subject = key_in(object_id), subject_of(self.opts.label_lower)
        if key is None or subject is None:
            raise Http404
        row = subject.get(signed_in(request), key, Action.CHANGE)
        if "version" not in request.GET:  # of the address: whoever names no event chooses one
            return redirect(subject.history_url, row.pk)
        return restore_view(self.opts.label_lower)(request, pk=row.pk)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The row's versions with old and new values, whoever wrote them, where the model has a history."""
        if request.method == "POST":
            return HttpResponseNotAllowed(["GET", "HEAD"])
        row = self.get_object(request, unquote(object_id))
        if row is None or not hasattr(self.model, "pgh_event_model"):
            answer: HttpResponse = super().history_view(request, object_id, extra_context)
            return answer
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        page_url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id])
        subject = subject_of(self.opts.label_lower)
        return show_versions(request, self.model, row, page_url=page_url, subject=subject)


class ReadOnlyAdmin(PolicyAdmin):
    """Rows that are written by services alone, to look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No."""
        return False


class PolicyInline(TabularInline):  # type: ignore[misc]  # the package has no types
    """Rows shown and written with the row they belong to, under the same permissions."""

    extra = 0
    view_on_site = False

    def _may(self, request: HttpRequest, action: str) -> bool:
        return may_administer(request, self.opts.app_label, action)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether rows are shown."""
        return self._may(request, Action.VIEW)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether rows may be added."""
        return self._may(request, Action.CHANGE)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether rows may be changed."""
        return self._may(request, Action.CHANGE)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether rows may be removed."""
        return self._may(request, Action.CHANGE)


class ReadOnlyInline(PolicyInline):
    """Rows to look at."""

    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No."""
        return False
