"""What administrators define about customers, as people meet it: tags, attributes, scores, lifecycle proposals and relations."""

import pytest
from playwright.sync_api import expect

from customers.models import CustomerTag, LevelThreshold, LifecycleReason, LifecycleRule, ScoringRule
from customers.services.lifecycle_rules import apply_rules
from customers.services.scoring import score_all
from tests.browser.conftest import PHONE
from tests.factories.customers import AttributeFactory, CustomerFactory, TagFactory, make_relation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hospital(manager, colleague):
    """A customer with something of everything."""
    AttributeFactory(key="beds", kind="number", name_en="Beds", name_zh="床位数", is_column=True)
    AttributeFactory(key="interests", kind="choices", name_en="Interests", name_zh="意向业务", codes=("CLOUD", "IOT"))
    customer = CustomerFactory(
        name="云江市第一人民医院", code="YJ-900127", manager=manager, credit_limit=500_000, attributes={"beds": 1200, "interests": ["IOT"]}
    )
    for colour in ("grey", "blue", "teal", "green", "yellow", "orange", "red", "purple"):
        tag = TagFactory(code=colour.upper(), name_en=colour.title(), name_zh=colour, colour=colour)
        CustomerTag.objects.create(customer=customer, tag=tag)
    make_relation(customer, CustomerFactory(name="云江仪器有限公司", manager=manager))
    make_relation(CustomerFactory(manager=colleague), customer)
    rule = ScoringRule.objects.create(code="CREDIT", name_en="Credit limit", name_zh="信用额度", measure="credit_limit", weight=10)
    rule.bands.create(at_least=100_000, points=70)
    LevelThreshold.objects.create(level="A2", at_least=60)
    LifecycleReason.objects.create(code="PRICE", name_en="Price", name_zh="资费")
    names = {"code": "NEW", "name_en": "Entered lately", "name_zh": "近期建档"}
    step = {"from_state": "active", "to_state": "warned", "measure": "years", "comparison": "at_most", "number": 1, "is_automatic": False}
    LifecycleRule.objects.create(**names, **step)
    score_all()
    apply_rules()
    return customer


def test_records_are_used_by_keyboard_and_read_by_everybody(page, live_server, manager, director, hospital, sign_in, check_axe, shoot):
    sign_in(manager)
    page.goto(f"/customers/{hospital.pk}/")
    expect(page.locator(".tag-purple")).to_have_text("Purple")
    expect(page.get_by_role("region", name="Details")).to_contain_text("1,200")
    check_axe()
    page.get_by_role("button", name="Take the step").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main .state").first).to_have_text("churn warning")

    page.goto(f"/customers/{hospital.pk}/edit/")
    expect(page.get_by_label("Value score")).to_have_count(0)
    page.get_by_label("Beds").fill("1300")
    page.get_by_label("Choice CLOUD").check()
    page.get_by_label("Grey").uncheck()
    check_axe()
    page.get_by_label("Beds").press("Enter")
    expect(page.get_by_role("region", name="Details")).to_contain_text("Choice CLOUD, Choice IOT")
    expect(page.locator(".tag-grey")).to_have_count(0)

    page.goto(f"/customers/{hospital.pk}/relations/new/")
    page.get_by_label("This customer is").select_option(label="customer of")
    page.get_by_label("Other customer").fill("云江仪器有限公司")
    check_axe()
    page.get_by_role("button", name="Enter the relation").click()
    expect(page.get_by_role("cell", name="customer of").first).to_be_visible()
    expect(page.get_by_text("a customer outside your reach")).to_be_visible()

    sign_in(director, language="zh-hans", theme="dark")
    page.goto(f"/customers/{hospital.pk}/value/")
    expect(page.get_by_role("row", name="信用额度")).to_contain_text("70")
    check_axe()
    shoot("customer-value-zh")
    page.goto(f"/customers/{hospital.pk}/value/level/")
    page.get_by_label("级别").select_option("A1")
    page.get_by_label("结束日").fill("2999-12-31")
    page.get_by_label("原因").fill("战略客户")
    page.get_by_role("button", name="设定级别").click()
    expect(page.get_by_role("heading", name="人工设定的级别")).to_be_visible()
    for address in ("value", "relations", "edit", "lifecycle", "history"):
        page.set_viewport_size(PHONE)
        page.goto(f"/customers/{hospital.pk}/{address}/")
        check_axe()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
