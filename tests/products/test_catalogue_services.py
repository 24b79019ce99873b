"""Writing the catalogue: who may, dated prices, rules that contradict each other, and two people at once."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone

from common.versions import version_of
from products.models import Product, ProductRule, ProductRuleKind, TariffPrice
from products.services.catalogue import add_price, add_rule, remove_rule, save_entry
from tests.products.factories import make_director, make_keeper, make_manager, make_product, make_tariff

pytestmark = pytest.mark.django_db


def prices_of(tariff_id: int) -> list[tuple[Decimal, datetime.date, datetime.date | None]]:
    """All prices of a tariff in order."""
    return list(TariffPrice.objects.filter(tariff=tariff_id).order_by("effective_on").values_list("fee", "effective_on", "expires_on"))


def test_keeper_enters_a_product() -> None:
    """A role that reaches everything may add to the catalogue."""
    product = save_entry(entry=Product(code="VNET", kind="vnet", name_en="V-net", name_zh="集团V网"), actor=make_keeper())
    assert Product.objects.get().code == product.code == "VNET"


@pytest.mark.parametrize("make_person", [make_manager, make_director])
def test_others_change_nothing(make_person: type) -> None:
    """Whoever reaches only some customers may not change what all customers are sold, though the role has the actions."""
    person, product, other = make_person(), make_product(name_en="Before"), make_product()
    tariff = make_tariff(product, fee="10.00")
    rule = ProductRule.objects.create(product=product, kind="excludes", other=other)
    seen = version_of(product)
    product.name_en = "After"
    with pytest.raises(PermissionDenied):
        save_entry(entry=product, actor=person, seen=seen)
    with pytest.raises(PermissionDenied):
        save_entry(entry=Product(code="NEW", kind="vnet"), actor=person)
    with pytest.raises(Http404):
        add_price(tariff_id=tariff.pk, fee=Decimal(1), effective_on=timezone.localdate(), actor=person)
    with pytest.raises(Http404):
        add_rule(product_id=other.pk, kind="requires", other_id=product.pk, actor=person)
    with pytest.raises(Http404):
        remove_rule(product_id=product.pk, rule_id=rule.pk, actor=person)
    assert {p.name_en for p in Product.objects.all()} == {"Before", other.name_en}
    assert ProductRule.objects.count() == TariffPrice.objects.count() == 1


def test_a_change_based_on_an_old_page_is_refused() -> None:
    """The second of two people who opened the same page loses nothing of the first one's change."""
    keeper, product = make_keeper(), make_product(name_en="Before")
    seen = version_of(product)
    first, second = Product.objects.get(), Product.objects.get()
    first.name_en = "First"
    save_entry(entry=first, actor=keeper, seen=seen)
    second.name_en = "Second"
    with pytest.raises(ValidationError, match="Somebody else"):
        save_entry(entry=second, actor=keeper, seen=seen)
    assert Product.objects.get().name_en == "First"


def test_a_new_price_ends_the_one_before() -> None:
    """The price before ends on the day the new one begins, and there is never a gap or an overlap."""
    keeper, tariff = make_keeper(), make_tariff(fee="10.00", effective_on=datetime.date(2024, 1, 1))
    soon = timezone.localdate() + datetime.timedelta(days=10)
    add_price(tariff_id=tariff.pk, fee=Decimal("12.00"), effective_on=soon, actor=keeper)
    assert prices_of(tariff.pk) == [(Decimal("10.00"), datetime.date(2024, 1, 1), soon), (Decimal("12.00"), soon, None)]


def test_a_price_between_two_others() -> None:
    """A price that begins before one already entered ends where that one begins."""
    keeper, tariff = make_keeper(), make_tariff(fee="10.00", effective_on=datetime.date(2024, 1, 1))
    today = timezone.localdate()
    later, between = today + datetime.timedelta(days=60), today + datetime.timedelta(days=30)
    add_price(tariff_id=tariff.pk, fee=Decimal("14.00"), effective_on=later, actor=keeper)
    add_price(tariff_id=tariff.pk, fee=Decimal("12.00"), effective_on=between, actor=keeper)
    assert [(fee, end) for fee, _, end in prices_of(tariff.pk)] == [(Decimal(10), between), (Decimal(12), later), (Decimal(14), None)]


def test_the_past_is_not_repriced() -> None:
    """Neither a past day nor a day on which a price begins already takes another price."""
    keeper, tariff = make_keeper(), make_tariff(fee="10.00", effective_on=timezone.localdate())
    before = prices_of(tariff.pk)
    for day in (timezone.localdate() - datetime.timedelta(days=1), timezone.localdate()):
        with pytest.raises(ValidationError):
            add_price(tariff_id=tariff.pk, fee=Decimal("12.00"), effective_on=day, actor=keeper)
    assert prices_of(tariff.pk) == before


def test_a_first_price_may_lie_in_the_past() -> None:
    """A tariff entered late has been charged since a past day."""
    tariff = make_tariff(fee=None)
    add_price(tariff_id=tariff.pk, fee=Decimal("9.00"), effective_on=datetime.date(2021, 1, 1), actor=make_keeper())
    assert prices_of(tariff.pk) == [(Decimal("9.00"), datetime.date(2021, 1, 1), None)]


def test_rules_that_contradict_are_refused() -> None:
    """A rule stands once, an exclusion also seen from the other side, and two products do not both exclude and require each other."""
    keeper, one, two = make_keeper(), make_product(), make_product()
    rule = add_rule(product_id=one.pk, kind=ProductRuleKind.EXCLUDES, other_id=two.pk, actor=keeper)
    for product, kind, other in [
        (one, "excludes", two),
        (two, "excludes", one),
        (one, "requires", two),
        (two, "requires", one),
        (one, "excludes", one),
    ]:
        with pytest.raises(ValidationError):
            add_rule(product_id=product.pk, kind=kind, other_id=other.pk, actor=keeper)
    assert list(ProductRule.objects.all()) == [rule]
    remove_rule(product_id=two.pk, rule_id=rule.pk, actor=keeper)
    assert not ProductRule.objects.exists()


def test_two_products_may_require_each_other() -> None:
    """A requirement is one-way, so its reverse is another rule."""
    keeper, one, two = make_keeper(), make_product(), make_product()
    add_rule(product_id=one.pk, kind=ProductRuleKind.REQUIRES, other_id=two.pk, actor=keeper)
    add_rule(product_id=two.pk, kind=ProductRuleKind.REQUIRES, other_id=one.pk, actor=keeper)
    assert ProductRule.objects.count() == 2


def test_a_code_that_somebody_took_meanwhile_is_said_at_its_field() -> None:
    """The form had found the code free; the database decides."""
    taken = make_product(code="VNET")
    with pytest.raises(ValidationError) as refused:
        save_entry(entry=Product(code="VNET", kind="vnet", name_en="V-net", name_zh="集团V网"), actor=make_keeper())
    assert refused.value.message_dict == {"code": ["This code is taken."]}
    assert Product.objects.get() == taken
