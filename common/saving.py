"""Saving a row so that what the database refuses comes back as an error at its field."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction


def save_valid(row: models.Model, **saving: Any) -> None:
    """Check and save `row`; `saving` as for `Model.save`. Raises ValidationError."""
    row.full_clean()
    save_unless_taken(row, **saving)


def save_unless_taken(row: models.Model, **saving: Any) -> None:
    """Save `row`, which is checked already; `saving` as for `Model.save`.

    A value that another transaction took between the check and the write is reported like one that was taken before: at the last field of
    the unique constraint, which is the one that people type. Raises ValidationError.
    """
    try:
        with transaction.atomic():
            row.save(**saving)
    except IntegrityError as error:
        raise _refusal(row, error) from error


def _refusal(row: models.Model, error: IntegrityError) -> Exception:
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
    for constraint in row._meta.constraints:
        if constraint.name == name and isinstance(constraint, models.UniqueConstraint):
            return ValidationError({constraint.fields[-1]: constraint.get_violation_error_message()})
    return error
