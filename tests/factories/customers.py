"""Customers and the people in them."""

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from access.models import User
from customers.bulk.merging import move_all
from customers.models import (
    AttributeDefinition,
    AttributeKind,
    ContactPerson,
    Customer,
    CustomerMerge,
    CustomerRelation,
    DuplicatePair,
    HandOver,
    HandOverState,
    Industry,
    Lifecycle,
    MergeState,
    Region,
    RelationKind,
    Tag,
)
from customers.pinyin import initials_of, pinyin_of
from jobs.models import Job, JobStatus
from tests.factories.access import OrgUnitFactory, UserFactory


class IndustryFactory(DjangoModelFactory):
    """An entry of the industry dictionary."""

    class Meta:
        model = Industry
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"I{n}")
    name_en = factory.LazyAttribute(lambda industry: f"Industry {industry.code}")
    name_zh = factory.LazyAttribute(lambda industry: f"行业{industry.code}")


class RegionFactory(DjangoModelFactory):
    """A province or city."""

    class Meta:
        model = Region
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"R{n}")
    name_en = factory.LazyAttribute(lambda region: f"Region {region.code}")
    name_zh = factory.LazyAttribute(lambda region: f"地区{region.code}")


class CustomerFactory(DjangoModelFactory):
    """A customer without an account manager unless one is given; its unit is then the manager's."""

    class Meta:
        model = Customer

    code = factory.Sequence(lambda n: f"YJ-{n:06}")
    name = factory.Sequence(lambda n: f"云江第{n}医院")
    pinyin = factory.LazyAttribute(lambda customer: pinyin_of(customer.name))
    pinyin_initials = factory.LazyAttribute(lambda customer: initials_of(customer.name))
    lifecycle = Lifecycle.ACTIVE
    manager = None
    org_unit = factory.LazyAttribute(lambda customer: customer.manager.org_unit if customer.manager else OrgUnitFactory())


class ContactPersonFactory(DjangoModelFactory):
    """A contact person."""

    class Meta:
        model = ContactPerson

    customer = factory.SubFactory(CustomerFactory)
    name = factory.Sequence(lambda n: f"陈主任{n}")
    phone = factory.Sequence(lambda n: f"86138{n:08}")


class TagFactory(DjangoModelFactory):
    """An entry of the dictionary of tags."""

    class Meta:
        model = Tag
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"T{n}")
    name_en = factory.LazyAttribute(lambda tag: f"Tag {tag.code}")
    name_zh = factory.LazyAttribute(lambda tag: f"标签{tag.code}")


class AttributeFactory(DjangoModelFactory):
    """An attribute of customers; `codes=` gives it choices."""

    class Meta:
        model = AttributeDefinition
        skip_postgeneration_save = True

    key = factory.Sequence(lambda n: f"attribute{n}")
    kind = AttributeKind.TEXT
    name_en = factory.LazyAttribute(lambda definition: f"The {definition.key}")
    name_zh = factory.LazyAttribute(lambda definition: f"属性{definition.key}")

    @factory.post_generation
    def codes(definition, create, extracted, **kwargs):  # noqa: N805  (factory_boy passes the row)
        """The choices, each named in Chinese by its code."""
        for code in extracted or ():
            definition.choices.create(code=code, name_en=f"Choice {code}", name_zh=f"选{code}")


class RelationKindFactory(DjangoModelFactory):
    """A kind of relation with a name for each side."""

    class Meta:
        model = RelationKind
        django_get_or_create = ("code",)

    code = "SUPPLY"
    name_en = "supplier of"
    name_zh = "供应商"
    inverse_en = "customer of"
    inverse_zh = "采购方"


def make_relation(customer: Customer, other: Customer | None = None, *, note: str = "") -> CustomerRelation:
    """`customer` supplies `other`, by default one that nobody manages."""
    return CustomerRelation.objects.create(customer=customer, other=other or CustomerFactory(), kind=RelationKindFactory(), note=note)


def make_hand_over(giver: User, customer: Customer) -> dict[str, int]:
    """A customer that `giver` wants to hand to somebody who sees it not yet: it waits for approval. Returns the keys of both rows."""
    facts = {"receiver": UserFactory(), "maker": giver, "reason": "轮岗", "state": HandOverState.APPROVAL}
    hand_over = HandOver.objects.create(giver=giver, **facts)
    item = hand_over.items.create(customer=customer, label=customer.name)
    return {"hand_over": hand_over.pk, "hand_over_item": item.pk}


def make_pair(customer: Customer) -> DuplicatePair:
    """A likely duplicate of `customer`, of the same owner, and the pair that they are."""
    other = CustomerFactory(manager=customer.manager, org_unit=customer.org_unit)
    first, second = (customer, other) if customer.pk < other.pk else (other, customer)
    return DuplicatePair.objects.create(first=first, second=second, signs={"name": 80}, score=80)


def make_merge(customer: Customer) -> CustomerMerge:
    """A customer of the same owner that was merged into `customer`."""
    assert customer.manager is not None
    owner = {"manager": customer.manager, "org_unit": customer.org_unit}
    loser = CustomerFactory(**owner)
    job = Job.objects.create(
        kind="customer_merge", title="x", actor=customer.manager, customer_key=customer.pk, status=JobStatus.DONE, rows=1, **owner
    )
    merge = CustomerMerge.objects.create(job=job, winner=customer, loser_key=loser.pk, loser_code=loser.code, loser_name=loser.name)
    move_all(merge.pk, customer.pk, loser.pk, timezone.now())
    merge.state, merge.merged_at = MergeState.DONE, timezone.now()
    merge.save()
    return merge
