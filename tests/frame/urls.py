"""Addresses that fail in every way, for the tests of what a person then sees."""

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpResponse
from django.urls import include, path

from common.limits import TooManyRequests


def raises(error):
    def view(request):
        raise error

    return view


def says(request):
    messages.success(request, "已保存 saved")
    response = HttpResponse("part")
    response["HX-Trigger"] = "jobs-changed"
    return response


_FAILING = [
    path("missing/", raises(Http404())),
    path("forbidden/", raises(PermissionDenied())),
    path("unreadable/", raises(BadRequest())),
    path("too-large/", raises(RequestDataTooBig())),
    path("too-often/", raises(TooManyRequests(6.5))),
    path("broken/", raises(RuntimeError("secret detail"))),
    path("says/", says),
]
urlpatterns = [path("fails/", include(_FAILING)), path("api/fails/", include(_FAILING)), path("", include("crm_site.urls"))]

handler400 = "common.errors.bad_request"
handler403 = "common.errors.permission_denied"
handler404 = "common.errors.page_not_found"
handler429 = "common.errors.too_many_requests"
handler500 = "common.errors.server_error"
