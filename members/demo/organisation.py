"""The invented operator's organisation and staff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.contrib.auth.hashers import is_password_usable, make_password

from access.models import OrgUnit, Role, RoleAssignment, UnitLevel, User
from access.services.org_units import path_below
from access.services.standard_roles import ensure_standard_roles
from members.demo.chance import chance
from members.demo.names import person_names
from members.demo.places import CITIES, PROVINCES

CUSTOMERS_A_MANAGER: Final = 300
MANAGERS_A_CITY: Final = 5
MANAGERS_A_CAPITAL: Final = 10
PERSONAS: Final = ("manager", "director", "province", "administrator", "viewer")
_PERSONA_NAMES: Final = {"manager": "李静", "director": "周文博", "province": "陈建国", "administrator": "系统管理员", "viewer": "林晓月"}


@dataclass(slots=True)
class Organisation:
    """Keys of units and staff that customers refer to.

    Attributes:
        managers: for each city (as in `places.CITIES`) the pairs (account manager, org unit); the demo manager is the first of city 0.
        counties: for each city the org units of its districts, in their order.
        directors: for each city its director.
        administrator: the administrator.
    """

    managers: list[list[tuple[int, int]]]
    counties: list[list[int]]
    directors: list[int]
    administrator: int


def managers_needed(city: int, customers: int) -> int:
    """How many account managers city `city` has when there are `customers` in all."""
    share = customers * CITIES[city].weight // sum(place.weight for place in CITIES)
    return max(MANAGERS_A_CAPITAL if city == 0 else MANAGERS_A_CITY, -(-share // CUSTOMERS_A_MANAGER))


def found_organisation(seed: int, customers: int, password: str | None) -> Organisation:
    """Enter units, staff and their roles.

    Arguments:
        customers: how many customers there will be; more than 300 for one account manager add account managers.
        password: sign-in of all staff, hashed once for all of them; None for unusable passwords.
    """
    ensure_standard_roles()
    units = _enter_units()
    staff = _Staff(seed, make_password(password))
    managers: list[list[tuple[int, int]]] = []
    for city, place in enumerate(CITIES):
        teams = [units[f"{place.code}{number}T"] for number in range(1, 5)]
        count = managers_needed(city, customers)
        logins = ["manager" if (city, index) == (0, 0) else f"{place.code}-{index + 1:03d}" for index in range(count)]
        managers.append(
            [(staff.hire("account_manager", teams[index % 4], login), teams[index % 4].pk) for index, login in enumerate(logins)]
        )
    directors = [
        staff.hire("director", units[place.code], "director" if city == 0 else f"{place.code}-d1") for city, place in enumerate(CITIES)
    ]
    for number, province in enumerate(PROVINCES):
        code = province.place.code
        staff.hire("director", units[code], "province" if number == 0 else f"{code}-d1")
        staff.hire("director", units[code], f"{code}-d2")
    administrator = staff.hire("administrator", units["GRP"], "administrator")
    staff.hire("viewer", units["GRP"], "viewer")
    staff.enter()
    keys = {user.username: user.pk for user in staff.users}
    return Organisation(
        [[(keys[staff.users[index].username], unit) for index, unit in city] for city in managers],
        [[units[f"{place.code}{number}"].pk for number in range(1, 5)] for place in CITIES],
        [staff.users[index].pk for index in directors],
        staff.users[administrator].pk,
    )


def _enter_units() -> dict[str, OrgUnit]:
    """Enter the org tree level by level and return its units by code."""
    units: dict[str, OrgUnit] = {}

    def plan(code: str, level: UnitLevel, parent: str, chinese: str, english: str) -> None:
        above = units.get(parent)
        units[code] = OrgUnit(code=code, level=level, parent=above, path=path_below(above, code), name_zh=chinese, name_en=english)

    plan("GRP", UnitLevel.GROUP, "", "集团公司政企客户部", "Group company, enterprise customers")
    for province in PROVINCES:
        place = province.place
        plan(place.code, UnitLevel.PROVINCE, "GRP", f"{place.name}省公司", f"{place.english} province")
        for city in province.cities:
            plan(city.code, UnitLevel.CITY, place.code, f"{city.name}分公司", f"{city.english} branch")
            for number, district in enumerate(city.districts, start=1):
                plan(
                    f"{city.code}{number}", UnitLevel.COUNTY, city.code, f"{city.name}{district}营业部", f"{city.english} district {number}"
                )
                plan(
                    f"{city.code}{number}T",
                    UnitLevel.TEAM,
                    f"{city.code}{number}",
                    f"{city.name}{district}政企团队",
                    f"{city.english} team {number}",
                )
    for level in UnitLevel:
        OrgUnit.objects.bulk_create([unit for unit in units.values() if unit.level == level])
    return units


class _Staff:
    """Collects the people and their roles, then enters them at once."""

    def __init__(self, seed: int, password: str) -> None:
        self.users: list[User] = []
        self._password = password
        self._rng = chance(seed, "staff")
        self._posts: list[tuple[User, str, OrgUnit]] = []

    def hire(self, role: str, unit: OrgUnit, login: str) -> int:
        """Add a person with a role in a unit and return their place in `users`."""
        user = User(
            username=login.lower(),
            name=_PERSONA_NAMES.get(login) or person_names(self._rng, 1)[0],
            phone=f"13{self._rng.randrange(10**9):09d}",
            email=f"{login.lower()}@operator.example",
            org_unit=unit,
            password=self._password,
            is_staff=login == "administrator",
            is_superuser=login == "administrator",
            is_demo=is_password_usable(self._password),
        )
        self.users.append(user)
        self._posts.append((user, role, unit))
        return len(self.users) - 1

    def enter(self) -> None:
        """Write the users and their role assignments."""
        User.objects.bulk_create(self.users, batch_size=2000)
        roles = {role.code: role for role in Role.objects.all()}
        RoleAssignment.objects.bulk_create(
            [RoleAssignment(user=user, role=roles[role], org_unit=unit) for user, role, unit in self._posts], batch_size=2000
        )


def clashes() -> list[str]:
    """Logins of the demo staff that are taken already."""
    return list(User.objects.filter(username__in=PERSONAS).values_list("username", flat=True))
