"""Likely duplicates, two customers side by side, and the merge of them with its way back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from access.history.reading import read_versions
from access.models import Action, User
from access.requests import signed_in
from common.htmx import asks_for
from common.keys import key_in
from common.lists import ListPage
from common.versions import version_of
from customers.bulk.merging import clashes_of, effects_of
from customers.comparison import chosen, compared
from customers.duplicate_lists import DuplicateList, comparison_url, sign_words
from customers.former import former_customers, history_before
from customers.forms_merge import OtherCustomerForm
from customers.models import Customer, DuplicatePair, MergeState, PairState
from customers.services.duplicates import decide_pair
from customers.services.merging import Choices, begin_merge, begin_undo, merged_into, read_merge, undo_preview
from customers.services.merging import may_merge as may_merge_both
from customers.sharing import grants_of
from customers.views.customer import read_customer
from jobs.errors import JobRefused, describe
from jobs.models import Job

_LIKELY = 20


class DuplicateListPage(ListPage):
    """The pairs in reach."""

    list_class = DuplicateList
    template_name = "customers/duplicate_list.html"


@require_POST
def duplicate_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a pair is no duplicate, or take that back."""
    is_duplicate = request.POST.get("decision") == "open"
    decide_pair(pair_id=pk, actor=signed_in(request), is_duplicate=is_duplicate)
    kept = _("It is kept that these are two customers; they are not listed again.")
    messages.success(request, _("The pair is listed again.") if is_duplicate else kept)
    return redirect("customers:duplicate_list")


@require_http_methods(["GET", "POST"])
def customer_merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose another customer; see both side by side with what would move; merge the other one into this one."""
    user, winner = signed_in(request), read_customer(request, pk)
    if request.method == "POST":
        for action in (Action.CHANGE, Action.APPROVE):
            read_customer(request, pk, action)
    key = key_in(request.POST.get("loser", "") or request.GET.get("other", ""))
    if request.method == "POST" and key and not Customer.objects.filter(pk=key).exists() and merged_into(user, key) is not None:
        messages.info(request, _("That customer is merged already."))
        return redirect("customers:customer_detail", pk)
    if key is None or key == pk:
        return _choose_other(request, user, winner)
    loser = read_customer(request, key)
    rows = compared(winner, loser, user, request.POST if request.method == "POST" else None)
    refusal = ""
    if request.method == "POST":
        fields, attributes = chosen(request.POST, rows)
        seen = {winner.pk: request.POST.get("seen", ""), loser.pk: request.POST.get("seen_other", "")}
        reason = request.POST.get("reason", "")[:200]
        try:
            job = begin_merge(winner_id=pk, loser_id=key, actor=user, choices=Choices(fields, attributes, seen), reason=reason)
        except JobRefused as refused:
            refusal = refused.message
        else:
            return redirect("customers:merge_detail", job.pk)
    may_merge = may_merge_both(user, winner, loser)
    pair = DuplicatePair.objects.visible_to(user).filter(first=min(pk, key), second=max(pk, key)).first()
    context = {
        "customer": winner,
        "other": loser,
        "rows": rows,
        "pair": pair,
        "signs": sign_words(pair.signs) if pair is not None else [],
        "may_decide": pair is not None and DuplicatePair.objects.visible_to(user, Action.CHANGE).filter(pk=pair.pk).exists(),
        "is_dismissed": pair is not None and pair.state == PairState.DISMISSED,
        "may_merge": may_merge,
        "effects": effects_of(winner.pk, loser.pk) if may_merge else [],
        "clashes": clashes_of(winner.pk, loser.pk) if may_merge else [],
        "parting": _parting(winner, loser) if may_merge else [],
        "swap_url": comparison_url(loser.pk, winner.pk),
        "versions": (version_of(winner), version_of(loser)),
        "reason": request.POST.get("reason", ""),
        "refusal": refusal,
    }
    return render(request, "customers/customer_merge.html", context, status=409 if refusal else 200)


def _parting(winner: Customer, loser: Customer) -> list[str]:
    """With whom the loser is shared in a way in which the winner is not: these shares end with the loser."""
    had = {(grant.key, grant.words) for grant in grants_of(winner)}
    return list(dict.fromkeys(grant.holder for grant in grants_of(loser) if (grant.key, grant.words) not in had))


def _choose_other(request: HttpRequest, user: User, winner: Customer) -> HttpResponse:
    typed: Any = request.GET if "with" in request.GET else None
    form = OtherCustomerForm(typed, user=user, customer=winner)
    if form.is_valid():
        return redirect(comparison_url(winner.pk, form.cleaned_data["with"].pk))
    pairs = DuplicatePair.objects.visible_to(user).filter(Q(first=winner) | Q(second=winner), state=PairState.OPEN)
    likely = []
    for pair in pairs.select_related("first", "second").order_by("-score", "pk")[:_LIKELY]:
        other = pair.second if pair.first_id == winner.pk else pair.first
        likely.append({"other": other, "url": comparison_url(winner.pk, other.pk), "signs": sign_words(pair.signs), "score": pair.score})
    context = {"customer": winner, "form": form, "likely": likely}
    return render(request, "customers/customer_merge_other.html", context, status=422 if form.errors or request.method == "POST" else 200)


@require_GET
def merge_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What a merge did, or how far it is, and whether it was taken back."""
    user = signed_in(request)
    merge = read_merge(user, pk)
    job = Job.objects.get_visible(user, pk)
    undo = merge.job.undone_by
    context = {
        "merge": merge,
        "job": job,
        "undo": undo,
        "reason": describe(job.error["code"], job.error["figures"]) if job.error else "",
        "may_undo": merge.state == MergeState.DONE
        and undo is None
        and Customer.objects.visible_to(user, Action.APPROVE).filter(pk=merge.winner_id).exists(),
        "loser_url": reverse("customers:customer_detail", args=[merge.loser_key]) if merge.state == MergeState.UNDONE else "",
    }
    return render(request, "customers/merge_detail.html", context)


@require_http_methods(["GET", "POST"])
def merge_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what an undo would bring back and leave, and do it."""
    user = signed_in(request)
    merge = read_merge(user, pk)
    Customer.objects.get_visible(user, merge.winner_id, Action.APPROVE)
    if merge.state != MergeState.DONE:
        return redirect("customers:merge_detail", pk)
    refusal = ""
    if request.method == "POST":
        try:
            job = begin_undo(job_id=merge.pk, actor=user)
        except JobRefused as refused:
            refusal = refused.message
        else:
            return redirect("customers:merge_detail", job.pk)
    context = {"merge": merge, "effects": undo_preview(merge), "refusal": refusal}
    return render(request, "customers/merge_undo.html", context, status=409 if refusal else 200)


@require_GET
def merge_history(request: HttpRequest, pk: int) -> HttpResponse:
    """What happened to the customer that is gone, before merge `pk`: for whoever reaches the one that stays."""
    user = signed_in(request)
    merge = former_customers(user).select_related("winner").filter(pk=pk).first()
    if merge is None:
        raise Http404
    below = key_in(request.GET.get("below", ""))
    versions, following = read_versions(Customer, merge.loser_key, user, below=below)
    context = {"versions": versions, "history_url": request.path, "below": below, "following": following}
    if asks_for(request, "history"):
        return render(request, "access/history/_versions.html", context)
    return render(request, "customers/merge_history.html", {"merge": merge, "changes": history_before(merge), **context})
