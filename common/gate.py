"""The question "may this user open this module?", asked by building blocks that lie below the access policy.

`access` answers it: its `AppConfig.ready` hands over `access.scope.allowed`. Until then the answer is no.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

Answer: TypeAlias = Callable[[Any, str, str], bool]

_answers: list[Answer] = []


def answer_with(answer: Answer) -> None:
    """Let `answer(user, module, action)` decide from now on."""
    _answers[:] = [answer]


def may_open(user: Any, module: str, action: str = "view") -> bool:
    """Whether some row of `module` may come into the reach of `user` for `action`. An empty module is open to everyone signed in."""
    if not module:
        return bool(user.is_authenticated)
    return bool(_answers) and _answers[0](user, module, action)
