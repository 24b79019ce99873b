"""What log lines and error reports leave out."""

from __future__ import annotations

import logging
import re
from typing import Any, Final
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils.functional import SimpleLazyObject
from django.views.debug import SafeExceptionReporterFilter

HIDDEN: Final = "[hidden]"
# What stands before such a word in a name stays as it is, so the rules need not look at it. Everything that may repeat has a limit: whoever
# writes the text, such as the path of a request, must not choose how long the search takes.
_NAMES: Final = (
    r"(?:password|passwd|passphrase|secret|token|sessionid|session_key|api[_-]?key|recovery[_-]?code|otp|credential|cookie)[\w-]{0,64}"
)
_RULES: Final = (
    # Whole header lines, and what clients print of them.
    (
        re.compile(r"(?i)(authorization['\"]?\s{0,20}[:=]\s{0,20}['\"]?)(?:(?:token|bearer|basic|digest)\s{1,20})?[^\s'\",;]+"),
        r"\1" + HIDDEN,
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s{1,20}[\w.~+/=-]{16,}"), r"\1 " + HIDDEN),
    # Addresses with a password, such as those of databases; the password may be all there is before the @.
    (re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://)[^\s/@'\"]{0,256}:[^\s/@'\"]{0,256}@"), r"\1" + HIDDEN + "@"),
    # name=value, "name": "value" and their like; a value in quotes to the closing one.
    (re.compile(rf"(?i)({_NAMES}['\"]?\s{{0,20}}[:=]\s{{0,20}})(?:'[^'\n]*'|\"[^\"\n]*\"|[^\s'\",;&)}}\]]+)"), r"\1" + HIDDEN),
    # Our own API tokens, wherever they stand.
    (re.compile(r"\bcrm_[0-9a-z]{8}_[\w-]{20,}"), HIDDEN),
)

# What ends a line somewhere or steers a terminal, and what turns the direction of writing round.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def _known_secrets() -> tuple[str, ...]:
    """The secrets of this installation as they would stand in a text; short ones would hide ordinary words."""
    passwords = [str(database.get("PASSWORD") or "") for database in settings.DATABASES.values()]
    passwords.append(urlsplit(settings.CELERY_BROKER_URL).password or "")
    known = [settings.SECRET_KEY, *passwords, *map(quote, passwords)]
    return tuple(sorted({secret for secret in known if len(secret) >= 6}, key=len, reverse=True))


_KNOWN: Any = SimpleLazyObject(_known_secrets)


def without_secrets(text: str) -> str:
    """`text` with passwords, tokens, session ids, authorization headers and passwords in addresses replaced by `HIDDEN`."""
    for secret in _KNOWN:
        text = text.replace(secret, HIDDEN)
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text


def on_one_line(text: str) -> str:
    """`text` with line breaks and other control characters written out, so that a path or a name cannot pass for a line of the log."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


class SecretFilter(logging.Filter):
    """Takes secrets out of a record, its traceback included, before any handler sees it. It never drops a record.

    Its message becomes one line; only a traceback has more.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Scrub the record in place."""
        record.msg, record.args = on_one_line(without_secrets(record.getMessage())), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = without_secrets(record.exc_text)
        return True


class ReportFilter(SafeExceptionReporterFilter):
    """Django's error reports with secrets hidden, `DEBUG` or not."""

    hidden_settings = re.compile(r"API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|COOKIE|SESSION|_URL|DATABASES|CACHES", flags=re.IGNORECASE)

    def is_active(self, request: Any) -> bool:  # noqa: ARG002  # Django passes it
        """Always."""
        return True
