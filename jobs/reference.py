"""References by which a person's error message is found in the log."""

from __future__ import annotations

import secrets
from typing import Final

_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_reference() -> str:
    """Eight letters and digits that are not mistaken for one another when read aloud."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))
