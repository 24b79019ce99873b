"""Forms of the administration of roles."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.apps import apps
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from access.models import Action, Role
from access.services.standard_roles import MODULES


class _RoleDetails(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A role, and for each module of the program the actions that it allows there."""

    class Meta:
        model = Role
        fields: ClassVar = ["code", "name_zh", "name_en", "scope", "requires_second_factor"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed: dict[str, list[str]] = {}
        if self.instance.pk:
            for module, action in self.instance.permissions.values_list("module", "action"):
                allowed.setdefault(module, []).append(action)
        for module in MODULES:
            self.fields[module].initial = allowed.get(module, [])

    def allowed(self) -> set[tuple[str, str]]:
        """The ticked (module, action) pairs."""
        return {(module, action) for module in MODULES for action in self.cleaned_data[module]}


def _actions_of(module: str) -> forms.MultipleChoiceField:
    label = apps.get_app_config(module).verbose_name
    return forms.MultipleChoiceField(label=label, choices=Action.choices, required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget)


# The administration asks a form's class for its fields, so they cannot wait for an instance.
RoleForm = type("RoleForm", (_RoleDetails,), {module: _actions_of(module) for module in MODULES})
