"""The tab that says with whom a customer is shared, and shares it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from access.fields import PersonField
from access.models import User
from access.requests import signed_in
from common.panels import render_panel
from customers.grants import TO_CHANGE, TO_VIEW, CustomerGroupObjectPermission, CustomerUserObjectPermission
from customers.models import Customer
from customers.services.sharing import customers_to_share, end_share, share_customer
from customers.views.customer import SLOT, read_customer

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


@require_http_methods(["GET", "POST"])
def customer_sharing(request: HttpRequest, pk: int) -> HttpResponse:
    """With whom the customer is shared; who may change it by a role shares it here."""
    customer = read_customer(request, pk)
    user = signed_in(request)
    may_share = customers_to_share(user).filter(pk=pk).exists()
    if request.method == "POST" and not may_share:
        raise Http404
    form = ShareForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        holder = given["person"] or given["group"]
        try:
            share_customer(customer_id=pk, actor=user, holder=holder, permission=given["permission"])
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The customer is shared with %(name)s.") % {"name": holder})
            return redirect("customers:customer_sharing", pk)
    context = {"customer": customer, "form": form, "may_share": may_share, "grants": grants_of(customer)}
    response = render_panel(
        request, slot=SLOT, key="sharing", subject=customer, template="customers/partials/_sharing.html", context=context
    )
    response.status_code = 422 if form.errors else 200
    return response


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
