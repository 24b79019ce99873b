"""The tab that says who reaches a customer and why, and the dialog that shares it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from access.fields import PersonField
from access.models import User
from access.requests import signed_in
from common.panels import render_panel
from customers.grants import TO_CHANGE, TO_VIEW, CustomerGroupObjectPermission, CustomerUserObjectPermission
from customers.models import Customer
from customers.readers import readers_of
from customers.services.sharing import customers_to_share, end_share, share_customer
from customers.views.customer import SLOT, may_share, read_customer

_SHOWN: Final = 200
_WORDS: Final = {TO_VIEW: gettext_lazy("may view"), TO_CHANGE: gettext_lazy("may view and change")}


class ShareForm(forms.Form):
    """With whom, and how far."""

    person = PersonField(label=gettext_lazy("Colleague"), required=False)
    group = forms.ModelChoiceField(label=gettext_lazy("or group"), queryset=Group.objects.none(), required=False, empty_label="—")
    permission = forms.ChoiceField(
        label=gettext_lazy("Permission"), choices=list(_WORDS.items()), widget=forms.RadioSelect, initial=TO_VIEW
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        if data is None:
            self.fields["person"].widget.attrs["autofocus"] = True
        groups = self.fields["group"]
        assert isinstance(groups, forms.ModelChoiceField)
        groups.queryset = Group.objects.order_by("name")

    def clean(self) -> dict[str, Any]:
        """Exactly one holder."""
        given = super().clean() or {}
        if not self.errors and bool(given.get("person")) == bool(given.get("group")):
            raise ValidationError(_("Name a colleague or a group, one of them."))
        return given

    def refuse(self, error: ValidationError) -> None:
        """Show what the service refused, at its field."""
        for name, errors in getattr(error, "error_dict", {"__all__": [error]}).items():
            for one in errors:
                self.add_error(name if name in self.fields else None, one)


@dataclass(frozen=True, slots=True)
class ShownGrant:
    """One line of the tab; `key` names the holder to the form that ends it."""

    holder: str
    is_group: bool
    words: Any
    granted_by: User | None
    granted_at: Any
    key: str


@require_GET
def customer_sharing(request: HttpRequest, pk: int) -> HttpResponse:
    """With whom the customer is shared, and who reaches it anyway."""
    customer = read_customer(request, pk)
    context = {
        "customer": customer,
        "may_share": may_share(request, customer),
        "grants": grants_of(customer),
        "readers": readers_of(customer, limit=_SHOWN),
    }
    return render_panel(request, slot=SLOT, key="sharing", subject=customer, template="customers/partials/_sharing.html", context=context)


@require_http_methods(["GET", "POST"])
def customer_share(request: HttpRequest, pk: int) -> HttpResponse:
    """Share the customer: a dialog over whatever page of it is open, and without a script a page of its own."""
    customer = read_customer(request, pk)
    if not may_share(request, customer):
        raise Http404
    form = ShareForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _share(request, customer, form):
        return _shared(request, customer)
    in_dialog = bool(request.htmx)  # type: ignore[attr-defined]
    template = "customers/customer_share.html"
    if in_dialog:
        template += "#form" if request.method == "POST" else "#dialog"
    response = render(request, template, {"customer": customer, "form": form, "in_dialog": in_dialog}, status=422 if form.errors else 200)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _share(request: HttpRequest, customer: Customer, form: ShareForm) -> bool:
    """Do what the form says; False where the service refuses it, which the form then shows."""
    given = form.cleaned_data
    holder = given["person"] or given["group"]
    try:
        share_customer(customer_id=customer.pk, actor=signed_in(request), holder=holder, permission=given["permission"])
    except ValidationError as error:
        form.refuse(error)
        return False
    messages.success(request, _("The customer is shared with %(name)s.") % {"name": holder})
    return True


def _shared(request: HttpRequest, customer: Customer) -> HttpResponse:
    """The dialog closes, and the tab, where it is open, reads itself anew; without a script the tab opens."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("customers:customer_sharing", customer.pk)
    response = HttpResponse(status=204)
    return trigger_client_event(trigger_client_event(response, "dialog-done"), "customer-shared")


@require_POST
def customer_sharing_end(request: HttpRequest, pk: int) -> HttpResponse:
    """No longer share the customer with a holder."""
    user = signed_in(request)
    if not customers_to_share(user).filter(pk=pk).exists():
        raise Http404
    kind, _dash, key = request.POST.get("holder", "").partition("-")
    model: Any = {"user": User, "group": Group}.get(kind)
    holder = model._default_manager.filter(pk=int(key)).first() if model is not None and key.isdecimal() and len(key) < 19 else None
    if holder is not None and end_share(customer_id=pk, actor=user, holder=holder):
        messages.success(request, _("The customer is no longer shared with %(name)s.") % {"name": holder})
    return redirect("customers:customer_sharing", pk)


def grants_of(customer: Customer) -> list[ShownGrant]:
    """What is granted of the customer, groups first; two queries."""
    groups = CustomerGroupObjectPermission.objects.filter(content_object=customer).select_related("group", "permission", "granted_by")
    people = CustomerUserObjectPermission.objects.filter(content_object=customer).select_related("user", "permission", "granted_by")
    shown = [_shown(grant, grant.group.name, f"group-{grant.group_id}") for grant in groups.order_by("group__name")[:_SHOWN]]
    return shown + [_shown(grant, str(grant.user), f"user-{grant.user_id}") for grant in people.order_by("user__name", "pk")[:_SHOWN]]


def _shown(grant: Any, holder: str, key: str) -> ShownGrant:
    words = _WORDS.get(grant.permission.codename, grant.permission.codename)
    return ShownGrant(holder, key.startswith("group"), words, grant.granted_by, grant.granted_at, key)
