"""Language and theme."""

import pytest
from django.test import Client


@pytest.fixture
def visitor(manager):
    client = Client()
    client.force_login(manager, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_language_is_kept_with_the_user(visitor, manager):
    response = visitor.post("/language/", {"language": "zh-hans", "next": "/profile/?tab=1"})
    assert response["Location"] == "/profile/?tab=1"
    manager.refresh_from_db()
    assert manager.locale == "zh-hans"


def test_language_of_someone_not_signed_in(db, client):
    client.post("/language/", {"language": "zh-hans", "next": "/accounts/login/"})
    assert '<html lang="zh-hans"' in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("way_back", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", ""])
def test_switches_never_lead_to_another_host(visitor, way_back):
    assert visitor.post("/language/", {"language": "en", "next": way_back})["Location"] == "/"
    assert visitor.post("/theme/", {"theme": "dark", "next": way_back})["Location"] == "/"


def test_unknown_language_or_theme_changes_nothing(visitor, manager):
    assert visitor.post("/language/", {"language": "xx"}).status_code == 400
    assert visitor.post("/theme/", {"theme": "pink"}).status_code == 400
    manager.refresh_from_db()
    assert manager.locale == ""
    assert "theme" not in visitor.cookies


def test_theme_is_rendered_by_the_server(visitor):
    visitor.post("/theme/", {"theme": "dark", "next": "/profile/"})
    assert 'data-bs-theme="dark"' in visitor.get("/profile/").content.decode()


def test_theme_set_by_the_script(visitor):
    response = visitor.post("/theme/", {"theme": "dark"}, headers={"X-Requested-With": "fetch"})
    assert response.status_code == 204
    assert response.cookies["theme"].value == "dark"


def test_nonsense_in_the_cookie_is_the_systems_theme(visitor):
    visitor.cookies["theme"] = '"><script>'
    assert 'data-theme="auto"' in visitor.get("/profile/").content.decode()


def test_profile_sets_both(visitor, manager):
    response = visitor.post("/profile/", {"language": "zh-hans", "theme": "dark"}, follow=True)
    page = response.content.decode()
    assert 'lang="zh-hans"' in page
    assert 'data-bs-theme="dark"' in page
    assert "设置已保存" in page


def test_profile_shows_roles(visitor):
    page = visitor.get("/profile/").content.decode()
    assert "Account manager" in page
    assert "Key accounts" in page


@pytest.mark.parametrize("address", ["/language/", "/theme/"])
def test_switches_need_a_post(visitor, address):
    assert visitor.get(address).status_code == 405
