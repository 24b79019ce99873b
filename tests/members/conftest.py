"""What the tests of batches start from: two customers, a small catalogue, and numbers."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import pytest
from django.test import Client

from access.models import User
from members.models import Member
from products.models import Offer, Product, Tariff
from tests.members import worlds
from tests.members.factories import make_member, make_subscription
from tests.members.worlds import Groups
from tests.oracle import provisioning as oracle

LONG_AGO = datetime.date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class Shop:
    """VNET with the tariffs V5 and V10; RING with R2, which needs VNET; DATA with D30, which excludes RING.

    The offers V5OFF and V10OFF are for the own group.
    """

    groups: Groups
    products: dict[str, Product]
    tariffs: dict[tuple[str, str], Tariff]
    offers: dict[str, Offer]

    def member(self, number: str, *products: str, group: str = "OWN", **values: object) -> Member:
        """A member on some products, under the first tariff of each."""
        customer = self.groups.own if group == "OWN" else self.groups.other
        member = make_member(customer, number, **values)
        for code in products:
            make_subscription(member, next(tariff for (product, _), tariff in self.tariffs.items() if product == code))
        return member


@pytest.fixture
def manager_client(client: Client, manager: User) -> Client:
    """The manager's browser."""
    client.force_login(manager, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def groups(manager: User) -> Groups:
    """The manager's customer and another one."""
    return Groups.make(manager)


@pytest.fixture
def shop(groups: Groups) -> Shop:
    """The catalogue."""
    world = oracle.World(
        products=[oracle.Product(code, LONG_AGO) for code in ("VNET", "RING", "DATA")],
        tariffs=[
            oracle.Tariff("VNET", "V5"),
            oracle.Tariff("VNET", "V10"),
            oracle.Tariff("RING", "R2"),
            oracle.Tariff("DATA", "D30"),
        ],
        offers=[oracle.Offer(f"{tariff}OFF", "OWN", "VNET", tariff, LONG_AGO) for tariff in ("V5", "V10")],
        excludes={("DATA", "RING")},
        requires={("RING", "VNET")},
    )
    return Shop(groups, *worlds.load_catalogue(world, groups))


def numbers(count: int, first: int = 1) -> list[str]:
    """Mobile numbers as members have them."""
    return [f"86139{place:08d}" for place in range(first, first + count)]


def listed(*msisdns: str, **cells: str) -> list[dict[str, str]]:
    """Rows with these numbers, all with the same other cells."""
    return [{"number": msisdn.removeprefix("86"), **cells} for msisdn in msisdns]
