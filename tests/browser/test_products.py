"""The catalogue and offers, used as people use them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from access.models import User
from products.models import Offer, OfferStatus, Product, ProductRule, TariffPrice
from tests.browser.conftest import PHONE
from tests.browser.worlds import Catalogue, make_catalogue, make_customer_of


@pytest.fixture
def catalogue(transactional_db: None) -> Catalogue:
    """Something to sell."""
    return make_catalogue()


def test_the_administrator_keeps_the_catalogue(
    page: Page, watch, sign_in, administrator: User, catalogue: Catalogue, check_axe, shoot
) -> None:
    """Enter a product, give it a tariff and a price, tie it to another by a rule; the old price ends where the new one begins."""
    watch.expect(422)
    sign_in(administrator)
    page.goto("/products/")
    check_axe()
    shoot("products")
    page.get_by_role("link", name="New product").click()
    page.get_by_label("Code").fill("DATA")
    page.get_by_label("Kind").select_option("data")
    page.get_by_label("Chinese name").fill("集团流量包")
    page.get_by_label("English name").fill("Group data")
    check_axe()
    page.get_by_role("button", name="Enter product").click()
    page.get_by_role("link", name="New tariff").click()
    page.get_by_label("Code").fill("D30")
    page.get_by_label("Chinese name").fill("流量 30 元")
    page.get_by_label("English name").fill("Data 30")
    page.get_by_role("button", name="Enter tariff").click()
    page.get_by_label("Fee (CNY)").fill("30")
    page.get_by_label("Effective").fill("2026-01-01")
    page.get_by_role("button", name="Enter price").click()
    page.get_by_role("link", name="New price").click()
    page.get_by_label("Fee (CNY)").fill("28")
    page.get_by_label("Effective").fill("2020-01-01")
    page.get_by_role("button", name="Enter price").click()
    expect(page.get_by_role("alert")).to_contain_text("past months stay as they were charged")
    expect(page.get_by_label("Fee (CNY)")).to_have_value("28")
    page.get_by_label("Effective").fill("2999-01-01")
    page.get_by_role("button", name="Enter price").click()
    expect(page.get_by_text("2999-01-01")).to_have_count(2)
    page.get_by_label("Rule", exact=True).select_option("requires")
    page.get_by_label("Other product").select_option(label="Group V-net")
    page.get_by_role("button", name="Add rule").click()
    expect(page.get_by_role("link", name="Group V-net")).to_be_visible()
    check_axe()
    shoot("product")
    product = Product.objects.get(code="DATA")
    assert TariffPrice.objects.filter(tariff__product=product).count() == 2
    assert ProductRule.objects.filter(product=product, other=catalogue.vnet, kind="requires").exists()
    page.locator("summary", has_text="Remove").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("goes with every other")).to_be_visible()
    page.goto("/products/discounts/")
    check_axe()
    shoot("discounts")


def test_an_offer_from_draft_to_approval(
    page: Page, sign_in, manager: User, director: User, catalogue: Catalogue, check_axe, shoot
) -> None:
    """The manager sees the price come about while choosing, submits; the director finds it at home and approves."""
    customer = make_customer_of(manager, catalogue)
    sign_in(manager, language="zh-hans")
    page.goto(f"/customers/{customer.pk}/products/")
    check_axe()
    shoot("customer-products-zh")
    page.get_by_role("link", name="新建专属方案").click()
    page.get_by_label("产品与资费").select_option(value=str(catalogue.ring_tariff.pk))
    page.get_by_label("规模优惠").check()
    expect(page.locator("#price-trail")).to_contain_text("¥2.40")
    check_axe()
    shoot("offer-form-zh")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_role("button", name="提交审批")).to_be_visible()
    check_axe()
    shoot("offer-zh")
    page.get_by_role("button", name="提交审批").click()
    offer = Offer.objects.latest("pk")
    assert offer.status == OfferStatus.IN_APPROVAL
    sign_in(director)
    page.goto("/")
    check_axe()
    shoot("home-director")
    page.goto(f"/products/offers/{offer.pk}/")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("effective", exact=True).first).to_be_visible()
    offer.refresh_from_db()
    assert (offer.status, offer.approved_by) == (OfferStatus.APPROVED, director)
    shoot("offer")


def test_offers_on_a_phone_and_in_the_dark(page: Page, sign_in, manager: User, catalogue: Catalogue, check_axe, shoot) -> None:
    """The list, an offer and the customer's panel."""
    customer = make_customer_of(manager, catalogue)
    sign_in(manager, theme="dark")
    page.goto("/products/offers/")
    check_axe()
    shoot("offers-dark")
    page.get_by_role("link", name="Waiting for approval").click()
    expect(page.get_by_role("link", name="YJ-000127-02")).to_be_visible()
    expect(page.get_by_role("link", name="YJ-000127-01")).to_have_count(0)
    page.get_by_role("link", name="YJ-000127-02").click()
    check_axe()
    page.set_viewport_size(PHONE)
    shoot("offer-phone-dark", full_page=True)
    page.goto(f"/customers/{customer.pk}/products/")
    check_axe()
    shoot("customer-products-phone-dark", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
