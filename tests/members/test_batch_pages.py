"""The pages of batch provisioning: who may open them, where each step leads, and the choice of columns and actions."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from access.models import User
from access.services.standard_roles import ensure_standard_roles
from jobs.models import Job, JobStatus
from members.models import Member
from tests.factories.access import RoleAssignmentFactory
from tests.members import worlds
from tests.members.batch_browser import HTMX, choices, new_batch, post_file, sign_in, text_of, work
from tests.members.conftest import Shop, listed, numbers
from tests.personas import give_second_factor, person

pytestmark = pytest.mark.django_db


# --- access ----------------------------------------------------------------------------------------------------------------------------

PAGES = ("batch_detail", "batch_actions", "batch_preview", "batch_run", "batch_source")
WRITES = ("batch_approve", "batch_recheck", "batch_mode", "batch_cancel", "batch_pause", "batch_resume", "batch_undo")


def test_a_hidden_batch_is_missing_on_every_page(shop: Shop, manager: User, colleague: User, foreign_director: User) -> None:
    job = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join")
    for user in (colleague, foreign_director):
        client = sign_in(user)
        for name in PAGES:
            assert client.get(reverse(f"members:{name}", args=[job.pk])).status_code == 404, name
        for name in WRITES:
            assert client.post(reverse(f"members:{name}", args=[job.pk])).status_code == 404, name
        assert client.get(reverse("members:batch_errors", args=[job.pk, "csv"])).status_code == 404
        assert client.get(f"{reverse('members:batch_new')}?customer={shop.groups.own.pk}").status_code == 404
    job.refresh_from_db()
    assert job.status == JobStatus.VALIDATED


def test_a_viewer_sees_a_batch_and_changes_nothing(shop: Shop, manager: User, viewer: User) -> None:
    job = worlds.start(manager, shop.groups.own, [*listed(*numbers(2)), {"number": "1"}], "join")
    client = sign_in(viewer)
    preview = text_of(client.get(reverse("members:batch_preview", args=[job.pk])))
    assert "foot-bar" not in preview
    assert "errors.csv" not in preview
    assert client.get(reverse("members:batch_actions", args=[job.pk])).status_code == 200
    assert client.get(reverse("members:batch_new")).status_code == 403
    assert client.get(reverse("members:batch_template")).status_code == 403
    assert client.get(reverse("members:batch_errors", args=[job.pk, "csv"])).status_code == 404
    for name in WRITES:
        assert client.post(reverse(f"members:{name}", args=[job.pk]), {"fingerprint": job.fingerprint}).status_code in (403, 404), name
    assert client.post(reverse("members:batch_actions", args=[job.pk]), choices()).status_code == 404
    job.refresh_from_db()
    assert job.status == JobStatus.VALIDATED
    assert not Member.objects.exists()


def test_two_roles_do_not_add_up_to_a_right_that_neither_gives(shop: Shop, organisation) -> None:
    """Who sees all customers by one role and changes the own ones by another starts no batch for somebody else's."""
    both = person("both", "周全", organisation.team, "account_manager")
    RoleAssignmentFactory(user=both, role=ensure_standard_roles()["viewer"], org_unit=organisation.group)
    give_second_factor(both)
    client = sign_in(both)
    assert client.get(reverse("customers:customer_detail", args=[shop.groups.own.pk])).status_code == 200
    assert client.get(f"{reverse('members:batch_new')}?customer={shop.groups.own.pk}").status_code == 404
    answer = client.post(reverse("members:batch_new"), {"customer": f"{shop.groups.own.code} · x", "numbers": "13900000001"})
    assert answer.status_code == 422
    assert "may not change the members" in text_of(answer)
    assert not Job.objects.exists()


def test_steps_lead_to_where_the_batch_stands(manager_client: Client, shop: Shop, manager: User) -> None:
    job = new_batch(manager_client, shop)
    detail = reverse("members:batch_detail", args=[job.pk])
    assert manager_client.get(detail)["Location"].endswith("/actions/")
    assert manager_client.get(reverse("members:batch_preview", args=[job.pk]))["Location"].endswith("/actions/")
    assert manager_client.get(reverse("members:batch_run", args=[job.pk]))["Location"].endswith("/actions/")
    checked = worlds.start(manager, shop.groups.own, listed(*numbers(2)), "join")
    assert manager_client.get(reverse("members:batch_run", args=[checked.pk]))["Location"].endswith("/preview/")
    done = worlds.finish(checked, manager)
    for name in ("batch_actions", "batch_preview", "batch_source"):
        assert manager_client.get(reverse(f"members:{name}", args=[done.pk]))["Location"].endswith("/run/"), name


# --- 2 actions -------------------------------------------------------------------------------------------------------------------------


def test_the_page_waits_for_the_worker_without_being_loaded_again(manager_client: Client, shop: Shop) -> None:
    post_file(manager_client, shop, b"number\n13900000001\n")
    job = Job.objects.get()
    address = reverse("members:batch_actions", args=[job.pk])
    assert "Reading the source" in text_of(manager_client.get(address))
    poll = {**HTMX, "HX-Target": "batch-wait"}
    assert manager_client.get(f"{address}?late=0", headers=poll).status_code == 204
    work(job)
    assert manager_client.get(f"{address}?late=0", headers=poll)["HX-Redirect"] == address


def test_columns_are_guessed_and_shown_with_their_first_rows(manager_client: Client, shop: Shop) -> None:
    job = new_batch(manager_client, shop, "姓名,手机号码,备注\n张三,13900000001,甲\n李四,13900000002,乙\n".encode("gb18030"))
    page = text_of(manager_client.get(reverse("members:batch_actions", args=[job.pk])))
    assert "张三 · 李四" in page
    assert page.count(">guessed<") == 2
    assert "GB18030" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"membership": "", "product": [""], "tariff": [""]}, "Choose at least one action."),
        ({"tariff": [""], "offer": [""]}, "Choose a tariff, or an offer."),
        ({"tariff": ["RING|R2"]}, "belongs to another product"),
        ({"offer": ["VNET|V5OFF"]}, "was made for another tariff"),
        ({"tariff": ["VNET|NONE"]}, "Select a valid choice"),
        ({"kind": ["unsubscribe"], "product": [""], "tariff": [""]}, "Choose a product."),
        ({"membership": "leave"}, "it stands alone"),
        ({"expires_on": "2029-12-31"}, "expiry lies before"),
        ({"effective_on": "soon"}, "Enter a valid date"),
        ({"column-0": ""}, "Say which column holds the numbers."),
        (
            {"kind": ["subscribe"] * 2, "product": ["VNET"] * 2, "tariff": ["VNET|V10"] * 2, "offer": [""] * 2},
            "The same action stands twice.",
        ),
    ],
)
def test_wrong_choices_are_said_and_nothing_is_lost(manager_client: Client, shop: Shop, changes: dict[str, object], said: str) -> None:
    job = new_batch(manager_client, shop)
    answer = manager_client.post(reverse("members:batch_actions", args=[job.pk]), choices(**changes))
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert 'value="2030-01-01"' in text_of(answer) or "effective_on" in changes
    job.refresh_from_db()
    assert job.status == JobStatus.UPLOADED


def test_another_row_is_added_without_a_script(manager_client: Client, shop: Shop) -> None:
    job = new_batch(manager_client, shop)
    answer = manager_client.post(reverse("members:batch_actions", args=[job.pk]), choices(add="1"))
    assert answer.status_code == 200
    rows = text_of(answer).split("<template")[0].count("data-action-row ")
    assert rows == 2


def test_only_offers_of_this_customer_and_products_on_sale_can_be_chosen(manager_client: Client, shop: Shop) -> None:
    job = new_batch(manager_client, shop)
    page = text_of(manager_client.get(reverse("members:batch_actions", args=[job.pk])))
    assert 'value="VNET|V10OFF"' in page
    shop.offers["V10OFF"].customer = shop.groups.other
    shop.offers["V10OFF"].save()
    shop.products["DATA"].retired_on = "2025-01-01"
    shop.products["DATA"].save()
    page = text_of(manager_client.get(reverse("members:batch_actions", args=[job.pk])))
    assert 'value="VNET|V10OFF"' not in page
    assert 'value="DATA"' not in page
