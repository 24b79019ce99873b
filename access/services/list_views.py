"""Keep views of lists, share them with a unit, and remember how a person likes a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypedDict

from django.core.exceptions import TooManyFieldsSent, ValidationError
from django.db import transaction
from django.http import Http404, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.choices import units_in_reach
from access.models import ListSetting, OrgUnit, SavedView, User
from common.lists.definition import module_of_list
from common.lists.layout import Layout
from common.lists.state import PLACE_NAMES
from common.lists.tabs import VIEW
from common.saving import save_unless_taken
from common.versions import ensure_version

MOST_VIEWS: Final = 50
OUT_OF_REACH: Final = gettext_lazy("This unit is out of your reach.")
_LONGEST_QUERY: Final = 6_000


class ViewDetails(TypedDict, total=False):
    """What there is to say of a view; a key that is missing keeps what stands there. `query` are the parameters of an address."""

    name: str
    query: str
    shared_unit: OrgUnit | None


@transaction.atomic
def save_view(*, actor: User, list_name: str, name: str, query: str, shared_unit: OrgUnit | None = None) -> SavedView:
    """Keep the list `list_name` under the address parameters `query` as a view of `actor`.

    Raises ValidationError where the name is taken, the list is unknown, the parameters are too many or the unit is out of reach.
    """
    module = module_of_list(list_name)
    if module is None:
        raise ValidationError(_("There is no such list."))
    if SavedView.objects.filter(owner=actor, list_name=list_name).count() >= MOST_VIEWS:
        raise ValidationError(_("You have %(count)d views of this list. Delete one first.") % {"count": MOST_VIEWS})
    view = SavedView(owner=actor, list_name=list_name, name=name, parameters=parameters_of(query))
    _share(view, actor, shared_unit)
    _save(view)
    return view


@transaction.atomic
def change_view(*, view_id: int, actor: User, details: ViewDetails, seen: str | None = None) -> SavedView:
    """Change what `details` name of an own view; `seen` is the version that was seen. Raises Http404 and ValidationError."""
    view = _own_as_seen(actor, view_id, seen)
    if "name" in details:
        view.name = details["name"]
    if "query" in details:
        view.parameters = parameters_of(details["query"])
    if "shared_unit" in details:
        _share(view, actor, details["shared_unit"])
    _save(view)
    return view


@transaction.atomic
def delete_view(*, view_id: int, actor: User, seen: str | None = None) -> SavedView:
    """Delete an own view; for whom it opened first, nothing does. `seen` is as in `change_view`. Raises Http404 and ValidationError."""
    view = _own_as_seen(actor, view_id, seen)
    view.delete()
    return view


@transaction.atomic
def open_first(*, view_id: int, actor: User, first: bool) -> None:
    """Let a view that `actor` may open be what the list opens with, or no longer. Raises Http404."""
    view = open_view(actor, view_id)
    setting = _setting(actor, view.list_name)
    setting.default_view = view if first else None
    setting.save()


@transaction.atomic
def move_view(*, view_id: int, actor: User, forward: bool) -> None:
    """Move a view's tab by one place among the saved ones, for `actor` alone. Raises Http404."""
    view = open_view(actor, view_id)
    setting = _setting(actor, view.list_name)
    found = SavedView.objects.open_to(actor).filter(list_name=view.list_name)
    keys = [one.pk for one in in_order(found, setting.view_order)]
    place = keys.index(view.pk)
    other = place + (1 if forward else -1)
    if 0 <= other < len(keys):
        keys[place], keys[other] = keys[other], keys[place]
        setting.view_order = keys
        setting.save()


@transaction.atomic
def arrange_views(*, actor: User, list_name: str, first: int | None, order: Sequence[int]) -> None:
    """Let the view `first` be what the list opens with (None: none), and the tabs stand in this `order`, for `actor` alone.

    Raises ValidationError where a view is none that `actor` may open.
    """
    setting = _setting(actor, list_name)
    known = set(SavedView.objects.open_to(actor).filter(list_name=list_name).values_list("pk", flat=True))
    missing = _("There is no such view, or it is not shared with you.")
    if not set(order) <= known:
        raise ValidationError({"order": missing})
    if first is not None and first not in known:
        raise ValidationError({"first": missing})
    setting.default_view_id, setting.view_order = first, list(dict.fromkeys(order))
    setting.save()


@transaction.atomic
def remember_layout(*, actor: User, list_name: str, layout: Layout) -> None:
    """Remember how `actor` likes the list. Raises ValidationError where there is no such list."""
    if module_of_list(list_name) is None:
        raise ValidationError(_("There is no such list."))
    setting = _setting(actor, list_name)
    setting.columns, setting.sort, setting.density = list(layout.columns), layout.sort, layout.density
    setting.save()


def in_order(views: Iterable[SavedView], order: list[int]) -> list[SavedView]:
    """`views` in the order that somebody gave them; those not named there stand at the end, by age."""
    places = {key: place for place, key in enumerate(order)}
    return sorted(views, key=lambda view: (places.get(view.pk, len(places)), view.pk))


def parameters_of(query: str) -> dict[str, list[str]]:
    """What is kept of an address: all but the place in the list. Raises ValidationError where that is too much."""
    if len(query) > _LONGEST_QUERY:
        raise ValidationError(_("So many filters cannot be kept."))
    try:
        found = QueryDict(query.replace("%00", ""))
    except TooManyFieldsSent as error:
        raise ValidationError(_("So many filters cannot be kept.")) from error
    return {name: values for name, values in ((name, found.getlist(name)) for name in found) if name not in (*PLACE_NAMES, VIEW)}


def own_view(user: User, view_id: int, *, lock: bool = False) -> SavedView:
    """The view of `user` with this key. Raises Http404."""
    views = SavedView.objects.filter(owner=user, pk=view_id)
    view = (views.select_for_update() if lock else views.select_related("shared_unit")).first()
    if view is None:
        raise Http404
    return view


def _own_as_seen(user: User, view_id: int, seen: str | None) -> SavedView:
    """The own view, locked. Raises Http404, and ValidationError (`stale`) where it is not the version `seen`."""
    view = own_view(user, view_id, lock=True)
    if seen is not None:
        ensure_version(view, seen)
    return view


def open_views(user: User, list_name: str, order: list[int]) -> list[SavedView]:
    """The views of a list that `user` may open, in the `order` that the user gave them."""
    found = SavedView.objects.open_to(user).filter(list_name=list_name)
    return in_order(found.select_related("owner", "shared_unit"), order)


def open_view(user: User, view_id: int) -> SavedView:
    """The view with this key that `user` may open. Raises Http404."""
    view = SavedView.objects.open_to(user).filter(pk=view_id).select_related("owner", "shared_unit").first()
    if view is None:
        raise Http404
    return view


def _save(view: SavedView) -> None:
    view.full_clean(exclude={"parameters"})  # a view may well filter nothing
    save_unless_taken(view)


def _share(view: SavedView, actor: User, unit: OrgUnit | None) -> None:
    """Share with `unit`, which lies in the actor's reach for the list's rows; a unit that it is shared with already may stay."""
    reachable = unit is None or unit.pk == view.shared_unit_id
    if not reachable and unit is not None:
        reachable = units_in_reach(actor, module_of_list(view.list_name) or "").filter(pk=unit.pk).exists()
    if not reachable:
        raise ValidationError({"shared_unit": OUT_OF_REACH})
    view.shared_unit = unit


def _setting(user: User, list_name: str) -> ListSetting:
    ListSetting.objects.get_or_create(user=user, list_name=list_name)
    return ListSetting.objects.select_for_update().get(user=user, list_name=list_name)
