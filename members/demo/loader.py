"""Load the demo data in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

from django.conf import settings
from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper

from access.models import OrgUnit, User
from common.db_copy import copy_rows
from customers.models import (
    AttributeDefinition,
    ContactPerson,
    Customer,
    CustomerRelation,
    CustomerTag,
    Industry,
    LevelThreshold,
    LifecycleChange,
    LifecycleReason,
    LifecycleRule,
    OwnershipChange,
    Region,
    RelationKind,
    ScoringRule,
    Tag,
)
from members.demo import bulk
from members.demo.catalogue import Catalogue, enter_catalogue
from members.demo.chance import Calendar
from members.demo.charts import enter_charts
from members.demo.customers import (
    CONTACT_COLUMNS,
    CUSTOMER_COLUMNS,
    LIFECYCLE_COLUMNS,
    OWNERSHIP_COLUMNS,
    Book,
    CustomerRows,
    contact_rows,
    lifecycle_rows,
    mark_of,
    ownership_rows,
)
from members.demo.engagements import GROUP_COLUMNS, OFFER_COLUMNS, OFFER_DISCOUNT_COLUMNS, PLAN_COLUMNS, EngagementRows
from members.demo.names import HOSPITAL_CODE, SHOWCASE
from members.demo.numbers import enter_blacklist, enter_segments
from members.demo.organisation import Organisation, clashes, found_organisation
from members.demo.papers import enter_papers
from members.demo.places import PROVINCES
from members.demo.records import (
    RELATION_COLUMNS,
    TAG_COLUMNS,
    attributes_of,
    enter_records,
    relation_rows,
    score_best_known,
    tag_rows,
)
from members.demo.roster import MEMBER_COLUMNS, Roster
from members.demo.sign_ins import DEMO_PASSWORD
from members.demo.words import INDUSTRIES
from members.demo.work import enter_work
from members.models import BlacklistedNumber, Member, MemberSubscription, NumberSegment
from products.models import Discount, GroupSubscription, Offer, Product, Tariff

LARGEST_CUSTOMERS: Final = 2_000_000
LARGEST_MEMBERS: Final = 20_000_000
_COPIED: Final[tuple[type[models.Model], ...]] = (
    Customer,
    ContactPerson,
    OwnershipChange,
    LifecycleChange,
    CustomerTag,
    CustomerRelation,
    Offer,
    Offer.discounts.through,
    GroupSubscription,
    Member,
    MemberSubscription,
)
_MUST_BE_EMPTY: Final[tuple[type[models.Model], ...]] = (
    Customer,
    OrgUnit,
    Region,
    Industry,
    Tag,
    AttributeDefinition,
    RelationKind,
    LifecycleReason,
    LifecycleRule,
    ScoringRule,
    LevelThreshold,
    Product,
    Tariff,
    Discount,
    Member,
    NumberSegment,
    BlacklistedNumber,
)


class DatabaseInUseError(Exception):
    """There are rows already that are not this demo data; the message names them. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What is there after a load, in rows.

    Attributes:
        created: False when the same demo data were there already; then the counts are those found.
        members: memberships, ended ones included.
        seconds: duration of this load.
    """

    created: bool
    seed: int
    staff: int
    customers: int
    contact_people: int
    offers: int
    group_subscriptions: int
    members: int
    subscriptions: int
    segments: int
    seconds: float

    def as_dict(self) -> dict[str, int | float | bool]:
        """The summary for JSON."""
        return asdict(self)


def load_demo(*, seed: int, customers: int, members: int, progress: Callable[[str], None] | None = None) -> DemoSummary:
    """Fill an empty database with an operator of the given size, all or nothing.

    Arguments:
        seed: the same seed, sizes and day give the same rows.
        customers: how many group customers, from 10.
        members: how many memberships, from 100; ended ones (about 4 of 100) included.
        progress: called with a line for each step.

    Staff can sign in only where `settings.DEBUG` is on (see `sign_ins`).

    Where the same demo data are there already, nothing is done. Raises ValueError for sizes out of range, DatabaseInUseError when there are
    other data.
    """
    if not 10 <= customers <= LARGEST_CUSTOMERS or not 100 <= members <= LARGEST_MEMBERS:
        raise ValueError(f"Customers must be from 10 to {LARGEST_CUSTOMERS:,} and members from 100 to {LARGEST_MEMBERS:,}.")
    began = time.monotonic()
    if Customer.objects.filter(code=HOSPITAL_CODE, credit_code=mark_of(seed, customers, members)).exists():
        return _summary(seed, created=False, seconds=time.monotonic() - began)
    _ensure_empty()
    with transaction.atomic(), connection.cursor() as cursor:
        _Load(cursor, seed, customers, members, progress).run()
    return _summary(seed, created=True, seconds=time.monotonic() - began)


def _ensure_empty() -> None:
    found = [str(model._meta.verbose_name_plural) for model in _MUST_BE_EMPTY if model._default_manager.exists()]
    logins = clashes()
    if found or logins:
        what = ", ".join(found + [f"the login {login}" for login in logins])
        raise DatabaseInUseError(f"The database holds other data already: {what}.")


def _summary(seed: int, *, created: bool, seconds: float) -> DemoSummary:
    return DemoSummary(
        created=created,
        seed=seed,
        staff=User.objects.count(),
        customers=Customer.objects.count(),
        contact_people=ContactPerson.objects.count(),
        offers=Offer.objects.count(),
        group_subscriptions=GroupSubscription.objects.count(),
        members=Member.objects.count(),
        subscriptions=MemberSubscription.objects.count(),
        segments=NumberSegment.objects.count(),
        seconds=round(seconds, 1),
    )


class _Load:
    """One load: the steps in order, sharing the keys that later ones refer to."""

    def __init__(self, cursor: CursorWrapper, seed: int, customers: int, members: int, progress: Callable[[str], None] | None) -> None:
        self._cursor = cursor
        self._seed = seed
        self._sizes = (customers, members)
        self._progress = progress
        self._calendar = Calendar()
        self._began = time.monotonic()

    def run(self) -> None:
        """Do all steps."""
        tables = [model._meta.db_table for model in _COPIED]
        bulk.prepare_session(self._cursor)
        with bulk.without_foreign_keys(self._cursor, tables), bulk.without_indexes(self._cursor, tables):
            organisation = found_organisation(self._seed, self._sizes[0], DEMO_PASSWORD if settings.DEBUG else None)
            regions, industries = _enter_dictionaries()
            catalogue = enter_catalogue(self._calendar)
            self._say("organisation, staff and catalogue")
            book = self._copy_customers(organisation, regions, industries)
            self._copy_engagements(book, catalogue, organisation)
            self._copy_members(book, regions)
        self._say("indexes and foreign keys")
        bulk.set_sequences(self._cursor, tables)
        bulk.analyze(self._cursor, [*tables, NumberSegment._meta.db_table, User._meta.db_table, OrgUnit._meta.db_table])
        self._say("statistics")
        score_best_known(book, self._calendar)
        self._say("scores of the best known customers")
        self._say("to-dos and figures", enter_work())

    def _say(self, step: str, count: int | None = None) -> None:
        figure = "" if count is None else f" {count:,}"
        if self._progress is not None:
            self._progress(f"{time.monotonic() - self._began:7.1f} s  {step}{figure}")

    def _copy(self, model: type[models.Model], columns: tuple[str, ...], rows: object, label: str) -> None:
        self._say(label, copy_rows(self._cursor, model._meta.db_table, columns, rows))  # type: ignore[arg-type]

    def _copy_customers(self, organisation: Organisation, regions: dict[str, int], industries: dict[str, int]) -> Book:
        book = Book(self._seed, *self._sizes, first_key=1)
        customers = CustomerRows(book, organisation, regions, industries, self._calendar, attributes_of(self._seed))
        self._copy(Customer, CUSTOMER_COLUMNS, customers, "customers")
        self._copy(ContactPerson, CONTACT_COLUMNS, contact_rows(book, self._calendar), "contact persons")
        enter_papers(book.first_key, min(len(SHOWCASE), book.count))
        enter_charts(book.first_key, min(len(SHOWCASE), book.count))
        self._copy(OwnershipChange, OWNERSHIP_COLUMNS, ownership_rows(book, organisation, self._calendar), "ownership changes")
        self._copy(LifecycleChange, LIFECYCLE_COLUMNS, lifecycle_rows(book, organisation, self._calendar), "lifecycle changes")
        records = enter_records()
        self._copy(CustomerTag, TAG_COLUMNS, tag_rows(book, records, self._calendar), "tags of customers")
        self._copy(CustomerRelation, RELATION_COLUMNS, relation_rows(book, records, self._calendar), "relations")
        return book

    def _copy_engagements(self, book: Book, catalogue: Catalogue, organisation: Organisation) -> None:
        rows = EngagementRows(book, catalogue, organisation, self._calendar, first_key=1)
        self._copy(Offer, OFFER_COLUMNS, rows.offers(), "offers")
        self._copy(Offer.discounts.through, OFFER_DISCOUNT_COLUMNS, rows.discounts(), "discounts of offers")
        self._copy(GroupSubscription, GROUP_COLUMNS, rows.group_subscriptions(), "group subscriptions")
        bulk.create_plan_table(self._cursor)
        copy_rows(self._cursor, "demo_plan", PLAN_COLUMNS, rows.plans())

    def _copy_members(self, book: Book, regions: dict[str, int]) -> None:
        roster = Roster(book, self._calendar, first_key=1)
        enter_segments(roster.blocks, regions)
        enter_blacklist(self._seed)
        self._copy(Member, MEMBER_COLUMNS, roster, "memberships")
        self._say("subscriptions", bulk.subscribe_members(self._cursor, self._calendar.moment))


def _enter_dictionaries() -> tuple[dict[str, int], dict[str, int]]:
    """Enter regions and industries; return their keys by code. A county's code is its city's and its number."""
    provinces = [
        Region(code=entry.place.code, name_zh=f"{entry.place.name}省", name_en=f"{entry.place.english} province") for entry in PROVINCES
    ]
    Region.objects.bulk_create(provinces)
    cities = [
        Region(code=city.code, name_zh=f"{city.name}市", name_en=city.english, parent=province)
        for province, entry in zip(provinces, PROVINCES, strict=True)
        for city in entry.cities
    ]
    Region.objects.bulk_create(cities)
    counties = [
        Region(code=f"{city.code}{number}", name_zh=district, name_en=f"{city.english} {number}", parent=region)
        for region, city in zip(cities, (city for entry in PROVINCES for city in entry.cities), strict=True)
        for number, district in enumerate(city.districts, start=1)
    ]
    Region.objects.bulk_create(counties)
    industries = [Industry(code=code, name_en=english, name_zh=chinese) for code, (english, chinese, *_) in INDUSTRIES.items()]
    Industry.objects.bulk_create(industries)
    return {region.code: region.pk for region in [*cities, *counties]}, {industry.code: industry.pk for industry in industries}
