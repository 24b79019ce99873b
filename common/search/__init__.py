"""The search over everything: apps register what they find, the top bar, the command palette and a page of its own show it."""

from common.search.places import Place, place_of, register_place
from common.search.query import Query
from common.search.registry import (
    Found,
    Group,
    Likelihood,
    Result,
    groups_for,
    recent_for,
    register_recent,
    register_search,
)

__all__ = [
    "Found",
    "Group",
    "Likelihood",
    "Place",
    "Query",
    "Result",
    "groups_for",
    "place_of",
    "recent_for",
    "register_place",
    "register_recent",
    "register_search",
]
