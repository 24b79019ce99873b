"""What lists remember for a person: answers `common.lists.memory` from the tables of this app."""

from __future__ import annotations

from typing import Any

from access.models import ListSetting, User
from access.services.list_views import open_views
from common.lists.layout import Layout
from common.lists.memory import KeptView, Remembered


def remembered(user: Any, list_name: str, *, with_views: bool) -> Remembered:
    """The layout and the saved views of list `list_name` for `user`: a query each, the second only where they are asked for."""
    if not isinstance(user, User):
        return Remembered()
    setting = setting_of(user, list_name)
    layout = Layout(tuple(setting.columns), setting.sort, setting.density)
    return Remembered(layout, setting.default_view_id, _views(user, list_name, setting.view_order) if with_views else ())


def setting_of(user: User, list_name: str) -> ListSetting:
    """How `user` likes the list; empty where nothing was kept."""
    return ListSetting.objects.filter(user=user, list_name=list_name).first() or ListSetting()


def _views(user: User, list_name: str, order: list[int]) -> tuple[KeptView, ...]:
    return tuple(
        KeptView(
            key=view.pk,
            label=view.name,
            parameters=view.parameters,
            is_own=view.owner_id == user.pk,
            owner=str(view.owner),
            shared_with=view.shared_unit.label if view.shared_unit is not None else "",
        )
        for view in open_views(user, list_name, order)
    )
