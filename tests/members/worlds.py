"""The oracle's small worlds in the database: written by a fixed number of statements, and read back."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone

from access.models import User
from customers.models import Customer
from jobs.models import Job, SourceFile
from jobs.services.files import keep_source
from members.models import BatchRow, BlacklistedNumber, Member, MemberSubscription, NumberSegment, VerdictRule
from members.services.batch_run import run_here
from members.services.batches import BatchOptions, approve_batch, create_batch
from members.services.plan import ActionSpec
from members.verdict_codes import codes_of
from products.models import Offer, OfferStatus, Product, ProductRule, ProductRuleKind, Tariff
from tests.factories.customers import CustomerFactory
from tests.oracle import provisioning as oracle

HEADINGS = {
    "number": "手机号码",
    "holder_name": "姓名",
    "employee_no": "工号",
    "department": "部门",
    "short_number": "短号",
    "effective_on": "生效日期",
    "expires_on": "到期日期",
    "tariff_code": "资费",
    "offer_code": "专属方案",
}
FIRST_LINE = 2
"""The line of the first row: the headings stand above it."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Two customers: `own` of the manager who runs batches, and somebody else's."""

    own: Customer
    other: Customer

    @classmethod
    def make(cls, manager: User) -> Groups:
        """Both, in the unit of `manager`."""
        return cls(CustomerFactory(code="OWN", manager=manager), CustomerFactory(code="OTHER", org_unit=manager.org_unit))

    def key(self, group: str) -> int:
        """The key of the customer that the oracle calls `group`."""
        return self.own.pk if group == "OWN" else self.other.pk

    def name(self, key: int) -> str:
        """What the oracle calls the customer with `key`."""
        return "OWN" if key == self.own.pk else "OTHER"


# --- into the database -----------------------------------------------------------------------------------------------------------------


def load(world: oracle.World, groups: Groups) -> None:
    """Write a world into empty tables."""
    products, tariffs, offers = load_catalogue(world, groups)
    NumberSegment.objects.bulk_create(NumberSegment(prefix=prefix, kind="mobile", operator="mobile") for prefix in sorted(world.segments))
    BlacklistedNumber.objects.bulk_create(BlacklistedNumber(msisdn=number, reason="诈骗") for number in sorted(world.blacklist))
    for code, severity in world.severities.items():
        VerdictRule.objects.update_or_create(code=code, defaults={"severity": severity})
    members = Member.objects.bulk_create(_member(each, groups) for each in world.memberships)
    MemberSubscription.objects.bulk_create(
        MemberSubscription(
            customer_id=member.customer_id,
            member=member,
            product=products[each.product],
            tariff=tariffs[each.product, each.tariff],
            offer=offers[each.offer] if each.offer else None,
            effective_on=each.since,
            expires_on=each.expires,
            ended_on=each.ended,
        )
        for member, membership in zip(members, world.memberships, strict=True)
        for each in membership.subscriptions
    )


def load_catalogue(world: oracle.World, groups: Groups) -> tuple[dict[str, Product], dict[tuple[str, str], Tariff], dict[str, Offer]]:
    """Write the catalogue and the offers. Returns products by code, tariffs by product and code, offers by code."""
    made = Product.objects.bulk_create(
        Product(code=each.code, kind="vnet", name_en=each.code, name_zh=each.code, available_from=each.since, retired_on=each.until)
        for each in world.products
    )
    products = {product.code: product for product in made}
    tariffs = {
        (tariff.product.code, tariff.code): tariff
        for tariff in Tariff.objects.bulk_create(
            Tariff(product=products[each.product], code=each.code, name_en=each.code, name_zh=each.code, retired_on=each.until)
            for each in world.tariffs
        )
    }
    offers = {
        offer.code: offer
        for offer in Offer.objects.bulk_create(
            Offer(
                code=each.code,
                customer_id=groups.key(each.group),
                product=products[each.product],
                tariff=tariffs[each.product, each.tariff],
                effective_on=each.since,
                expires_on=each.until,
                status=OfferStatus.APPROVED if each.approved else OfferStatus.WITHDRAWN,
            )
            for each in world.offers
        )
    }
    pairs = ((ProductRuleKind.EXCLUDES, world.excludes), (ProductRuleKind.REQUIRES, world.requires))
    ProductRule.objects.bulk_create(
        ProductRule(product=products[one], kind=kind, other=products[other]) for kind, rules in pairs for one, other in sorted(rules)
    )
    return products, tariffs, offers


def _member(each: oracle.Membership, groups: Groups) -> Member:
    return Member(
        customer_id=groups.key(each.group),
        msisdn=each.number,
        kind=each.kind,
        holder_name=each.holder,
        employee_no=each.employee_no,
        department=each.department,
        short_number=each.short,
        state=each.state,
        joined_on=each.joined,
        left_on=each.left,
    )


# --- out of the database ---------------------------------------------------------------------------------------------------------------


def memberships(groups: Groups) -> list[oracle.Membership]:
    """All memberships of both groups as the oracle describes them."""
    subscriptions: dict[int, list[oracle.Subscription]] = {}
    for each in MemberSubscription.objects.select_related("product", "tariff", "offer"):
        assert each.customer_id in (groups.own.pk, groups.other.pk)
        subscriptions.setdefault(each.member_id, []).append(
            oracle.Subscription(
                each.product.code,
                each.tariff.code,
                each.offer.code if each.offer else None,
                each.effective_on,
                each.expires_on,
                each.ended_on,
            )
        )
    return [
        oracle.Membership(
            groups.name(each.customer_id),
            each.msisdn,
            each.kind,
            each.joined_on,
            each.left_on,
            each.state,
            each.short_number,
            each.holder_name,
            each.employee_no,
            each.department,
            subscriptions.pop(each.pk, []),
        )
        for each in Member.objects.all()
    ]


def picture(groups: Groups) -> list[tuple[object, ...]]:
    """What stands in the tables, to compare with the oracle's picture or with an earlier one."""
    return oracle.picture(memberships(groups))


def found(job: Job) -> dict[int, tuple[str, set[str], set[int], int | None]]:
    """By line: state, verdicts, places of the actions with something to do, line that a repeated number stands on first."""
    return {
        row.line: (row.state, set(codes_of(row.verdicts)), {place for place in range(16) if row.todo >> place & 1}, row.duplicate_of)
        for row in BatchRow.objects.filter(job=job)
    }


def states(job: Job) -> dict[str, str]:
    """The state of each row by number."""
    return {str(msisdn): str(state) for msisdn, state in BatchRow.objects.filter(job=job).values_list("msisdn", "state")}


# --- batches ---------------------------------------------------------------------------------------------------------------------------


def csv_source(rows: Sequence[Mapping[str, str]], fields: Iterable[str] = HEADINGS) -> SourceFile:
    """A source with a column for each of `fields`, and `rows` by field name."""
    fields = list(fields)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([HEADINGS[name] for name in fields])
    writer.writerows([row.get(name, "") for name in fields] for row in rows)
    return keep_source(io.BytesIO(text.getvalue().encode()), "csv")


def specs_of(order: oracle.Order) -> list[ActionSpec]:
    """The actions of an order as people ask for them."""
    return [ActionSpec(action.kind, action.product, action.tariff, action.offer) for action in order.actions]


def start(
    actor: User,
    customer: Customer,
    rows: Sequence[Mapping[str, str]],
    *actions: str,
    effective_on: datetime.date | None = None,
    expires_on: datetime.date | None = None,
    mode: str = "valid",
    run: bool = False,
    chunk_rows: int | None = None,
) -> Job:
    """Create and check a batch; `run` approves and runs it too, in this process. Returns the job as it is then."""
    options = BatchOptions(
        [ActionSpec.parse(action) for action in actions],
        effective_on=effective_on or timezone.localdate(),
        expires_on=expires_on,
        mode=mode,
    )
    job = create_batch(customer_id=customer.pk, actor=actor, source=csv_source(rows), source_name="numbers.csv", options=options)
    if chunk_rows:
        Job.objects.filter(pk=job.pk).update(parameters=job.parameters | {"chunk_rows": chunk_rows})
    job = run_here(job)
    return finish(job, actor) if run else job


def finish(job: Job, actor: User) -> Job:
    """Approve a checked batch and run it in this process."""
    approve(job, actor)
    return run_here(job)


def approve(job: Job, actor: User) -> Job:
    """Approve a checked batch as its preview shows it."""
    job.refresh_from_db()
    return approve_batch(job_id=job.pk, actor=actor, fingerprint=job.fingerprint, confirm_repeat=True)
