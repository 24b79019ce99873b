"""The whole view of a customer as people use it: its timeline, the chart of its people, the group it belongs to, its file on paper."""

import pytest
from playwright.sync_api import expect

from common.versions import version_of
from customers.models import ContactPerson, Customer, CustomerTag, Lifecycle
from customers.services.contact_people import add_contact_person
from customers.services.details import update_customer
from customers.services.lifecycle import move_customer
from tests.access.test_reach import make_batch
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.worlds import make_catalogue, make_customer_of
from tests.factories.customers import CustomerFactory, TagFactory
from tests.members.factories import make_member
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


def test_the_chart_of_influence_is_drawn_and_changed_by_keyboard(page, watch, live_server, manager, hospital, sign_in, check_axe, shoot):
    watch.expect(422)
    people = list(ContactPerson.objects.filter(customer=hospital).order_by("pk"))
    for person in people[9:]:
        person.delete()
    top, deputy, head, nurse, clerk, *rest = people[:9]
    for person, name, title, above, values in (
        (top, "赵国强", "院长", None, {"role": "decision", "attitude": "neutral", "influence": 1, "is_key_person": True}),
        (deputy, "钱丽华", "副院长", top, {"role": "influencer", "attitude": "champion", "influence": 1}),
        (head, "孙海燕", "信息科主任", top, {"role": "technical", "attitude": "sceptical", "influence": 2}),
        (nurse, "李敏", "财务科长", deputy, {"role": "finance", "attitude": "opposed", "influence": 3}),
        (clerk, "周涛", "采购专员", deputy, {"attitude": "friendly", "influence": 3}),
    ):
        ContactPerson.objects.filter(pk=person.pk).update(name=name, title=title, reports_to=above, **values)
    for person in rest:
        ContactPerson.objects.filter(pk=person.pk).update(reports_to=head)
    sign_in(manager)
    page.goto(f"/customers/{hospital.pk}/people/")
    page.get_by_role("link", name="Chart of influence").click()
    expect(page.get_by_role("heading", name="Chart of influence")).to_be_visible()
    check_axe()
    shoot("customer-chart")
    page.get_by_role("link", name="Change the place of 周涛").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Reports to").select_option(label="孙海燕")
    check_axe()
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"li:has(> #place-{head.pk}) > ul > li > #place-{clerk.pk}")).to_be_visible()
    page.get_by_role("link", name="Change the place of 李敏").click()
    still_open, saved = page.locator(f"#place-{nurse.pk}"), page.locator(f"#place-{head.pk}")
    still_open.get_by_label("Attitude").select_option("friendly")
    page.get_by_role("link", name="Change the place of 孙海燕", exact=True).click()
    check_axe()
    saved.get_by_label("Influence").select_option("1")
    saved.get_by_role("button", name="Save").click()
    expect(saved.locator("form")).to_have_count(0)
    expect(still_open.get_by_label("Attitude")).to_have_value("friendly")
    still_open.get_by_role("link", name="Cancel").click()
    expect(still_open.locator("form")).to_have_count(0)
    expect(still_open).to_be_focused()
    assert ContactPerson.objects.get(pk=nurse.pk).attitude == "opposed"
    page.get_by_role("link", name="Change the place of 赵国强").click()
    page.get_by_label("Reports to").select_option(label="周涛")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("周涛 reports to this person already.", exact=True)).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    expect(page.locator(".chart-form")).to_have_count(0)
    sign_in(manager, language="zh-hans", theme="dark")
    page.reload()
    check_axe()
    shoot("customer-chart-zh")
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot("customer-chart-phone")


def test_a_group_is_opened_with_its_figures(page, live_server, manager, foreign_manager, hospital, sign_in, check_axe, shoot):
    group = CustomerFactory(name="云江卫生健康集团有限公司", manager=manager, code="YJ-000100")
    Customer.objects.filter(pk=hospital.pk).update(parent=group)
    ward = CustomerFactory(name="云江市第一人民医院东院区", manager=manager, parent=hospital)
    clinic = CustomerFactory(name="东院区社区门诊部", manager=manager, parent=ward)
    CustomerFactory(manager=foreign_manager, parent=group)
    for number in range(3):
        make_member(clinic, f"861390057{number:04d}")
    sign_in(manager)
    page.goto(f"/customers/{group.pk}/")
    page.get_by_role("link", name="Hierarchy").click()
    expect(page.get_by_role("row", name="云江卫生健康集团有限公司")).to_contain_text("19")
    expect(page.get_by_text("outside your reach")).to_be_visible()
    check_axe()
    page.get_by_role("link", name="Open 云江市第一人民医院东院区").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="东院区社区门诊部")).to_contain_text("3")
    check_axe()
    shoot("customer-hierarchy")
    sign_in(manager, language="zh-hans", theme="dark")
    page.set_viewport_size(PHONE)
    page.goto(f"/customers/{hospital.pk}/hierarchy/?figures=1")
    check_axe()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot("customer-hierarchy-phone")


def test_the_whole_file_is_printed_and_taken_out_by_one_click(page, live_server, director, hospital, sign_in, check_axe, shoot):
    sign_in(director, language="zh-hans")
    page.goto(f"/customers/{hospital.pk}/")
    check_axe()
    shoot("customer-head-zh")
    with page.expect_download() as download:
        page.get_by_role("link", name="客户全档 PDF").click()
    assert download.value.suggested_filename.endswith(".pdf")
    path = download.value.path()
    assert path.read_bytes().startswith(b"%PDF-")
    shoot("customer-file-pdf").with_suffix(".pdf").write_bytes(path.read_bytes())
    page.get_by_role("link", name="打印客户全档").click()
    expect(page.get_by_role("heading", name="产品与方案")).to_be_visible()
    check_axe()
    shoot("customer-print-zh", full_page=True)
    page.emulate_media(media="print")
    expect(page.locator(".rail")).to_be_hidden()
    page.emulate_media(media="screen")
    sign_in(director, theme="dark")
    page.set_viewport_size(PHONE)
    page.reload()
    check_axe()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot("customer-print-phone")
