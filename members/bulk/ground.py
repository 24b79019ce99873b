"""The ground a row stands on: a number that changes whenever its membership or one of its live subscriptions does."""

from __future__ import annotations

from typing import Final

_MICROSECONDS: Final = "(extract(epoch FROM {alias}.updated_at) * 1000000)::bigint"

GROUND_OF_MEMBER: Final = f"hashint8extended(m.id, {_MICROSECONDS.format(alias='m')})"
"""Over a membership `m`."""

GROUND_OF_SUBSCRIPTIONS: Final = f"bit_xor(hashint8extended(s.id, {_MICROSECONDS.format(alias='s')}))"
"""An aggregate over the live subscriptions `s` of one membership."""
