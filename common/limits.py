"""How often one person may ask: Django REST framework's throttles, for the API and for pages alike.

They count in the cache. While that is away nothing is counted and everybody is let through; wrong passwords are counted in the database
by axes and stay so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, Concatenate, ParamSpec, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from rest_framework.throttling import SimpleRateThrottle

Parameters = ParamSpec("Parameters")
View = Callable[Concatenate[HttpRequest, Parameters], HttpResponseBase]


class TooManyRequests(Exception):
    """A limit is reached. `wait` is the time until the next request is taken, in seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = max(1, math.ceil(wait))


class Limit(SimpleRateThrottle):
    """So many requests in a period, per user or, where nobody is signed in, per address.

    Class attributes:
        setting: the setting with the number of requests.
        period: `minute`, `hour` or `day`.
    """

    setting: ClassVar[str]
    period: ClassVar[str] = "minute"

    def get_rate(self) -> str:
        """The rate as the throttle reads it."""
        return f"{getattr(settings, self.setting)}/{self.period}"

    def get_cache_key(self, request: Any, view: Any) -> str:  # noqa: ARG002  # DRF passes it
        """Where the requests of whoever asks are kept."""
        user = getattr(request, "user", None)
        who = f"user-{user.pk}" if user is not None and user.is_authenticated else f"address-{self.get_ident(request)}"
        return f"limit:{self.setting}:{who}"


class ApiLimit(Limit):
    """Requests to the API."""

    setting = "API_REQUESTS_PER_MINUTE"


class ExportLimit(Limit):
    """Files with rows of the business."""

    setting = "EXPORTS_PER_HOUR"
    period = "hour"


class ReportLimit(Limit):
    """Reports that browsers send by themselves."""

    setting = "CSP_REPORTS_PER_MINUTE"


def limited(limit: type[Limit]) -> Callable[[View[Parameters]], View[Parameters]]:
    """Let a page be asked for no more often than `limit` says; beyond it TooManyRequests, which becomes a page with status 429."""

    def decorate(view: View[Parameters]) -> View[Parameters]:
        @wraps(view)
        def inner(request: HttpRequest, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponseBase:
            throttle = limit()
            if not throttle.allow_request(request, view):  # type: ignore[arg-type]  # asks no more of them than an HttpRequest has
                raise TooManyRequests(throttle.wait() or 1)
            return view(request, *args, **kwargs)

        return cast("View[Parameters]", inner)

    return decorate
