"""A staff member's phone in the administration: masked, shown in full by a click that the audit keeps, never overwritten by its mask."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from access.models import AuditEvent, AuditEventKind, RolePermission, User
from tests.access.clients import browser
from tests.personas import Organisation, person

pytestmark = pytest.mark.django_db

PHONE = "13800006621"
MASKED = "138****6621"


@pytest.fixture
def staff(colleague: User) -> User:
    """Somebody with a phone."""
    colleague.phone = PHONE
    colleague.save()
    return colleague


def keeper(user: User) -> Client:
    """The browser of somebody who may open the administration."""
    User.objects.filter(pk=user.pk).update(is_staff=True)
    return browser(User.objects.get(pk=user.pk))


def address(user: User, page: str = "change") -> str:
    """Of a person's page in the administration."""
    return reverse(f"admin:access_user_{page}", args=[user.pk])


def values(page: Any) -> dict[str, Any]:
    """What the browser would send back from a person's page."""
    form = page.context["adminform"].form
    sent = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    sent = {name: value for name, value in sent.items() if value not in (None, False)}
    rows = {"assignments-TOTAL_FORMS": "0", "assignments-INITIAL_FORMS": "0"}
    return sent | rows


def test_every_page_masks_it(administrator: User, staff: User) -> None:
    client = keeper(administrator)
    staff.phone = "13912349999"
    staff.save()
    pages = [client.get(address(staff)), client.get(address(staff, "history"))]
    pages += [client.get(reverse("admin:access_user_changelist"), query) for query in ({}, {"q": staff.username}, {"q": "139"})]
    for page in pages:
        text = page.content.decode()
        assert "13912349999" not in text
        assert PHONE not in text
    assert "139****9999" in pages[0].content.decode()
    assert {MASKED, "139****9999"} <= set(re.findall(r"\d{3}\*{4}\d{4}", pages[1].content.decode()))
    assert staff.username in pages[3].content.decode()
    assert not pages[4].context["cl"].result_list, "nobody is found by a part of a phone"


def test_saving_the_mask_keeps_the_phone_and_typing_replaces_it(administrator: User, staff: User) -> None:
    client = keeper(administrator)
    sent = values(client.get(address(staff)))
    assert sent["phone"] == MASKED
    assert client.post(address(staff), sent | {"name": "王小磊"}).status_code == 302
    staff.refresh_from_db()
    assert (staff.phone, staff.name) == (PHONE, "王小磊")
    sent = values(client.get(address(staff)))  # the version that stands now
    answer = client.post(address(staff), sent | {"phone": "138****0000"})
    assert "a part of it is masked" in answer.content.decode()
    client.post(address(staff), sent | {"phone": "13700001111"})
    staff.refresh_from_db()
    assert staff.phone == "13700001111"
    # The page that still shows the mask of the former one changes nothing.
    assert client.post(address(staff), sent).status_code == 200
    client.post(address(staff), values(client.get(address(staff))) | {"phone": ""})
    staff.refresh_from_db()
    assert staff.phone == ""


def test_a_click_shows_it_and_is_an_event(administrator: User, staff: User) -> None:
    client = keeper(administrator)
    page = client.get(address(staff)).content.decode()
    (token,) = re.findall(r'class="reveal-link" form="reveal-one" name="value" value="([^"]+)"', page)
    assert 'id="reveal-one"' in page
    answer = client.post(reverse("access:reveal"), {"value": token, "next": address(staff)})
    assert PHONE in answer.content.decode()
    assert address(staff) in answer.content.decode()
    event = AuditEvent.objects.get(kind=AuditEventKind.REVEALED)
    assert (event.actor, event.object_type, event.object_key) == (administrator, "access.user", str(staff.pk))
    assert PHONE not in str(AuditEvent.objects.values())


@pytest.mark.parametrize("looks", ["auditor", "administrator without reveal", "director"])
def test_without_the_right_there_is_no_button_and_no_answer(
    looks: str, administrator: User, director: User, organisation: Organisation, staff: User
) -> None:
    users = {"director": director, "auditor": person("shen", "沈审", organisation.group, "auditor")}
    user = users.get(looks, administrator)
    if user == administrator:
        RolePermission.objects.filter(role__code="administrator", module="access", action="reveal").delete()
    client = keeper(user)
    page = client.get(address(staff))
    if looks == "director":
        assert page.status_code in (302, 403)
    else:
        assert MASKED in page.content.decode()
        assert "reveal-link" not in page.content.decode()
        assert PHONE not in page.content.decode()
    assert client.post(reverse("access:reveal"), {"value": f"staff.{staff.pk}.phone"}).status_code == 404
    assert not AuditEvent.objects.filter(kind=AuditEventKind.REVEALED).exists()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_list_of_people_shows_no_phone(administrator: User, staff: User, language: str) -> None:
    User.objects.filter(pk=administrator.pk).update(locale=language)
    client = keeper(administrator)
    list_page = reverse("admin:access_user_changelist") + "list/"
    file = SimpleUploadedFile(
        "people.csv", f"login,name,phone\n{staff.username},,13711112222\nfresh,新人,not a phone 13711113333\n".encode()
    )
    text = client.post(list_page, {"file": file}).content.decode()
    assert staff.username in text
    assert "13711112222" not in text
    assert "13711113333" not in text
