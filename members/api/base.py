"""What every view of the provisioning API shares: who asks, which batch, and how much may be sent."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from access.models import Action, User
from access.requests import signed_in
from common.api import ErrorSerializer, Refusal, TooLarge
from jobs.errors import describe
from jobs.models import Job
from jobs.uploads import UploadLimit, limit_upload
from members.services.batches import KIND

_FORM_BYTES: Final = 1 << 20
"""Bytes of a request beside the file itself: the other fields and the frame around them."""

BAD: Final = {400: ErrorSerializer}
AWAY: Final = {401: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer}
IN_THE_WAY: Final = {**BAD, **AWAY, 409: ErrorSerializer}


class BatchViewSet(GenericViewSet[Any]):
    """A view of batches that the user may reach."""

    queryset: Any = Job.objects.none()
    _limit: UploadLimit | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is too large by its declared length, and watch the rest as it arrives: before anybody reads the body."""
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if declared == "0" and request.headers.get("Transfer-Encoding"):
            reason = _("Say how long the request is: Content-Length is missing.")
            raise Refusal("length_required", reason, status=status.HTTP_411_LENGTH_REQUIRED)
        if declared.isdecimal() and int(declared) > settings.UPLOAD_MAX_BYTES + _FORM_BYTES:
            raise _too_large(int(declared))
        self._limit = limit_upload(request._request)
        super().initial(request, *args, **kwargs)

    def user(self) -> User:
        """Who asks."""
        return signed_in(self.request)

    def batch(self, pk: int, action: str = Action.VIEW) -> Job:
        """The batch with key `pk`. Raises Http404 when it is hidden from the user for `action`, missing, or a job of another kind."""
        jobs = Job.objects.filter(kind=KIND).select_related("actor", "approved_by", "provisioning__customer").prefetch_related("undo_jobs")
        return jobs.get_visible(self.user(), pk, action)

    def body(self) -> Any:
        """The fields of the request. Raises TooLarge when a file among them is."""
        data = self.request.data
        if self._limit is not None and self._limit.size:
            raise _too_large(self._limit.size)
        return data


def _too_large(size: int) -> TooLarge:
    return TooLarge(describe("file_too_large", {"size": size, "limit": settings.UPLOAD_MAX_BYTES}), field="file")
