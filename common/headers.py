"""Headers that every answer carries, whatever made it: a page, the API, a file, a probe, an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.cache import patch_cache_control

# Only names that browsers know: each other one is a warning on every page.
_NOT_USED: Final = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media"),
    *("gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment"),
    *("picture-in-picture", "screen-wake-lock", "serial", "storage-access", "usb", "xr-spatial-tracking"),
)
_USED_BY_OURSELVES: Final = ("clipboard-write", "fullscreen", "publickey-credentials-create", "publickey-credentials-get")
PERMISSIONS_POLICY: Final = ", ".join([*(f"{name}=()" for name in _NOT_USED), *(f"{name}=(self)" for name in _USED_BY_OURSELVES)])
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS_POLICY,
}


class SecurityHeadersMiddleware:
    """Adds `HEADERS` to every answer that does not say otherwise, and keeps everything but static files out of caches."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        """Answer, with the headers."""
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.CSP_REPORT_PATH:
            response.headers.setdefault("Reporting-Endpoints", f'csp="{settings.CSP_REPORT_PATH}"')
        if not (request.path.startswith(settings.STATIC_URL) and response.status_code in (200, 206, 304)):
            patch_cache_control(response, no_store=True, private=True)
        return response
