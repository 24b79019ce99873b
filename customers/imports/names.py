"""What cells name: entries of dictionaries, choices in either language, people and units in reach."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.conf import settings
from django.db.models import Choices
from django.utils.translation import override

from access.choices import staff_in_reach, units_in_reach
from access.models import User
from common.reading.layout import fold
from customers.imports.cells import normalised_name, shown
from customers.imports.findings import CellFault
from customers.models import Industry, Region

_SEVERAL: Final = -1


class Names:
    """Keys by name; a code goes before a name, and a name of several means none of them."""

    def __init__(self, entries: Iterable[tuple[int, str, Iterable[str]]]) -> None:
        """Take (key, code, names) of each entry."""
        self._by_code: dict[str, int] = {}
        self._by_name: dict[str, int] = {}
        for key, code, names in entries:
            self._by_code[normalised_name(code)] = key
            for name in {normalised_name(name) for name in names} - {""}:
                self._by_name[name] = key if self._by_name.get(name, key) == key else _SEVERAL

    def find(self, text: str, unknown: str = "unknown") -> int:
        """The key of what `text` names. Raises CellFault: `unknown`, ambiguous."""
        name = normalised_name(text)
        found = self._by_code.get(name) or self._by_name.get(name)
        if found is None:
            raise CellFault(unknown, value=shown(text))
        if found == _SEVERAL:
            raise CellFault("ambiguous", value=shown(text))
        return found


def industries() -> Names:
    """The industry dictionary."""
    return Names((key, code, names) for key, code, *names in Industry.objects.values_list("pk", "code", "name_en", "name_zh"))


def regions() -> Names:
    """The region dictionary."""
    return Names((key, code, names) for key, code, *names in Region.objects.values_list("pk", "code", "name_en", "name_zh"))


def managers(actor: User, action: str) -> Names:
    """The people to whom `actor` may give customers by `action`, by login or name."""
    staff = staff_in_reach(actor, "customers", action).order_by()
    return Names((key, login, [name]) for key, login, name in staff.values_list("pk", "username", "name"))


def units(actor: User, action: str) -> Names:
    """The units to which `actor` may give customers by `action`, by code or name."""
    found = units_in_reach(actor, "customers", action).order_by()
    return Names((key, code, names) for key, code, *names in found.values_list("pk", "code", "name_en", "name_zh"))


def choice_names(choices: type[Choices]) -> dict[str, Any]:
    """The values of fixed choices by value and by label in every language, folded."""
    names = {fold(str(value)): value for value in choices.values}
    for language, _label in settings.LANGUAGES:
        with override(language):
            for value, label in choices.choices:
                names.setdefault(fold(str(label)), value)
    return names


def is_named(text: str, *names: Any) -> bool:
    """Whether `text` is one of `names`, of whatever width and case."""
    wanted = normalised_name(text)
    return any(name and normalised_name(str(name)) == wanted for name in names)
