"""Administration of delegations: who lends own customers to whom, for colleagues who cannot do it themselves."""
# ruff: noqa: ARG002  (the signatures are Django's)

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from access.administration import PolicyAdmin
from access.models import Delegation, User
from access.requests import signed_in
from access.services.delegations import check_loan, end_delegation, lend_scope

_STATES: dict[str, Promise | str] = {
    "counting": pgettext_lazy("delegation", "in force"),
    "coming": pgettext_lazy("delegation", "to come"),
    "over": pgettext_lazy("delegation", "over"),
    "ended": pgettext_lazy("delegation", "ended early"),
}


class StateFilter(admin.SimpleListFilter):
    """Delegations in one state."""

    title = gettext_lazy("State")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        """The states."""
        return list(_STATES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those in the chosen state."""
        today = timezone.localdate()
        conditions = {
            "counting": Q(ended_at=None, starts_on__lte=today, ends_on__gte=today),
            "coming": Q(ended_at=None, starts_on__gt=today),
            "over": Q(ended_at=None, ends_on__lt=today),
            "ended": Q(ended_at__isnull=False),
        }
        return queryset.filter(conditions.get(str(self.value()), Q()))


class DelegationForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A loan for a colleague; what the service would refuse stands at its field."""

    actor: User

    class Meta:
        model = Delegation
        fields = ("lender", "borrower", "starts_on", "ends_on", "reason")

    def clean(self) -> dict[str, Any]:
        """Ask the service whether it may be."""
        given: dict[str, Any] = super().clean() or {}
        names = ("lender", "borrower", "starts_on", "ends_on")
        if all(given.get(name) for name in names):
            check_loan(actor=self.actor, **{name: given[name] for name in names})
        return given


@admin.register(Delegation)
class DelegationAdmin(PolicyAdmin):
    """Delegations are lent and ended by the services; their rows are kept."""

    form = DelegationForm
    list_display = ("lender", "borrower", "starts_on", "ends_on", "reason", "state")
    list_filter = (StateFilter,)
    list_select_related = ("lender", "borrower")
    search_fields = ("lender__username", "lender__name", "borrower__username", "borrower__name")
    autocomplete_fields = ("lender", "borrower")
    actions = ("end",)

    @admin.display(description=gettext_lazy("State"))
    def state(self, delegation: Delegation) -> str:
        """In words."""
        return str(_STATES[delegation.state_on(timezone.localdate())])

    @admin.action(description=gettext_lazy("End at once"), permissions=["change"])
    def end(self, request: HttpRequest, queryset: QuerySet[Delegation]) -> None:
        """End those that still count or are to come."""
        chosen = queryset.filter(ended_at=None, ends_on__gte=timezone.localdate()).values_list("pk", flat=True)
        ended = [end_delegation(delegation_id=pk, actor=signed_in(request)) for pk in chosen]
        self.message_user(
            request, ngettext("%(count)d delegation has ended.", "%(count)d delegations have ended.", len(ended)) % {"count": len(ended)}
        )

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form knows who fills it in."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return type("DelegationForm", (form,), {"actor": signed_in(request)})

    def save_model(self, request: HttpRequest, obj: Delegation, form: Any, change: bool) -> None:
        """Through the service, as the administrator."""
        given = {name: getattr(obj, name) for name in ("lender", "borrower", "starts_on", "ends_on", "reason")}
        obj.pk = lend_scope(actor=signed_in(request), **given).pk

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """None is rewritten: it is ended, and another one lent."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No: it stays known who could reach what when."""
        return False
