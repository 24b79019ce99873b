"""The notices of hand-overs: offered, decided, reminded of, carried out, handed back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.notices import NoticeKind, Parameters, notify, register_kind
from customers.models import HandOver

OFFERED: Final = "hand_over_offered"
ACCEPTED: Final = "hand_over_accepted"
DONE: Final = "hand_over_done"
REFUSED: Final = "hand_over_refused"
WITHDRAWN: Final = "hand_over_withdrawn"
EXPIRED: Final = "hand_over_expired"
REMINDED: Final = "hand_over_reminder"
RETURNED: Final = "hand_over_returned"
DROPPED: Final = "hand_over_dropped"


def _url(parameters: Parameters) -> str:
    return reverse("customers:hand_over", args=[parameters["hand_over"]])


def _list_url(_parameters: Parameters) -> str:
    return reverse("customers:hand_over_list")


def register_hand_over_notices() -> None:
    """Called once, when Django is ready."""
    for code, label, text, icon, tone in (
        (
            OFFERED,
            _("Customers are offered to somebody in a hand-over"),
            _("%(actor_name)s wants to hand customers of %(giver)s over to %(receiver)s: %(reason)s"),
            "arrows-exchange",
            "run",
        ),
        (
            ACCEPTED,
            _("A hand-over is accepted"),
            _("%(actor_name)s accepted the hand-over of customers of %(giver)s; it is carried out on %(day)s"),
            "checks",
            "ok",
        ),
        (DONE, _("A hand-over is carried out"), _("%(moved)s customers passed from %(giver)s to %(receiver)s"), "arrows-exchange", "ok"),
        (
            REFUSED,
            _("A hand-over is refused"),
            _("%(actor_name)s refused the hand-over from %(giver)s to %(receiver)s: %(why)s"),
            "circle-x",
            "bad",
        ),
        (
            WITHDRAWN,
            _("A hand-over is withdrawn"),
            _("The hand-over from %(giver)s to %(receiver)s is withdrawn. %(why)s"),  # why: often empty
            "arrow-back-up",
            "warn",
        ),
        (
            EXPIRED,
            _("A hand-over has expired without an answer"),
            _("The hand-over from %(giver)s to %(receiver)s has expired without an answer"),
            "clock-off",
            "warn",
        ),
        (
            REMINDED,
            _("A hand-over waits for your answer"),
            _("The hand-over from %(giver)s to %(receiver)s still waits for your answer"),
            "clock-exclamation",
            "warn",
        ),
        (
            RETURNED,
            _("Customers are handed back"),
            _("%(actor_name)s gave %(moved)s customers of %(receiver)s back to %(giver)s"),
            "arrow-back-up",
            "warn",
        ),
    ):
        register_kind(NoticeKind(code, label, text, icon=icon, url=_url, tone=tone))
    dropped = _("Your draft of a hand-over from %(giver)s to %(receiver)s was dropped, as nobody had changed it for long")
    register_kind(NoticeKind(DROPPED, _("A forgotten draft of a hand-over is dropped"), dropped, "trash", _list_url, tone="warn"))


def tell(hand_over: HandOver, kind: str, people: Iterable[int | None], *, actor_id: int | None = None, **facts: Any) -> None:
    """Send a notice of `kind` to `people`, the keys of users; whoever did it knows already."""
    names = {"giver": hand_over.giver.name, "receiver": hand_over.receiver.name, "reason": hand_over.reason}
    notify(people, kind, actor=actor_id, hand_over=hand_over.pk, **names, **facts)
