"""Old values of people and org units are put back in the administration: by whoever could type them, and by nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from access.models import OrgUnit, User
from access.services.org_units import save_org_unit
from tests.access.clients import browser
from tests.personas import Organisation, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(administrator: User) -> Client:
    """The browser of an administrator who may open the administration."""
    administrator.is_staff = True
    administrator.save()
    return browser(administrator)


def newest(row: Any) -> int:
    """The key of the last event of a row."""
    return int(row.pgh_event_model.objects.filter(pgh_obj_id=row.pk).order_by("-pgh_id").values_list("pgh_id", flat=True)[0])


def address(row: Any, field: str = "") -> str:
    """Of the page that puts back what stood before the row's last event."""
    name = f"admin:access_{row._meta.model_name}_restore"
    return f"{reverse(name, args=[row.pk])}?version={newest(row)}&field={field}"


def put_back(client: Client, row: Any, field: str = "") -> Any:
    """Look at what would change, and consent."""
    page = address(row, field)
    shown = client.get(page)
    assert shown.status_code == 200
    return client.post(page, {"version": shown.context["preview"].version}, follow=True)


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "恢复"), ("en", "Put back")])
def test_a_persons_details(keeper: Client, administrator: User, manager: User, language: str, words: str) -> None:
    User.objects.filter(pk=administrator.pk).update(locale=language)
    before = manager.name
    manager.name, manager.phone = "打错了", "13800006621"
    manager.save()
    history = keeper.get(reverse("admin:access_user_history", args=[manager.pk])).content.decode()
    assert words in history
    assert f"/admin/access/user/{manager.pk}/restore/" in history
    assert "13800006621" not in history
    assert put_back(keeper, manager, "name").status_code == 200
    manager.refresh_from_db()
    assert (manager.name, manager.phone) == (before, "13800006621")
    event = manager.pgh_event_model.objects.filter(pgh_obj_id=manager.pk).order_by("-pgh_id")[0]  # type: ignore[attr-defined]
    assert (event.name, event.pgh_actor) == (before, administrator.pk)


def test_somebody_else_was_quicker(keeper: Client, manager: User) -> None:
    manager.name = "打错了"
    manager.save()
    page = address(manager, "name")
    seen = keeper.get(page).context["preview"].version
    manager.email = "li@example.cn"
    manager.save()
    answer = keeper.post(page, {"version": seen}, follow=True)
    assert "Somebody else changed this meanwhile" in answer.content.decode()
    manager.refresh_from_db()
    assert (manager.name, manager.email) == ("打错了", "li@example.cn")


def test_disabling_is_put_back_with_what_it_does(keeper: Client, manager: User) -> None:
    User.objects.filter(pk=manager.pk).update(is_active=False)
    manager.refresh_from_db()
    User.objects.filter(pk=manager.pk).update(is_active=True)
    theirs = Client()
    theirs.force_login(manager, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert theirs.get("/profile/").status_code == 200
    put_back(keeper, manager, "is_active")
    manager.refresh_from_db()
    assert not manager.is_active
    assert theirs.get("/profile/").status_code == 302


def test_neither_superusers_nor_their_flag(keeper: Client, administrator: User, manager: User) -> None:
    User.objects.filter(pk=manager.pk).update(is_superuser=True)
    manager.refresh_from_db()
    User.objects.filter(pk=manager.pk).update(name="Root")
    assert keeper.get(address(manager, "name")).status_code == 404
    assert keeper.post(address(manager, "name"), {"version": "x"}).status_code == 404
    User.objects.filter(pk=manager.pk).update(is_superuser=False)
    assert keeper.get(address(manager, "is_superuser")).status_code == 400, "the field is in no form"
    assert keeper.get(address(manager, "password")).status_code == 400
    put_back(keeper, manager)
    assert not User.objects.get(pk=manager.pk).is_superuser


def test_nobody_shuts_himself_out(keeper: Client, administrator: User) -> None:
    """The administrator was no staff before the last event but one."""
    assert put_back(keeper, administrator, "is_staff").status_code == 403
    administrator.refresh_from_db()
    assert administrator.is_staff


@pytest.mark.parametrize("who", ["auditor", "director", "manager"])
def test_who_may_not_change_may_not_put_back(
    who: str, organisation: Organisation, administrator: User, director: User, manager: User, colleague: User
) -> None:
    users = {"auditor": person("shen", "沈审", organisation.group, "auditor"), "director": director, "manager": manager}
    colleague.name = "打错了"
    colleague.save()
    User.objects.filter(pk=users[who].pk).update(is_staff=True)
    client = browser(User.objects.get(pk=users[who].pk))
    for method in (client.get, client.post):
        assert method(address(colleague, "name")).status_code in (302, 403, 404)
    history = client.get(reverse("admin:access_user_history", args=[colleague.pk]))
    assert "/restore/" not in history.content.decode()
    colleague.refresh_from_db()
    assert colleague.name == "打错了"


def test_a_unit_goes_back_to_where_it_was_with_all_below(keeper: Client, organisation: Organisation) -> None:
    city = organisation.city
    city.parent = organisation.other_province
    save_org_unit(city)
    assert OrgUnit.objects.get(pk=organisation.team.pk).path == "G/QX/YJ01/YJ01A/"
    put_back(keeper, city, "parent")
    assert OrgUnit.objects.get(pk=city.pk).path == "G/YJ/YJ01/"
    assert OrgUnit.objects.get(pk=organisation.team.pk).path == "G/YJ/YJ01/YJ01A/"
