"""Navigation and slots show what a role opens, and nothing else."""

from functools import partial
from typing import Any

import pytest
from django.http import HttpRequest
from django.template import Context, Template
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from common import navigation, panels
from common.navigation import NavigationGroup, NavigationItem, navigation_for


@pytest.fixture(autouse=True)
def own_registers(monkeypatch):
    """Registers of the test's own, so that what apps register neither helps nor disturbs."""
    for module, names in ((navigation, ["_items"]), (panels, ["_slots", "_panels", "_facts", "_cards", "_actions"])):
        for name in names:
            monkeypatch.setattr(module, name, {})


def request_of(user, **headers: str) -> Any:
    request: Any = RequestFactory().get("/", headers=headers)
    request.user = user
    request.htmx = HtmxDetails(request)
    return request


def labels(user, path: str = "/") -> list[str]:
    return [str(link.label) for section in navigation_for(user, path) for link in section.links]


def test_navigation_by_role(manager, outsider):
    navigation.register(NavigationItem(NavigationGroup.WORK, "Home", "home", "home", order=0))
    navigation.register(NavigationItem(NavigationGroup.CUSTOMERS, "Profile", "access:profile", "user", module="customers"))
    navigation.register(
        NavigationItem(NavigationGroup.ADMINISTRATION, "Users", "access:set_theme", "users", module="access", action="change")
    )
    navigation.register(NavigationItem(NavigationGroup.WORK, "Later", "nowhere:list", "x"))
    assert labels(manager) == ["Home", "Profile"]
    assert labels(outsider) == ["Home"]


def test_current_entry_is_the_longest_match(manager):
    navigation.register(NavigationItem(NavigationGroup.WORK, "Home", "home", "home", order=0))
    navigation.register(NavigationItem(NavigationGroup.CUSTOMERS, "Profile", "access:profile", "user", count=lambda user: 3))
    current = {link.label: link.current for section in navigation_for(manager, "/profile/7/") for link in section.links}
    assert current == {"Home": False, "Profile": True}


def test_facts_and_actions(manager, viewer):
    panels.register_fact(slot="thing", key="b", label="Members", value=lambda subject, user: subject * 2, module="members", order=2)
    panels.register_fact(slot="thing", key="a", label="Hidden", value=lambda subject, user: None, module="members", order=1)
    panels.register_fact(slot="thing", key="c", label="Closed", value=lambda subject, user: 1, module="nobody")
    panels.register_action(slot="thing", key="new", label="New batch", url=lambda subject: f"/new/{subject}/", module="members")
    assert [(fact.label, fact.value) for fact in panels.facts_for("thing", manager, 21)] == [("Members", 42)]
    assert [action.url for action in panels.actions_for("thing", manager, 21)] == ["/new/21/"]
    assert panels.actions_for("thing", viewer, 21) == []


def _figures(data: dict[str, int] | None, request: HttpRequest) -> dict[str, int] | None:
    return data


def test_cards(manager, outsider):
    for key, module, data in (("b", "members", {"n": 2}), ("a", "customers", {"n": 1}), ("none", "customers", None)):
        panels.register_card(slot="home", key=key, title=key, template="x.html", context=partial(_figures, data), module=module)
    assert [(card.key, card.data) for card in panels.cards_for("home", request_of(manager))] == [("a", {"n": 1}), ("b", {"n": 2})]
    assert panels.cards_for("home", request_of(outsider)) == []


@pytest.fixture
def thing(manager):
    panels.register_slot("thing", page_template="home/home.html", context=lambda request, subject: {"whole": True})
    for key, order in (("second", 2), ("first", 1)):
        panels.register_panel(
            slot="thing", key=key, title=key, url_name="panel", module="members", order=order, count=lambda subject, user: 7
        )
    return manager


@pytest.mark.urls("tests.frame.panel_urls")
def test_tab_alone_for_htmx(thing, manager):
    request = request_of(manager, **{"HX-Request": "true", "HX-Target": "panel-area"})
    response = panels.render_panel(
        request, slot="thing", key="second", subject=thing, template="components/_empty.html", context={"title": "Empty!"}
    )
    page = response.content.decode()
    assert "<html" not in page
    assert page.index('id="tab-first"') < page.index('id="tab-second"')
    assert page.count('aria-current="page"') == 1
    assert "Empty!" in page
    assert "HX-Target" in response["Vary"]


@pytest.mark.urls("tests.frame.panel_urls")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"HX-Request": "true", "HX-Target": "panel-area", "HX-History-Restore-Request": "true"},
        {"HX-Request": "true", "HX-Target": "elsewhere"},
    ],
)
def test_whole_page_otherwise(thing, manager, headers):
    request = request_of(manager, **headers)
    response = panels.render_panel(request, slot="thing", key="first", subject=thing, template="components/_empty.html")
    assert "<html" in response.content.decode()


def test_may_tag(manager, viewer):
    template = Template('{% load frame %}{% may "customers" "add" as can_add %}{{ can_add }}')
    assert template.render(Context({"request": request_of(manager)})) == "True"
    assert template.render(Context({"request": request_of(viewer)})) == "False"
