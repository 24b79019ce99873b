"""Settings. Every value that differs between places comes from the environment; `docs/operate.md` lists them all.

Without `DATABASE_URL` the project runs on its embedded servers: `crm_site.embedded` sets the variables before Django loads.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pghistory
from celery.schedules import crontab
from csp.constants import NONE, SELF

from crm_site.administration import UNFOLD as UNFOLD
from crm_site.environment import read_environment, single_sign_on_of

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = read_environment(BASE_DIR)

DEBUG = ENVIRONMENT.debug
SECRET_KEY = ENVIRONMENT.secret_key
ALLOWED_HOSTS = ENVIRONMENT.allowed_hosts
CSRF_TRUSTED_ORIGINS = ENVIRONMENT.csrf_trusted_origins
VAR_DIR = ENVIRONMENT.var_dir
FIELD_KEYS = ENVIRONMENT.field_keys
FIELD_KEY_FILE = VAR_DIR / "field-keys"  # of a demonstration, which is given no keys

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "crm_site.administration.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "crm_site.static_files.SiteStaticFilesConfig",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "guardian",
    "csp",
    "django_htmx",
    "template_partials",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "pgtrigger",
    "pghistory",
    "common",
    "access",
    "jobs",
    "workflow",
    "customers",
    "products",
    "members",
]

MIDDLEWARE = [
    "common.headers.SecurityHeadersMiddleware",
    "common.middleware.ReferenceMiddleware",
    "common.client_address.ClientAddressMiddleware",
    "csp.middleware.CSPMiddleware",
    "crm_site.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "access.middleware.ChangeContextMiddleware",
    "access.middleware.RefusalMiddleware",
    "access.session_limits.DemoSignInMiddleware",
    "access.middleware.UserLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "common.middleware.ErrorPageMiddleware",
    "customers.middleware.MergedCustomerMiddleware",
    "common.middleware.HtmxMiddleware",
    "access.session_limits.SessionLimitMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "access.first_passwords.FirstPasswordMiddleware",
    "access.second_factor.SecondFactorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "crm_site.urls"
WSGI_APPLICATION = "crm_site.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "access.context.frame",
            ],
        },
    },
]

FORM_RENDERER = "common.forms.FormRenderer"
CSRF_FAILURE_VIEW = "common.errors.csrf_failure"

DATABASES = {"default": ENVIRONMENT.database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "email", "phone")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "access.password_policy.HabitualPasswordValidator"},
    {"NAME": "access.password_policy.AnotherPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "access.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "access.forms.SignInForm",
    "change_password": "access.forms.PasswordChangeForm",  # the name of a class  # nosec B105
    "reauthenticate": "access.forms.ConfirmForm",
}
MFA_ADAPTER = "access.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "access.second_factor_forms.CodeForm",
    "reauthenticate": "access.second_factor_forms.ConfirmingCodeForm",
    "activate_totp": "access.second_factor_forms.FirstCodeForm",
    "add_webauthn": "access.second_factor_forms.NewKeyForm",
    "authenticate_webauthn": "access.second_factor_forms.KeyForm",
    "login_webauthn": "access.second_factor_forms.PasskeyForm",
    "reauthenticate_webauthn": "access.second_factor_forms.ConfirmingKeyForm",
    "edit_webauthn": "access.second_factor_forms.KeyNameForm",
}
MFA_TOTP_TOLERANCE = 1  # codes of half a minute before and after: clocks differ. `CodeForm` takes none twice
MFA_RECOVERY_CODE_DIGITS = 10
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not ENVIRONMENT.https  # browsers offer keys over plain HTTP on this machine alone
SOCIALACCOUNT_ADAPTER = "access.single_sign_on.SingleSignOnAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a link; a form that leads to another host is against the content security policy
SOCIALACCOUNT_PROVIDERS = single_sign_on_of(ENVIRONMENT)
OIDC_LOGIN_CLAIM = ENVIRONMENT.oidc_login_claim
OIDC_TRUST_SECOND_FACTOR = ENVIRONMENT.oidc_trust_second_factor
ACCOUNT_SESSION_REMEMBER = True  # for SESSION_COOKIE_AGE; nobody is asked
# Wrong passwords are counted by axes, in the database. A whole office may come from one address.
ACCOUNT_RATE_LIMITS = {"login_failed": None, "login": f"{ENVIRONMENT.sign_ins_per_minute}/m/ip"}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
AXES_FAILURE_LIMIT = 5
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_COOLOFF_TIME = 0.25
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "access.lockout.locked_out"
AXES_USERNAME_CALLABLE = "access.lockout.counted_login"
AXES_ENABLE_ADMIN = False  # its pages ask no policy; the audit has the events, and the list of people the unlocking

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
# Named one by one so that our words win over those of the packages.
LOCALE_PATHS = [BASE_DIR / "locale", *sorted(BASE_DIR.glob("*/locale"))]
FORMAT_MODULE_PATH = "common.formats"
TIME_ZONE = ENVIRONMENT.time_zone
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
_NPM = BASE_DIR / "node_modules"
STATICFILES_DIRS = [
    ("tabler/css", _NPM / "@tabler" / "core" / "dist" / "css"),
    ("tabler/img", _NPM / "@tabler" / "core" / "dist" / "img"),
    ("tabler/js", _NPM / "@tabler" / "core" / "dist" / "js"),
    ("icons", _NPM / "@tabler" / "icons-webfont" / "dist"),
    ("inter", _NPM / "@fontsource-variable" / "inter"),
    ("htmx", _NPM / "htmx.org" / "dist"),
    ("tom-select", _NPM / "tom-select" / "dist"),
    ("sortable", _NPM / "sortablejs"),
]
STATICFILES_FINDERS = [
    "crm_site.static_files.StrictAlpineFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "crm_site.static_files.ManifestStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

CSP_REPORT_PATH = "/csp-report/"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "frame-src": [NONE],
        # Browsers know either the old way of reporting or the new one.
        "report-uri": [CSP_REPORT_PATH],
        "report-to": ["csp"],
    }
}

SESSION_IDLE_SECONDS = ENVIRONMENT.session_idle_minutes * 60
SESSION_ABSOLUTE_SECONDS = ENVIRONMENT.session_absolute_hours * 3600
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if ENVIRONMENT.https:
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    LANGUAGE_COOKIE_SECURE = True
    # A name that browsers keep for this host alone: no neighbour in the domain can plant or overwrite such a cookie.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    LANGUAGE_COOKIE_NAME = "__Host-language"
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

CACHES = {
    "default": {
        "BACKEND": "common.cache.ForgivingCache",
        "LOCATION": ENVIRONMENT.redis_url,
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
}

CELERY_BROKER_URL = ENVIRONMENT.redis_url
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 3600
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"jobs.work": {"queue": "bulk"}}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 2 * 3600,
    "socket_timeout": 10,
    "socket_keepalive": True,
    # Whoever sends a hint does not wait for a dead messenger (6 s by default): the dispatcher sends it again.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "dispatch jobs": {"task": "jobs.dispatch", "schedule": 3.0, "options": {"expires": 3}},
    "seal the audit": {"task": "access.seal_audit", "schedule": 300.0, "options": {"expires": 300}},
    "remind of to-dos": {"task": "workflow.remind", "schedule": 60.0, "options": {"expires": 60}},
    "mail notices": {"task": "workflow.send_digests", "schedule": crontab(minute="0,20,40"), "options": {"expires": 1200}},
    "count portfolios": {"task": "workflow.count_figures", "schedule": crontab(hour="4", minute="10")},
    "forget old notices": {"task": "workflow.forget_old", "schedule": crontab(hour="3", minute="50")},
    "forget ended sessions": {"task": "access.forget_ended_sessions", "schedule": crontab(hour="3", minute="40")},
    "drop expired files of jobs": {"task": "jobs.drop_expired", "schedule": crontab(minute="10")},
    "drop old rows of batches": {"task": "members.drop_old_rows", "schedule": crontab(hour="3", minute="20")},
    "drop old rows of imports": {"task": "customers.drop_old_rows", "schedule": crontab(hour="3", minute="25")},
    "tend hand-overs": {"task": "customers.tend_hand_overs", "schedule": crontab(hour="0", minute="20")},
    "move customers by rules": {"task": "customers.apply_lifecycle_rules", "schedule": crontab(hour="2", minute="10")},
    "find duplicates": {"task": "customers.find_duplicates", "schedule": crontab(hour="3", minute="0")},
    "score customers": {"task": "customers.score_all", "schedule": crontab(hour="2", minute="30")},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "access.api_authentication.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser", "rest_framework.parsers.MultiPartParser"],
    "EXCEPTION_HANDLER": "common.api.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["common.limits.ApiLimit"],
    "NUM_PROXIES": 0,  # the address is right already: common.client_address
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Group-customer CRM",
    "DESCRIPTION": "Group customers, their number lists and batch provisioning.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "JobStatusEnum": "jobs.models.JobStatus",
        "JobModeEnum": "jobs.models.JobMode",
        "ProductKindEnum": "products.models.ProductKind",
        "DiscountKindEnum": "products.models.DiscountKind",
        "OfferStatusEnum": "products.models.OfferStatus",
        "NumberKindEnum": "members.models.NumberKind",
        "NumberStateEnum": "members.models.NumberState",
        "HandOverStateEnum": "customers.models.HandOverState",
        "ItemStateEnum": "customers.models.ItemState",
        "MergeStateEnum": "customers.models.MergeState",
        "PairStateEnum": "customers.models.PairState",
    },
}

# Without a mail server, e-mails lie as files below VAR_DIR: what a demonstration sends can be read there.
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if ENVIRONMENT.email_host else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_HOST = ENVIRONMENT.email_host
EMAIL_PORT = ENVIRONMENT.email_port
EMAIL_HOST_USER = ENVIRONMENT.email_user
EMAIL_HOST_PASSWORD = ENVIRONMENT.email_password
EMAIL_USE_TLS = ENVIRONMENT.email_security == "starttls"
EMAIL_USE_SSL = ENVIRONMENT.email_security == "tls"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = ENVIRONMENT.email_from
SITE_ADDRESS = ENVIRONMENT.site_address

TRUSTED_PROXIES = ENVIRONMENT.trusted_proxies
API_REQUESTS_PER_MINUTE = ENVIRONMENT.api_requests_per_minute
EXPORTS_PER_HOUR = ENVIRONMENT.exports_per_hour
CSP_REPORTS_PER_MINUTE = 60
OPEN_BATCHES_PER_USER = ENVIRONMENT.open_batches_per_user
UPLOAD_BYTES_PER_DAY = ENVIRONMENT.upload_bytes_per_day
CLAMD_ADDRESS = ENVIRONMENT.clamd_address
UPLOAD_MAX_BYTES = ENVIRONMENT.upload_max_bytes
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
# Sources hold people's numbers: nobody else on the machine reads them.
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
BATCH_MAX_ROWS = ENVIRONMENT.batch_max_rows
BATCH_CHUNK_ROWS = ENVIRONMENT.batch_chunk_rows
BATCH_LANES = ENVIRONMENT.batch_lanes
BATCH_KEEP_DAYS = ENVIRONMENT.batch_keep_days
BATCH_MAX_COLUMNS = 100
BATCH_MAX_UNPACKED_BYTES = 2 * 1024**3
BATCH_READER_MEMORY_BYTES = 2 * 1024**3
BATCH_READER_SECONDS = 300
NUMBER_COUNTRY_CODE = "86"

AUDIT_SEAL_KEYS = ENVIRONMENT.audit_seal_key

# Events are found by object, moment, person and job (common.tracking), never by what else they refer to.
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)

GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None
SILENCED_SYSTEM_CHECKS = [
    "axes.W006",  # lockout counts per user name on purpose: a whole office comes from one address
    "guardian.W001",  # the access policy asks the grants itself, in sets and not object by object
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"secrets": {"()": "common.log_filters.SecretFilter"}, "numbers": {"()": "common.log_masking.MaskingFilter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["secrets", "numbers"]}},
    "root": {"handlers": ["console"], "level": ENVIRONMENT.log_level},
    "loggers": {
        "axes": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        # What Django has to say of 4xx stands in our own line, with the reference.
        "django.request": {"level": "ERROR"},
        # Its own handler would print past the filter.
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": ["console"], "propagate": False},
    },
}
DEFAULT_EXCEPTION_REPORTER = "common.log_masking.MaskedReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "common.log_filters.ReportFilter"
