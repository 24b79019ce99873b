"""The cache in Valkey, without which everything still works: only slower, and without limits that count in it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 5.0
ValueT = TypeVar("ValueT")


class ForgivingCache(RedisCache):
    """Django's cache in Valkey that is empty while Valkey does not answer, instead of taking the page down.

    After a failure nothing is tried for `PAUSE_SECONDS`: a request must not wait at each of its look-ups.
    """

    _silent_until = 0.0

    def _try(self, ask: Callable[[], ValueT], otherwise: ValueT) -> ValueT:
        if time.monotonic() < ForgivingCache._silent_until:
            return otherwise
        try:
            return ask()
        except RedisError as error:
            ForgivingCache._silent_until = time.monotonic() + PAUSE_SECONDS
            log.warning("the cache does not answer and is left alone for %.0f s: %s", PAUSE_SECONDS, type(error).__name__)
            return otherwise

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """As though it had been added: whoever uses it as a lock goes on."""
        return bool(self._try(lambda: super(ForgivingCache, self).add(*args, **kwargs), True))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The value, or `default`."""
        return self._try(lambda: super(ForgivingCache, self).get(key, default, version), default)

    def set(self, *args: Any, **kwargs: Any) -> None:
        """Keep a value, if that can be done."""
        self._try(lambda: super(ForgivingCache, self).set(*args, **kwargs), None)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        """Renew a value."""
        return bool(self._try(lambda: super(ForgivingCache, self).touch(*args, **kwargs), False))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        """Forget a value."""
        return bool(self._try(lambda: super(ForgivingCache, self).delete(*args, **kwargs), False))

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        """Whether there is a value."""
        return bool(self._try(lambda: super(ForgivingCache, self).has_key(*args, **kwargs), False))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """The value after adding `delta`; without a cache `delta` itself. Raises ValueError where there is no value."""
        return int(self._try(lambda: super(ForgivingCache, self).incr(key, delta, version), delta))

    def get_many(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        """The values that are there."""
        return dict(self._try(lambda: super(ForgivingCache, self).get_many(*args, **kwargs), {}))

    def set_many(self, *args: Any, **kwargs: Any) -> list[Any]:
        """Keep values; the keys that were not kept."""
        return list(self._try(lambda: super(ForgivingCache, self).set_many(*args, **kwargs), []))

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        """Forget values."""
        self._try(lambda: super(ForgivingCache, self).delete_many(*args, **kwargs), None)
