"""The pairs of customers that may be one: found each night, and decided about by people."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from access.models import Action, User
from customers.bulk.duplicates import scan
from customers.duplicates import signs_in_use
from customers.models import DuplicatePair, PairState


def find_duplicates() -> tuple[int, int, int]:
    """Look for likely duplicates among all customers; how many pairs were entered, changed and dropped."""
    return scan(signs_in_use())


@transaction.atomic
def decide_pair(*, pair_id: int, actor: User, is_duplicate: bool) -> DuplicatePair:
    """Say that a pair is none, so that it is not listed again, or take that back.

    Raises Http404 unless both customers are open to `actor` for changes.
    """
    pair = DuplicatePair.objects.select_for_update(of=("self",)).get_visible(actor, pair_id, Action.CHANGE)
    pair.state = PairState.OPEN if is_duplicate else PairState.DISMISSED
    pair.decided_by, pair.decided_at = (None, None) if is_duplicate else (actor, timezone.now())
    pair.save(update_fields=["state", "decided_by", "decided_at"])
    return pair
