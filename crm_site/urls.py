"""Root URLs.

Of allauth only what makes sense here is wired: administrators create people, so there is no sign-up, no e-mail to confirm and no reset by
e-mail. The list of sessions is our own page over allauth's records.
"""

from allauth.account import views as account_views
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from access import single_sign_on
from access import views as access_views
from access.second_factor_views import ActivateView
from common.csp_reports import csp_report
from common.search.views import search
from crm_site import views

# The administration is entered by the same sign-in as everything else, with its lockout.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# So is the change of password: the policy, the audit and the end of other sessions hang from ours.
admin.site.password_change = access_views.to_password_change  # type: ignore[method-assign,assignment]

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", search, name="search"),
    path("admin/", admin.site.urls),
    path("accounts/login/", views.sign_in, name="account_login"),
    path("accounts/logout/", access_views.sign_out, name="account_logout"),
    path("accounts/inactive/", access_views.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", account_views.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/change/", account_views.password_change, name="account_change_password"),
    path("accounts/2fa/totp/activate/", ActivateView.as_view(), name="mfa_activate_totp"),  # instead of allauth's
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/oidc/<provider_id>/login/", single_sign_on.start, name="openid_connect_login"),
    path("accounts/oidc/<provider_id>/login/callback/", single_sign_on.come_back, name="openid_connect_callback"),
    path("accounts/oidc/cancelled/", access_views.single_sign_on_cancelled, name="socialaccount_login_cancelled"),
    path("", include("access.urls")),
    path("", include("workflow.urls")),
    path("", include("customers.urls")),
    path("", include("products.urls")),
    path("", include("members.urls")),
    path("jobs/", include("jobs.urls")),
    path("api/", include("crm_site.api_urls")),
    path("csp-report/", csp_report, name="csp_report"),
]

handler400 = "common.errors.bad_request"
handler403 = "common.errors.permission_denied"
handler404 = "common.errors.page_not_found"
handler429 = "common.errors.too_many_requests"
handler500 = "common.errors.server_error"
