"""Leave cover: lending one's customers to a colleague for a period, and what is lent to oneself."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from access.fields import PersonField, colleagues_matching, label_of
from access.models import Action, Delegation, User
from access.requests import signed_in
from access.scope import scope_of
from access.services.delegations import Begun, begin_loan, end_delegation

_SHOWN: Final = 50
_BEGUN: Final = {
    Begun.NEW: gettext_lazy("Your customers are lent to %(name)s."),
    Begun.REASON: gettext_lazy("Your customers are lent to %(name)s for these days already; the reason is the new one."),
    Begun.SAME: gettext_lazy("Your customers are lent to %(name)s for these days already."),
}
_STATES: Final = {
    "counting": ("run", gettext_lazy("counts now")),
    "coming": ("idle", gettext_lazy("to come")),
    "over": ("ok", gettext_lazy("over")),
    "ended": ("bad", gettext_lazy("ended")),
}


class CoverForm(forms.Form):
    """To whom, from when to when, and why."""

    borrower = PersonField(label=gettext_lazy("Lend to"))
    starts_on = forms.DateField(label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    ends_on = forms.DateField(label=gettext_lazy("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)


@require_http_methods(["GET", "POST"])
def cover(request: HttpRequest) -> HttpResponse:
    """What the user lends and borrows, and the form to lend."""
    user = signed_in(request)
    form = CoverForm(request.POST if request.method == "POST" else None, initial={"starts_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            delegation, begun = begin_loan(actor=user, lender=user, **form.cleaned_data)
        except ValidationError as error:
            _refuse(form, error)
        else:
            messages.success(request, _BEGUN[begun] % {"name": delegation.borrower.name})
            return redirect("access:cover")
    return render(request, "access/cover.html", _context(user, form), status=422 if form.errors else 200)


@require_POST
def cover_end(request: HttpRequest) -> HttpResponse:
    """End what the user lends."""
    end_delegation(delegation_id=request.POST.get("delegation", ""), actor=signed_in(request))
    messages.success(request, _("Your customers are no longer lent."))
    return redirect("access:cover")


@require_GET
def people_options(request: HttpRequest) -> HttpResponse:
    """The colleagues that match what is typed, the first parameter of the query, as options."""
    typed = request.GET.get(next(iter(request.GET), ""), "")
    options = [label_of(person) for person in colleagues_matching(typed, reader=signed_in(request))]
    return render(request, "access/partials/_people_options.html", {"options": options})


def _refuse(form: forms.Form, error: ValidationError) -> None:
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        for one in errors:
            form.add_error(name if name in form.fields else None, one)


def _context(user: User, form: forms.Form) -> dict[str, Any]:
    own = scope_of(user).role_reach("customers", Action.VIEW)
    return {
        "form": form,
        "may_lend": own.own or own.everything,
        "lent": _lines(Delegation.objects.filter(lender=user).select_related("lender", "borrower")),
        "borrowed": _lines(Delegation.objects.filter(borrower=user).select_related("lender", "borrower")),
    }


def _lines(delegations: QuerySet[Delegation]) -> list[dict[str, Any]]:
    """The last of `delegations` with how they stand today: the tone of the dot, and the word."""
    lines = []
    for row in delegations[:_SHOWN]:
        state = row.state_on(timezone.localdate())
        lines.append({"row": row, "state": _STATES[state], "open": state in ("counting", "coming")})
    return lines
