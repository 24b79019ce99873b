"""What people do with their lists: lay them out, save views of them, share, order and delete those."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from access.choices import units_in_reach
from access.models import OrgUnit, SavedView, User
from access.requests import signed_in
from access.services import list_views as services
from common.lists.definition import module_of_list
from common.lists.layout import COLUMNS, DENSITY, SORT, Layout, read_layout
from common.lists.tabs import VIEW


class _UnitField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    def label_from_instance(self, obj: Any) -> str:
        """The unit below those above it."""
        return f"{'　' * (obj.path.count('/') - 1)}{obj.label}"


class ViewForm(forms.Form):
    """A view's name, and the unit that it is shared with."""

    name = forms.CharField(label=gettext_lazy("Name of the view"), max_length=60)
    shared_unit = _UnitField(
        label=gettext_lazy("Share with"),
        queryset=OrgUnit.objects.none(),
        required=False,
        empty_label=gettext_lazy("nobody"),
        help_text=gettext_lazy("All who work there or below may open the view. Each sees the rows in the own reach, and no others."),
    )

    def __init__(self, *args: Any, user: User, list_name: str, view: SavedView | None = None, **kwargs: Any) -> None:
        """The units are those in the reach of `user`, and the one that `view` is shared with."""
        super().__init__(*args, **kwargs)
        units = units_in_reach(user, module_of_list(list_name) or "")
        if view is not None and view.shared_unit_id is not None:
            units = units | OrgUnit.objects.filter(pk=view.shared_unit_id)
        self.fields["shared_unit"].queryset = units.distinct()  # type: ignore[attr-defined]  # a field of choices


def _back(request: HttpRequest) -> str:
    """The page to go back to, which is one of ours."""
    back = str((request.POST if request.method == "POST" else request.GET).get("next", ""))
    return back if back.startswith("/") and url_has_allowed_host_and_scheme(back, None) else "/"


def _with(address: str, **changes: str) -> str:
    """`address` with other parameters."""
    path, _mark, text = address.partition("?")
    query = QueryDict(text, mutable=True)
    for name, value in changes.items():
        query[name] = value
    return f"{path}?{query.urlencode()}"


@require_POST
def list_layout(request: HttpRequest) -> HttpResponse:
    """Lay a list out: in a saved view for that page, else from now on for the person."""
    user, given, back = signed_in(request), request.POST, _back(request)
    layout = Layout()
    if "standard" not in given:
        shown = given.getlist("column")
        columns = [(key, given.get(f"place-{key}", "")) for key in shown]
        sorts = zip(given.getlist("sort"), given.getlist("direction"), strict=False)
        layout = read_layout(columns, sorts, given.get("density", ""))
    prefix = f"{prefix}-" if (prefix := given.get("prefix", "")) else ""
    if QueryDict(back.partition("?")[2]).get(VIEW, "").isdigit():
        wanted = {COLUMNS: ",".join(layout.columns), SORT: layout.sort, DENSITY: layout.density}
        return redirect(_with(back, **{f"{prefix}{name}": text for name, text in wanted.items() if text}))
    try:
        services.remember_layout(actor=user, list_name=given.get("list", ""), layout=layout)
    except ValidationError as error:
        raise BadRequest from error
    return redirect(back)


@require_POST
def list_view_create(request: HttpRequest) -> HttpResponse:
    """Save the list as it is shown as a view."""
    user, back, list_name = signed_in(request), _back(request), request.POST.get("list", "")
    query = request.POST.get("query", "")
    form = ViewForm(request.POST, user=user, list_name=list_name)
    if form.is_valid():
        try:
            view = services.save_view(actor=user, list_name=list_name, query=query, **form.cleaned_data)
        except ValidationError as error:
            _refuse(form, error)
        else:
            messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
            return redirect(_with(f"{back.partition('?')[0]}?{query}", **{VIEW: str(view.pk)}))
    context = {"form": form, "back": back, "hidden": {"list": list_name, "query": query}}
    return render(request, "access/list_view_form.html", context, status=422)


@require_http_methods(["GET", "POST"])
def list_view_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename an own view, and share it."""
    user, back = signed_in(request), _back(request)
    view = services.own_view(user, pk)
    initial = {"name": view.name, "shared_unit": view.shared_unit_id}
    form = ViewForm(request.POST if request.method == "POST" else None, initial=initial, user=user, list_name=view.list_name, view=view)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_view(view_id=pk, actor=user, details=cast(services.ViewDetails, form.cleaned_data))
        except ValidationError as error:
            _refuse(form, error)
        else:
            messages.success(request, _("The changes are saved."))
            return redirect(back)
    return render(request, "access/list_view_form.html", {"form": form, "view": view, "back": back}, status=422 if form.errors else 200)


@require_POST
def list_view_keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an own view be as the list is shown."""
    try:
        view = services.change_view(view_id=pk, actor=signed_in(request), details={"query": request.POST.get("query", "")})
    except ValidationError as error:
        raise BadRequest from error
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
    return redirect(_with(f"{_back(request).partition('?')[0]}?{request.POST.get('query', '')}", **{VIEW: str(view.pk)}))


@require_POST
def list_view_first(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the list open with a view, or no longer."""
    services.open_first(view_id=pk, actor=signed_in(request), first=request.POST.get("first") == "yes")
    return redirect(_back(request))


@require_POST
def list_view_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move the tab of a view by one place."""
    services.move_view(view_id=pk, actor=signed_in(request), forward=request.POST.get("to") == "right")
    return redirect(_back(request))


@require_POST
def list_view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete an own view."""
    view = services.delete_view(view_id=pk, actor=signed_in(request))
    messages.success(request, _("The view “%(name)s” is deleted.") % {"name": view.name})
    return redirect(_back(request).partition("?")[0])


def _refuse(form: forms.Form, error: ValidationError) -> None:
    for name, errors in (error.error_dict if hasattr(error, "error_dict") else {"__all__": error.error_list}).items():
        for one in errors:
            form.add_error(name if name in form.fields else None, one)
