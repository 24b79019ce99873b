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
from customers.forms_hand_overs import HandOverForm, ItemNoteForm, ItemReasonForm
from customers.hand_over_facts import covers_of, figures_in_words, load_of, people_to_tell_of, steps_for, warnings_of
from customers.models import LEFT_ALONE, Customer, HandOver, HandOverItem, HandOverState, ItemState
from customers.open_work import open_work
from customers.services import hand_over_work as work
from customers.services import hand_overs as services
from customers.tables import CustomerList
from customers.tables_hand_overs import HandOverItemList, HandOverList, item_state, state_of

_MOST_GIVERS: Final = 20


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
    """Draft a hand-over: of the chosen rows of the list of customers, or of a whole portfolio (`giver`, by default the own one)."""
    user = signed_in(request)
    require(user, "customers", Action.CHANGE)
    selection = Selection.sent(request, CustomerList.name)
    chosen: QuerySet[Any] | None = None if selection.is_empty else selection.rows(user)
    counts = _givers(user, chosen) if chosen is not None else _whole(request, user)
    givers = User.objects.filter(pk__in=list(counts)).order_by("name", "pk")
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
    return render(request, "customers/hand_over_create.html", context, status=422 if form.errors else 200)


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
    pk, names = found.pk, {"giver": found.giver.name, "receiver": found.receiver.name}
    match step:
        case "offer":
            offered = services.offer_hand_over(hand_over_id=pk, actor=user)
            if offered.state == HandOverState.APPROVAL:
                return _("It is put to those who may approve it.")
            return _("It is offered to %(receiver)s.") % names
        case "approve":
            services.approve_hand_over(hand_over_id=pk, actor=user)
            return _("It is approved, and offered to %(receiver)s.") % names
        case "accept":
            return _accepted(work.accept_hand_over(hand_over_id=pk, actor=user))
        case "refuse":
            services.refuse_hand_over(hand_over_id=pk, actor=user, reason=reason)
            return _("It is refused, and nothing moves.")
        case "withdraw":
            services.withdraw_hand_over(hand_over_id=pk, actor=user, reason=reason)
            return _("It is taken back, and nothing moves.")
        case "return":
            moved = work.return_hand_over(hand_over_id=pk, actor=user, reason=reason)
            text = ngettext("%(count)d customer is with %(giver)s again.", "%(count)d customers are with %(giver)s again.", moved)
            return text % {"count": moved, **names}
    raise BadRequest


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
            services.leave_out_item(item_id=item.pk, actor=user)
            return _("“%(name)s” is left out.") % {"name": item.label}
        case "refuse":
            services.refuse_items(items=rows, actor=user, reason=form.cleaned_data["reason"])
            return _("“%(name)s” is refused.") % {"name": item.label}
        case "take":
            services.refuse_items(items=rows, actor=user, reason="")
            return _("“%(name)s” is taken after all.") % {"name": item.label}
    raise BadRequest
