"""Pages of hand-overs: the list, making one, looking at it, and the steps that decide on it."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from access.choices import people_in_reach
from access.models import Action, User
from access.policy import require
from access.requests import signed_in
from common.keys import key_in
from common.lists import ListPage, render_swap
from common.lists.selection import Selection
from customers.forms_hand_overs import DraftForm, HandOverForm, ItemNoteForm, ItemReasonForm
from customers.hand_over_facts import covers_of, dropped_on, figures_in_words, load_of, people_to_tell_of, steps_for, warnings_of
from customers.models import LEFT_ALONE, Customer, HandOver, HandOverItem, HandOverState, ItemState
from customers.open_work import open_work
from customers.services import hand_over_work as work
from customers.services import hand_overs as services
from customers.services.hand_over_drafts import add_to_draft, change_draft, leave_out_items
from customers.tables import CustomerList
from customers.tables_hand_overs import HandOverItemList, HandOverList, item_state, state_of

_MOST_GIVERS: Final = 20
_MOST_DRAFTS: Final = 5
_SHOWN: Final = 20


class HandOverListPage(ListPage):
    """The hand-overs that the user has to do with."""

    list_class = HandOverList
    template_name = "customers/hand_over_list.html"


@require_GET
def hand_over_of(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin to hand the portfolio of a person over. Raises Http404 for whoever may not."""
    user = signed_in(request)
    if not people_in_reach(user, "customers", Action.APPROVE).filter(pk=pk).exists():
        raise Http404
    return redirect(f"{reverse('customers:hand_over_create')}?giver={pk}")


@require_http_methods(["GET", "POST"])
def hand_over_create(request: HttpRequest) -> HttpResponse:
    """Draft a hand-over: of the chosen rows of the list of customers, or of a whole portfolio (`giver`, by default the own one).

    Where the user has drafts of the same people's customers, the chosen rows can go into one of these (`draft`).
    """
    user = signed_in(request)
    require(user, "customers", Action.CHANGE)
    selection = Selection.sent(request, CustomerList.name)
    chosen: QuerySet[Any] | None = None if selection.is_empty else selection.rows(user)
    counts = _givers(user, chosen) if chosen is not None else _whole(request, user)
    givers = User.objects.filter(pk__in=list(counts)).order_by("name", "pk")
    drafts = HandOver.objects.filter(maker=user, state=HandOverState.DRAFT, giver__in=list(counts)).select_related("giver", "receiver")
    draft = key_in(request.POST.get("draft", ""))
    if draft is not None:
        return _add_to(request, draft, chosen)
    form = HandOverForm(request.POST if request.method == "POST" else None, givers=givers, counts=counts)
    if form.is_valid():
        try:
            hand_over = services.create_hand_over(actor=user, customers=chosen, **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            return redirect("customers:hand_over", hand_over.pk)
    fields = [] if selection.is_empty else selection.fields
    context = {"form": form, "fields": fields, "counts": counts, "selection": selection, "total": sum(counts.values())}
    context |= {"drafts": drafts.annotate(size=Count("items"))[:_MOST_DRAFTS]}
    return render(request, "customers/hand_over_create.html", context, status=422 if form.errors else 200)


def _add_to(request: HttpRequest, draft: int, chosen: QuerySet[Any] | None) -> HttpResponse:
    """Put the chosen customers, or all of the giver's, into a draft."""
    try:
        added = add_to_draft(hand_over_id=draft, actor=signed_in(request), customers=chosen)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        text = ngettext("%(count)d customer is added.", "%(count)d customers are added.", added)
        messages.success(request, text % {"count": added})
    return redirect("customers:hand_over", draft)


def _givers(user: User, chosen: QuerySet[Any]) -> dict[int, int]:
    """Whose the chosen customers are, as far as the user may hand them over, those of most of them first, with how many there are."""
    reached = Customer.objects.filter(pk__in=chosen.order_by().values("pk"), manager__isnull=False)
    open_people = people_in_reach(user, "customers", Action.APPROVE).order_by().values("pk")
    mine = reached.filter(manager=user) | reached.filter(manager__in=open_people)
    rows = mine.order_by().values_list("manager").annotate(count=Count("pk")).order_by("-count", "manager")
    return dict(rows[:_MOST_GIVERS])


def _whole(request: HttpRequest, user: User) -> dict[int, int]:
    """The person whose whole portfolio it is, with its size. Raises Http404 for one out of reach."""
    given = request.POST if request.method == "POST" else request.GET
    text = given.get("giver", "")
    key = key_in(text) if text else user.pk
    reached = people_in_reach(user, "customers", Action.APPROVE)
    if key is None or (key != user.pk and not reached.filter(pk=key).exists()):
        raise Http404
    return {key: Customer.objects.visible_to(user).filter(manager=key).order_by().count()}


@require_http_methods(["GET", "POST"])
def hand_over_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the terms of a draft."""
    user = signed_in(request)
    found = _draft(user, pk)
    form = DraftForm(request.POST if request.method == "POST" else None, hand_over=found)
    if form.is_valid():
        try:
            change_draft(hand_over_id=pk, actor=user, seen=form.cleaned_data["version"], **form.details())
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The draft is changed."))
            return redirect("customers:hand_over", pk)
    return render(request, "customers/hand_over_edit.html", {"form": form, "hand_over": found}, status=422 if form.errors else 200)


def _draft(user: User, pk: int) -> HandOver:
    """A draft of the user's. Raises Http404."""
    rows = HandOver.objects.filter(state=HandOverState.DRAFT).select_related("giver", "receiver")
    return rows.get_visible(user, pk, Action.CHANGE)


@require_http_methods(["GET", "POST"])
def hand_over_leave_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the chosen customers out of a draft, once that is confirmed."""
    user = signed_in(request)
    found, selection = _draft(user, pk), Selection.sent(request, HandOverItemList.name)
    if selection.is_empty or selection.scope.get("hand_over") != str(pk):
        return redirect("customers:hand_over", pk)
    rows = selection.rows(user, Action.CHANGE)
    if request.method == "POST":
        _left, number = leave_out_items(items=rows, actor=user)
        text = ngettext("%(count)d customer is left out.", "%(count)d customers are left out.", number)
        messages.success(request, text % {"count": number})
        return redirect("customers:hand_over", pk)
    context = {"hand_over": found, "fields": selection.fields, "count": rows.order_by().count(), "rows": rows.order_by("pk")[:_SHOWN]}
    return render(request, "customers/hand_over_leave_out.html", context)


# --- one of them -----------------------------------------------------------------------------------------------------------------------


@require_GET
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """A hand-over as both sides see it."""
    found = _read(request, pk)
    items = HandOverItemList(request, embedded=True, hand_over=found)
    return render_swap(request, items) or _page(request, found, items)


def _read(request: HttpRequest, pk: int) -> HandOver:
    rows = HandOver.objects.select_related("giver__org_unit", "receiver__org_unit", "maker", "approver", "decided_by")
    return rows.get_visible(signed_in(request), pk)


def _page(request: HttpRequest, found: HandOver, items: HandOverItemList, **more: Any) -> HttpResponse:
    user = signed_in(request)
    barrier = services.why_not_approved(found, user) if found.state in (HandOverState.DRAFT, HandOverState.APPROVAL) else ""
    customers = services.open_items(found).filter(customer__manager=found.giver_id).order_by().values("customer")
    knows_giver = found.is_shown or user.pk == found.giver_id or services.leads(user, found)
    people = people_to_tell_of(found, user)
    context = {
        "hand_over": found,
        "state": state_of(found),
        "steps": steps_for(found, user, barrier),
        "needs_approval": found.state == HandOverState.DRAFT and bool(barrier),
        "barrier": barrier if found.state == HandOverState.APPROVAL and found.maker_id != user.pk and services.leads(user, found) else "",
        "figures": figures_in_words(found, user),
        "warnings": warnings_of(found),
        "covers": covers_of(people) if found.is_open else [],
        "work": open_work(customers, found.giver, user) if found.is_open and knows_giver else [],
        "load": load_of(found.receiver) if found.is_open and found.receiver in people else None,
        "list": items.state,
        "dropped_on": dropped_on(found) if found.state == HandOverState.DRAFT and found.maker_id == user.pk else None,
        **more,
    }
    return render(request, "customers/hand_over.html", context, status=422 if more else 200)


@require_POST
def hand_over_step(request: HttpRequest, pk: int) -> HttpResponse:
    """One step: `step` is offer, approve, accept, refuse, withdraw or return; the last three say why in `reason`."""
    user = signed_in(request)
    found = HandOver.objects.select_related("giver", "receiver").get_visible(user, pk, Action.CHANGE)
    step, reason = request.POST.get("step", ""), request.POST.get("reason", "").strip()[:200]
    try:
        said = _take(step, found, user, reason)
    except ValidationError as error:
        items = HandOverItemList(request, url=reverse("customers:hand_over", args=[pk]), embedded=True, hand_over=found)
        return _page(request, _read(request, pk), items, refusal=" ".join(error.messages), tried=step, typed=reason)
    messages.success(request, said)
    return redirect("customers:hand_over", pk) if HandOver.objects.filter(pk=pk).exists() else redirect("customers:hand_over_list")


def _take(step: str, found: HandOver, user: User, reason: str) -> str:
    """Take a step; what to say of it. Raises BadRequest for no such step."""
    names = {"giver": found.giver.name, "receiver": found.receiver.name}
    if step not in work.STEPS:
        raise BadRequest
    outcome = work.take_step(step=step, hand_over_id=found.pk, actor=user, reason=reason)
    match step:
        case "offer" if outcome is not None and outcome.state == HandOverState.APPROVAL:
            return _("It is put to those who may approve it.")
        case "offer":
            return _("It is offered to %(receiver)s.") % names
        case "approve":
            return _("It is approved, and offered to %(receiver)s.") % names
        case "accept" if outcome is not None:
            return _accepted(outcome)
        case "refuse":
            return _("It is refused, and nothing moves.")
        case "return" if outcome is not None:
            moved = outcome.items.filter(state=ItemState.RETURNED).count()
            text = ngettext("%(count)d customer is with %(giver)s again.", "%(count)d customers are with %(giver)s again.", moved)
            return text % {"count": moved, **names}
    return _("It is taken back, and nothing moves.")


def _accepted(found: HandOver) -> str:
    if found.state == HandOverState.DONE:
        moved = found.items.filter(state=ItemState.MOVED).count()
        left = found.items.filter(state__in=LEFT_ALONE).count()
        text = ngettext("%(count)d customer is yours now.", "%(count)d customers are yours now.", moved) % {"count": moved}
        if left:
            more = ngettext("%(count)d was left; the list says why.", "%(count)d were left; the list says why.", left)
            text = f"{text} {more % {'count': left}}"
        return text
    if found.job_key is not None:
        return _("It is accepted, and being carried out as job #%(job)s.") % {"job": found.job_key}
    return _("It is accepted, and will be carried out on %(day)s.") % {"day": found.effective_on.isoformat()}


# --- one customer of it ----------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def hand_over_item(request: HttpRequest, pk: int) -> HttpResponse:
    """A customer of a hand-over: its note, and for the receiver whether it is taken."""
    user = signed_in(request)
    action = Action.CHANGE if request.method == "POST" else Action.VIEW
    item = HandOverItem.objects.select_related("customer", "hand_over__giver", "hand_over__receiver").get_visible(user, pk, action)
    found, step = item.hand_over, request.POST.get("step", "")
    may_note = user.pk in (found.maker_id, found.giver_id) and found.state in ("draft", "approval", "offered")
    note = ItemNoteForm(request.POST if step == "note" else None, instance=item)
    refusal = ItemReasonForm(request.POST if step == "refuse" else None)
    form = {"note": note, "refuse": refusal}.get(step)
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            said = _take_with_item(step, item, user, form)
        except ValidationError as error:
            (form or refusal).refuse(error)
        else:
            messages.success(request, said)
            return redirect("customers:hand_over", found.pk)
    context = {
        "item": item,
        "hand_over": found,
        "state": item_state(item),
        "note_form": note if may_note else None,
        "may_leave_out": may_note and found.state == HandOverState.DRAFT,
        "refusal_form": refusal,
        "may_decide": user.pk == found.receiver_id and found.state == HandOverState.OFFERED,
        "is_seen": Customer.objects.visible_to(user).filter(pk=item.customer_id).exists(),
    }
    return render(request, "customers/hand_over_item.html", context, status=422 if note.errors or refusal.errors else 200)


def _take_with_item(step: str, item: HandOverItem, user: User, form: Any) -> str:
    rows = HandOverItem.objects.filter(pk=item.pk)
    match step:
        case "note":
            given = form.cleaned_data
            services.note_item(item_id=item.pk, actor=user, note=given["note"], seen=given["version"])
            return _("The note is saved.")
        case "leave_out":
            leave_out_items(items=rows, actor=user)
            return _("“%(name)s” is left out.") % {"name": item.label}
        case "refuse":
            services.refuse_items(items=rows, actor=user, reason=form.cleaned_data["reason"])
            return _("“%(name)s” is refused.") % {"name": item.label}
        case "take":
            services.refuse_items(items=rows, actor=user, reason="")
            return _("“%(name)s” is taken after all.") % {"name": item.label}
    raise BadRequest
