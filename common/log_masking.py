"""Keeps numbers of people out of the log and of error reports: phone numbers, IoT cards, identity cards, bank accounts."""

from __future__ import annotations

import logging

from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter

from common.log_filters import without_secrets
from common.masking import mask_log


class MaskingFilter(logging.Filter):
    """Masks the message of a record, its parameters and its traceback, before any handler sees it. It never drops a record.

    SQL statements with their parameters and the database's messages ("Key (msisdn)=(…) already exists") are part of those texts.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the record in place."""
        message = record.getMessage()
        masked = mask_log(message)
        if masked != message:
            record.msg, record.args = masked, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = mask_log(record.exc_text)
        for name in ("sql", "params"):  # of django.db.backends, for formatters that print them
            if value := getattr(record, name, None):
                setattr(record, name, mask_log(str(value)))
        return True


class MaskedReporter(ExceptionReporter):
    """Django's error reports (by e-mail, and the pages of a debugger) without numbers of people and without secrets."""

    def get_traceback_html(self) -> SafeString:
        """The report as a page."""
        # Django has escaped the report; masking only puts asterisks in.
        return SafeString(mask_log(without_secrets(super().get_traceback_html())))  # nosec B703

    def get_traceback_text(self) -> SafeString:
        """The report as text."""
        return SafeString(mask_log(without_secrets(super().get_traceback_text())))  # nosec B703
