"""The administration: who opens it, that every page of it works, and that it obeys the access policy and the house's rules."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from access.models import OrgUnit, Role, User
from members.models import BlacklistedNumber, NumberSegment, VerdictRule
from tests.access.clients import browser
from tests.members.factories import make_member, make_subscription
from tests.personas import give_second_factor
from tests.products.factories import make_customer, make_director, make_discount, make_offer, make_tariff, make_unit, make_user

pytestmark = pytest.mark.django_db

OURS = ("access", "jobs", "customers", "products", "members")
MODELS = [model for model in admin.site._registry if model._meta.app_label in OURS]


@pytest.fixture
def keeper() -> User:
    """An administrator: every action everywhere, and staff."""
    from access.services.standard_roles import ensure_standard_roles

    unit = make_unit("HQ", level="group")
    user = make_user("keeper", unit, is_staff=True)
    user.assignments.create(role=ensure_standard_roles()["administrator"], org_unit=unit)
    give_second_factor(user)
    return user


def address(model: type[Model], page: str, *arguments: object) -> str:
    """The address of a page of the administration."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


@pytest.fixture
def rows(keeper: User) -> None:
    """A row of most models."""
    customer = make_customer()
    offer = make_offer(customer, make_tariff(), discounts=[make_discount()])
    make_subscription(make_member(customer), offer.tariff, offer=offer)
    NumberSegment.objects.create(prefix="861380000", kind="mobile", operator="mobile")
    BlacklistedNumber.objects.create(msisdn="8613800001111", reason="欺诈")


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_page_opens(keeper: User, model: type[Model]) -> None:
    """List with search, form of a row, and the form for a new one where there may be one."""
    client = browser(keeper)
    assert client.get(address(model, "changelist")).status_code == 200
    assert client.get(address(model, "changelist"), {"q": "138"}).status_code == 200
    row = model._default_manager.first()
    if row is not None:
        assert client.get(address(model, "change", row.pk)).status_code == 200
    addable = admin.site._registry[model].has_add_permission(client.get(address(model, "changelist")).wsgi_request)
    assert client.get(address(model, "add")).status_code == (200 if addable else 403)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_it_is_closed_to_others(model: type[Model]) -> None:
    """Neither a director who is staff nor anybody who is not opens a page; a visitor is sent to the one sign-in."""
    director = make_director()
    User.objects.filter(pk=director.pk).update(is_staff=True)
    assert browser(director).get(address(model, "changelist")).status_code == 403
    assert browser(make_user("nobody")).get(address(model, "changelist")).status_code in (302, 403)
    visitor = Client().get(address(model, "changelist"), follow=True)
    assert visitor.redirect_chain[-1][0].startswith(reverse("account_login"))


def test_a_moved_unit_takes_its_units_along(keeper: User) -> None:
    """The administration saves units by the service; a unit cannot be put below itself."""
    province, other = make_unit("P1"), make_unit("P2")
    city = make_unit("C1", province)
    team = make_unit("T1", city)
    client = browser(keeper)
    data = {"code": "C1", "name_zh": "城", "name_en": "City", "level": "city"}
    client.post(address(OrgUnit, "change", city.pk), {**data, "parent": other.pk})
    assert OrgUnit.objects.get(pk=team.pk).path == "P2/C1/T1/"
    refused = client.post(address(OrgUnit, "change", city.pk), {**data, "parent": team.pk})
    assert refused.status_code == 200
    assert "cannot lie below itself" in refused.content.decode()
    assert OrgUnit.objects.get(pk=city.pk).path == "P2/C1/"


def test_a_person_with_a_role_is_entered(keeper: User) -> None:
    """First the login and a password, then details and roles; the person can sign in, and nobody becomes a superuser on the way."""
    client = browser(keeper)
    password = "seventeen quiet rivers"
    data = {"username": "wanglei", "name": "王磊", "usable_password": "true", "password1": password, "password2": password}
    response = client.post(address(User, "add"), data | {"assignments-TOTAL_FORMS": "0", "assignments-INITIAL_FORMS": "0"})
    person = User.objects.get(username="wanglei")
    assert response["Location"] == address(User, "change", person.pk)
    assert person.check_password(password)
    role, unit = Role.objects.get(code="account_manager"), OrgUnit.objects.get(code="HQ")
    roles = {
        "assignments-TOTAL_FORMS": "1",
        "assignments-INITIAL_FORMS": "0",
        "assignments-0-role": role.pk,
        "assignments-0-org_unit": unit.pk,
    }
    changed = {"username": "wanglei", "name": "王磊", "is_active": "on", "is_superuser": "on", "assignments-0-user": person.pk}
    client.post(address(User, "change", person.pk), changed | roles)
    person.refresh_from_db()
    assert [assignment.role for assignment in person.assignments.all()] == [role]
    assert not person.is_superuser


def test_superusers_are_out_of_reach(keeper: User) -> None:
    """Whoever could set a superuser's password would be one."""
    root = make_user("root", is_superuser=True, is_staff=True)
    client = browser(keeper)
    before = User.objects.get(pk=root.pk).password
    for page in (address(User, "change", root.pk), reverse("admin:auth_user_password_change", args=[root.pk])):
        password = "seventeen quiet rivers"
        client.post(page, {"password1": password, "password2": password, "username": "root", "name": "x"})
    root.refresh_from_db()
    assert (root.password, root.name) == (before, "Root")


def test_the_number_plan_and_the_blacklist(keeper: User) -> None:
    """Numbers are taken however they are written; what is no number is refused."""
    client = browser(keeper)
    client.post(address(BlacklistedNumber, "add"), {"msisdn": "+86 138-0000-1111", "reason": "欺诈"})
    assert BlacklistedNumber.objects.get().msisdn == "8613800001111"
    client.post(address(BlacklistedNumber, "add"), {"msisdn": "12", "reason": "欺诈"})
    client.post(address(NumberSegment, "add"), {"prefix": "138x", "kind": "mobile", "operator": "mobile"})
    assert (BlacklistedNumber.objects.count(), NumberSegment.objects.count()) == (1, 0)


def test_the_severity_of_a_verdict(keeper: User) -> None:
    """An administrator turns one into a warning; those that the tables forbid stay errors."""
    client = browser(keeper)
    soft, hard = VerdictRule.objects.get(code="number_suspended"), VerdictRule.objects.get(code="member_elsewhere")
    for rule in (soft, hard):
        client.post(address(VerdictRule, "change", rule.pk), {"severity": "warning"})
    soft.refresh_from_db()
    hard.refresh_from_db()
    assert (soft.severity, hard.severity) == ("warning", "error")
