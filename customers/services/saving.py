"""Saving a row so that what the database refuses comes back as an error at its field."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction


def save_valid(row: models.Model, **saving: Any) -> None:
    """Check and save `row`.

    A value that another transaction took between the check and the write is reported like one that was taken before.
    Raises ValidationError.
    """
    row.full_clean()
    try:
        with transaction.atomic():
            row.save(**saving)
    except IntegrityError as error:
        raise _refusal(row, error) from error


def _refusal(row: models.Model, error: IntegrityError) -> Exception:
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
    for constraint in row._meta.constraints:
        if constraint.name == name and isinstance(constraint, models.UniqueConstraint) and len(constraint.fields) == 1:
            return ValidationError({constraint.fields[0]: constraint.get_violation_error_message()})
    return error
