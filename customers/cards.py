"""What the home page shows of customers: those last looked at, those at risk, and the portfolio by level."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from access.models import Action, User
from access.requests import signed_in
from access.scope import allowed
from common.panels import register_card
from customers.models import Customer, CustomerLevel, Lifecycle
from customers.services.hand_overs import waiting_for
from customers.tables import lifecycle_state
from jobs.models import Job
from workflow.figures import reaches_units, register_figure, sums_in_reach
from workflow.recent import last_viewed
from workflow.team import WARNED, TeamColumn, counted, register_team_column

KIND: Final = "customers.customer"
RECENT: Final = 8
AT_RISK: Final = 6
HAND_OVERS: Final = 5
COUNTED: Final = 1_000


def recent_customers(request: HttpRequest) -> dict[str, Any]:
    """The customers that the user looked at last; before there are any, the own ones changed last, or the newest in reach."""
    user = signed_in(request)
    reachable = Customer.objects.visible_to(user).select_related("manager")
    keys = last_viewed(user, KIND, RECENT)
    if keys:
        found = {customer.pk: customer for customer in reachable.filter(pk__in=keys)}
        customers = [found[key] for key in keys if key in found]
    else:
        customers = list(reachable.filter(manager=user.pk).order_by("-updated_at", "-pk")[:RECENT])
    customers = customers or list(reachable.order_by("-pk")[:RECENT])
    return {"customers": [{"customer": customer, "lifecycle": lifecycle_state(customer)} for customer in customers]}


def customers_at_risk(request: HttpRequest) -> dict[str, Any]:
    """The customers in reach that are warned, the most valuable first, and how many there are.

    Own ones are counted here; those of whole units were counted in the night (None: not yet).
    """
    user = signed_in(request)
    warned = Customer.objects.visible_to(user).filter(lifecycle=Lifecycle.WARNED)
    rows = list(warned.select_related("manager").order_by("-value_score", "-pk")[:AT_RISK])
    count = sums_in_reach(user, "customers", [WARNED]).get(WARNED) if reaches_units(user, "customers") else warned[:COUNTED].count()
    address = f"{reverse('customers:customer_list')}?{urlencode({'lifecycle': Lifecycle.WARNED.value})}"
    return {"customers": rows, "count": count, "url": address}


def hand_overs_waiting(request: HttpRequest) -> dict[str, Any] | None:
    """The hand-overs on which the user can decide, the oldest first; no card where there is none. Two queries."""
    waiting = waiting_for(signed_in(request))
    rows = list(waiting.select_related("giver", "receiver").annotate(size=Count("items")).order_by("offered_at", "pk")[:HAND_OVERS])
    if not rows:
        return None
    count = len(rows) if len(rows) < HAND_OVERS else waiting.order_by().count()
    return {"rows": rows, "count": count, "url": f"{reverse('customers:hand_over_list')}?{urlencode({'whose': 'decide'})}"}


# --- the portfolio ---------------------------------------------------------------------------------------------------------------------


def portfolio(request: HttpRequest) -> dict[str, Any] | None:
    """The customers by level: the user's own, or where there are none those of the people in reach, as they were counted last."""
    user = signed_in(request)
    own = dict(_by_level(Customer.objects.visible_to(user).filter(manager=user)).values_list("level", "value"))
    counts = own or _of_people(user)
    total = sum(counts.values())
    if not total:
        return None
    mine: dict[str, str] = {"mine": "yes"} if own else {}
    levels = [
        {
            "level": level,
            "count": counts.get(level, 0),
            "url": f"{reverse('customers:customer_list')}?{urlencode({**mine, 'level': level})}",
        }
        for level in CustomerLevel.values
    ]
    return {"levels": levels, "total": total, "most": max(counts.values()), "own": bool(own)}


def _of_people(user: User) -> dict[str, int]:
    sums = sums_in_reach(user, "customers", [_level_code(level) for level in CustomerLevel.values])
    return {level: sums[_level_code(level)] for level in CustomerLevel.values if _level_code(level) in sums}


def _level_code(level: str) -> str:
    return f"customers_{level}"


def _counted_customers() -> QuerySet[Customer]:
    """What belongs to a portfolio: customers that have not left."""
    return Customer.objects.exclude(lifecycle=Lifecycle.LEFT).exclude(manager=None).order_by()


def _by_level(customers: QuerySet[Customer]) -> QuerySet[Any, Any]:
    return customers.exclude(lifecycle=Lifecycle.LEFT).order_by().values("level").annotate(value=Count("pk"))


def _by_manager(customers: QuerySet[Customer]) -> QuerySet[Any, Any]:
    return customers.values_list("manager").annotate(value=Count("pk"))


def _running(users: Sequence[int]) -> dict[int, int]:
    rows = Job.objects.filter(actor__any_of=list(users)).exclude(awaits="").order_by().values_list("actor")
    return dict(rows.annotate(count=Count("pk")))


def _list_of(url_name: str, **filters: str) -> Callable[[int], str]:
    """The address of a list, filtered by an account manager."""
    return lambda manager: f"{reverse(url_name)}?{urlencode({**filters, 'manager': str(manager)})}"


def register_figures() -> None:
    """Called once, when Django is ready: what is counted of everybody's portfolio, and the columns of the team."""
    register_figure("customers", lambda: _by_manager(_counted_customers()))
    register_figure(WARNED, lambda: _by_manager(_counted_customers().filter(lifecycle=Lifecycle.WARNED)))
    for level in CustomerLevel.values:
        register_figure(_level_code(level), partial(_counted_of_level, level))
    customers = _list_of("customers:customer_list")
    warned = _list_of("customers:customer_list", lifecycle=Lifecycle.WARNED.value)
    register_team_column(TeamColumn("customers", _("Customers"), counted("customers"), customers, order=10))
    register_team_column(TeamColumn(WARNED, _("Churn warning"), counted(WARNED), warned, order=40, bad=True))
    register_team_column(
        TeamColumn("running", _("Jobs at work"), _running, lambda user: f"{reverse('jobs:job_list')}?actor={user}", order=50)
    )


def _counted_of_level(level: str) -> QuerySet[Any, Any]:
    return _by_manager(_counted_customers().filter(level=level))


def register_cards() -> None:
    """Called once, when Django is ready."""
    list_name = "customers:customer_list"
    register_card(
        slot="home",
        key="hand_overs",
        title=_("Hand-overs waiting for me"),
        template="customers/partials/_hand_overs_card.html",
        context=hand_overs_waiting,
        module="customers",
        order=12,
        url_name="customers:hand_over_list",
        opens=lambda user: allowed(user, "customers", Action.CHANGE),
    )
    register_card(
        slot="home",
        key="at_risk",
        title=_("Customers at risk"),
        template="customers/partials/_at_risk_card.html",
        context=customers_at_risk,
        module="customers",
        order=15,
        url_name=list_name,
    )
    register_card(
        slot="home",
        key="recent_customers",
        title=_("Recent customers"),
        template="customers/partials/_home_card.html",
        context=recent_customers,
        module="customers",
        order=30,
        url_name=list_name,
    )
    register_card(
        slot="home",
        key="portfolio",
        title=_("Portfolio by level"),
        template="customers/partials/_portfolio_card.html",
        context=portfolio,
        module="customers",
        order=40,
        url_name=list_name,
    )
