"""The whole view of a customer as people use it: its timeline, the chart of its people, the group it belongs to, its file on paper."""

import pytest
from playwright.sync_api import expect

from common.versions import version_of
from customers.models import CustomerTag, Lifecycle
from customers.services.contact_people import add_contact_person
from customers.services.details import update_customer
from customers.services.lifecycle import move_customer
from tests.access.test_reach import make_batch
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.worlds import make_catalogue, make_customer_of
from tests.factories.customers import TagFactory
from workflow.services.tasks import create_task

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hospital(manager):
    """A customer with a life behind it."""
    customer = make_customer_of(manager, make_catalogue())
    for number in range(36):
        add_contact_person(customer_id=customer.pk, actor=manager, name=f"孙海燕{number}", title="信息科主任", phone="13912345678")
    move_customer(customer_id=customer.pk, actor=manager, to=Lifecycle.WARNED, reason="竞争对手报价更低")
    customer.refresh_from_db()
    remark = "每季度拜访一次，重点关注专线续约与话费优惠。"
    update_customer(customer_id=customer.pk, actor=manager, seen=version_of(customer), remark=remark, short_name="一院")
    CustomerTag.objects.create(customer=customer, tag=TagFactory(code="VIP", name_en="Guest of honour", name_zh="贵宾"), actor=manager)
    make_batch(manager, customer.pk)
    create_task(actor=manager, details={"title": "约信息科主任谈专线续约"}, subject=("customers.customer", customer.pk))
    return customer


def test_the_timeline_is_filtered_and_read_on(page, live_server, manager, hospital, sign_in, check_axe, shoot):
    sign_in(manager)
    page.goto(f"/customers/{hospital.pk}/")
    page.get_by_role("link", name="Timeline").click()
    entries = page.locator(".timeline-entry")
    expect(page.locator(".timeline-more")).to_be_visible()
    shown = entries.count()
    check_axe()
    shoot("customer-timeline")
    page.get_by_role("link", name="Older").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".timeline-more")).to_have_count(0)
    assert entries.count() > shown
    page.get_by_label("Lifecycle", exact=True).focus()
    page.keyboard.press("Space")
    expect(entries).to_have_count(1)
    expect(entries).to_contain_text("active → churn warning")
    sign_in(manager, language="zh-hans", theme="dark")
    page.goto(f"/customers/{hospital.pk}/timeline/?kind=fields&kind=tags&kind=todos&kind=batches&kind=lifecycle")
    check_axe()
    shoot("customer-timeline-zh")
    page.set_viewport_size(PHONE)
    page.reload()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot("customer-timeline-phone")
    page.set_viewport_size(DESKTOP)
