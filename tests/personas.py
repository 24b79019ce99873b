"""The people that tests speak of: one small organisation, and a user of every standing in it.

group ── province ── city ── team        manager, colleague (team); director (city)
      └─ other_province ── other_city    foreign_director, foreign_manager (other_city)
administrator, viewer (group); outsider has no role at all
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from access.models import OrgUnit, UnitLevel, User
from access.services.standard_roles import ensure_standard_roles
from tests.factories.access import PASSWORD, OrgUnitFactory, RoleAssignmentFactory, UserFactory

__all__ = ["PASSWORD", "Organisation"]


@dataclass(frozen=True, slots=True)
class Organisation:
    """The units of the tests' operator."""

    group: OrgUnit
    province: OrgUnit
    city: OrgUnit
    team: OrgUnit
    other_province: OrgUnit
    other_city: OrgUnit


def _unit(code: str, level: UnitLevel, name_en: str, name_zh: str, parent: OrgUnit | None) -> OrgUnit:
    return OrgUnitFactory(code=code, level=level, name_en=name_en, name_zh=name_zh, parent=parent)


def person(username: str, name: str, unit: OrgUnit, role: str | None) -> User:
    """A user of `unit` who holds the standard role `role` (None: no role) there."""
    user = UserFactory(username=username, name=name, org_unit=unit)
    if role:
        held = ensure_standard_roles()[role]
        RoleAssignmentFactory(user=user, role=held, org_unit=unit)
        if held.requires_second_factor:
            give_second_factor(user)
    return user


def give_second_factor(user: User) -> str:
    """Set up an authenticator app for `user`, as the set-up page does, and return its key. Whose role asks for one needs it."""
    secret: str = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


@pytest.fixture
def organisation(db: None) -> Organisation:
    """The org tree."""
    group = _unit("G", UnitLevel.GROUP, "Group company", "集团公司", None)
    province = _unit("YJ", UnitLevel.PROVINCE, "Yunjiang", "云江省", group)
    city = _unit("YJ01", UnitLevel.CITY, "Yunjiang City", "云江市", province)
    team = _unit("YJ01A", UnitLevel.TEAM, "Key accounts", "大客户部", city)
    other_province = _unit("QX", UnitLevel.PROVINCE, "Qingxi", "清溪省", group)
    other_city = _unit("QX01", UnitLevel.CITY, "Qingxi City", "清溪市", other_province)
    return Organisation(group, province, city, team, other_province, other_city)


@pytest.fixture
def manager(organisation: Organisation) -> User:
    """An account manager of the team."""
    return person("lijing", "李静", organisation.team, "account_manager")


@pytest.fixture
def colleague(organisation: Organisation) -> User:
    """Another account manager of the same team."""
    return person("wanglei", "王磊", organisation.team, "account_manager")


@pytest.fixture
def director(organisation: Organisation) -> User:
    """The director of the city, the team included."""
    return person("zhaomin", "赵敏", organisation.city, "director")


@pytest.fixture
def foreign_director(organisation: Organisation) -> User:
    """The director of a city in the other province."""
    return person("sunqiang", "孙强", organisation.other_city, "director")


@pytest.fixture
def foreign_manager(organisation: Organisation) -> User:
    """An account manager in the other province."""
    return person("zhouyan", "周燕", organisation.other_city, "account_manager")


@pytest.fixture
def administrator(organisation: Organisation) -> User:
    """The administrator: every action everywhere."""
    return person("admin", "管理员", organisation.group, "administrator")


@pytest.fixture
def viewer(organisation: Organisation) -> User:
    """Sees everything and changes nothing."""
    return person("auditor", "吴审", organisation.group, "viewer")


@pytest.fixture
def outsider(organisation: Organisation) -> User:
    """A user without any role."""
    return person("newcomer", "新人", organisation.team, None)


@pytest.fixture
def auditor(organisation: Organisation) -> User:
    """Sees everything, the audit and who may do what included, and changes nothing."""
    return person("wushen", "吴慎", organisation.group, "auditor")
