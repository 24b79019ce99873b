"""The notices that this app sends: a colleague's customers are lent."""

from __future__ import annotations

from typing import Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.models import Delegation
from common.notices import NoticeKind, Parameters, notify, register_kind

COVER: Final = "cover_begun"


def _cover_url(_parameters: Parameters) -> str:
    return reverse("access:cover")


def register_notices() -> None:
    """Called once, when Django is ready."""
    text = _("%(lender)s lends you the own customers from %(first)s to %(last)s")
    register_kind(NoticeKind(COVER, _("You cover a colleague's leave"), text, icon="beach", url=_cover_url, tone="run"))


def tell_of_cover(delegation: Delegation) -> None:
    """Tell whoever covers the leave."""
    first, last = delegation.starts_on, delegation.ends_on
    notify([delegation.borrower_id], COVER, key=f"cover:{delegation.pk}", lender=delegation.lender.name, first=first, last=last)
