"""The kinds of objects whose history has pages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.apps import apps
from django.db import models

from access.models import Action, User
from common.tracking import Event

Write = Callable[[Any, Mapping[str, Any], User, str], object]
"""Takes the row as it is, the values to put back by field name, who does it, and the version of the row that was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A kind of object with a history.

    Attributes:
        model: its model, decorated with `common.tracking.tracked`.
        page: the address of an object's own page.
        history_url, restore_url: names of the addresses made with `history_view` and `restore_view`; they take the object's key.
        find: the object with a key for a user and an action; raises Http404 when it is hidden. By default the access policy's.
        restorable: the fields whose old values may be put back; empty: none.
        write: puts values back, through the service that forms use: it checks them, the right to change, and the version seen.
    """

    model: type[models.Model]
    page: Callable[[Any], str]
    history_url: str
    restore_url: str = ""
    find: Callable[[User, Any, str], Any] | None = None
    restorable: Collection[str] = field(default_factory=frozenset)
    write: Write | None = None

    @property
    def event_model(self) -> type[Event]:
        """Where its events are kept."""
        return event_model_of(self.model)

    def get(self, user: User, pk: Any, action: str = Action.VIEW) -> Any:
        """The object. Raises Http404 when it is hidden from `user` for `action`."""
        if self.find is not None:
            return self.find(user, pk, action)
        manager: Any = self.model._default_manager
        return manager.get_visible(user, pk, action)


_SUBJECTS: Final[dict[str, Subject]] = {}


def register_subject(subject: Subject) -> None:
    """Make a kind known; called from an app's `AppConfig.ready`."""
    _SUBJECTS[subject.model._meta.label_lower] = subject


def subject_of(label: str) -> Subject | None:
    """The kind with the model label `label` ("customers.customer")."""
    return _SUBJECTS.get(label)


def event_model_of(model: type[models.Model]) -> type[Event]:
    """The event model of a tracked model."""
    found: type[Event] = apps.get_model(model._meta.app_label, f"{model.__name__}Event")
    return found


def tracked_models() -> dict[str, type[models.Model]]:
    """All models with a history, by label, in the order of their apps."""
    events = [model for model in apps.get_models() if issubclass(model, Event)]
    found: list[Any] = [event.pgh_tracked_model for event in events]
    return {model._meta.label_lower: model for model in found}
