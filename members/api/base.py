"""What every view of the provisioning API shares: who asks, and which batch."""

from __future__ import annotations

from typing import Any, Final

from access.models import Action, User
from access.requests import signed_in
from common.api import ErrorSerializer
from jobs.api.flow import TakesSources
from jobs.models import Job
from members.services.batches import KIND

BAD: Final = {400: ErrorSerializer}
AWAY: Final = {401: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer}
IN_THE_WAY: Final = {**BAD, **AWAY, 409: ErrorSerializer}


class BatchViewSet(TakesSources):
    """A view of batches that the user may reach."""

    queryset: Any = Job.objects.none()

    def user(self) -> User:
        """Who asks."""
        return signed_in(self.request)

    def batch(self, pk: int, action: str = Action.VIEW) -> Job:
        """The batch with key `pk`. Raises Http404 when it is hidden from the user for `action`, missing, or a job of another kind."""
        jobs = Job.objects.filter(kind=KIND).select_related("actor", "approved_by", "provisioning__customer").prefetch_related("undo_jobs")
        return jobs.get_visible(self.user(), pk, action)
