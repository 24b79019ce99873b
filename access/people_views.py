"""The page of people."""

from __future__ import annotations

from access.people_lists import PeopleList
from common.lists import ListPage


class PeopleListPage(ListPage):
    """The people in reach; for those who see who may do what, all of them."""

    list_class = PeopleList
