"""What happened to a customer, as a tab of its page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from access.models import User
from access.requests import signed_in
from common.htmx import asks_for
from common.panels import render_panel
from customers.timeline import read_page
from customers.timeline.reading import Cursor, Page, Span
from customers.timeline.registry import kinds_for
from customers.views.customer import SLOT, read_customer


class TimelineForm(forms.Form):
    """Of which kinds, and of which days."""

    kind = forms.MultipleChoiceField(label=_("Kinds"), required=False, widget=forms.CheckboxSelectMultiple)
    first = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        self.kinds = kinds_for(user)
        chooser = self.fields["kind"]
        assert isinstance(chooser, forms.MultipleChoiceField)
        chooser.choices = [(kind.key, kind.label) for kind in self.kinds]

    def clean(self) -> dict[str, Any]:
        """The days are in order."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("first") and given.get("last") and given["last"] < given["first"]:
            self.add_error("last", _("The last day lies before the first."))
        return given

    def address(self) -> dict[str, Any]:
        """What the address says of the filters."""
        given = {name: self.cleaned_data[name] for name in ("kind", "first", "last")}
        return {name: value for name, value in given.items() if value}

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is filtered out."""
        return not self.is_valid() or bool(self.address())


@require_GET
def customer_timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that happened to the customer, the newest first. `?kind=`, `?first=` and `?last=` narrow it, `?before=` names the page."""
    customer = read_customer(request, pk)
    user = signed_in(request)
    form = TimelineForm(request.GET, user=user)
    before = Cursor.parse(request.GET.get("before", ""))
    page = Page([], "")
    if form.is_valid():
        given = form.cleaned_data
        page = read_page(customer, user, kinds=given["kind"], span=Span(given["first"], given["last"]), before=before)
    address = reverse("customers:customer_timeline", args=[pk])
    following = {**form.address(), "before": page.following} if page.following else {}
    context = {
        "customer": customer,
        "form": form,
        "page": page,
        "address": address,
        "more_url": f"{address}?{urlencode(following, doseq=True)}" if following else "",
        "newest_url": f"{address}?{urlencode(form.address(), doseq=True)}" if before and form.is_valid() else "",
        "day_before": before.at if before else None,
    }
    parts = {"timeline-more": "customers/partials/_timeline_entries.html", "timeline": "customers/partials/_timeline_body.html"}
    for element_id, template in parts.items():
        if asks_for(request, element_id):
            response = render(request, template, context, status=422 if form.errors else 200)
            patch_vary_headers(response, ["HX-Request", "HX-Target"])
            return response
    return render_panel(request, slot=SLOT, key="timeline", subject=customer, template="customers/partials/_timeline.html", context=context)
