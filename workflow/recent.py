"""What a person has looked at last: a few rows of a kind, the last first."""

from __future__ import annotations

from django.utils import timezone

from access.models import User
from workflow.models import RecentView


def remember_view(*, user: User, kind: str, key: int) -> None:
    """Note that `user` looks at the row `key` of `kind`, a model's label; one statement."""
    view = RecentView(user=user, kind=kind, key=key, viewed_at=timezone.now())
    RecentView.objects.bulk_create([view], update_conflicts=True, unique_fields=["user", "kind", "key"], update_fields=["viewed_at"])


def last_viewed(user: User, kind: str, limit: int) -> list[int]:
    """The keys of the last `limit` rows of `kind` that `user` looked at, the last first; the policy is not asked here."""
    return list(RecentView.objects.filter(user=user.pk, kind=kind).order_by("-viewed_at").values_list("key", flat=True)[:limit])
