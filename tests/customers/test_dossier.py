"""The whole file of a customer on paper: what stands in it, who may take it out, and that the audit knows."""

import io
import re
import shutil
import subprocess
import time

import pytest
from django.urls import reverse
from django.utils import translation

from access.models import AuditEvent, AuditEventKind, RolePermission, User
from common.documents import Document, Facts, Section, Table
from common.documents.pdf import write_pdf
from customers.dossier import dossier_of
from customers.models import Customer
from tests.factories.customers import ContactPersonFactory, CustomerFactory, make_relation
from tests.members.factories import make_member, make_subscription
from tests.products.factories import make_group_subscription, make_offer, make_product, make_tariff

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(manager, foreign_manager):
    """A customer with something in every section, related to one that the manager does not see."""
    found = CustomerFactory(manager=manager, name="云江市第一人民医院", code="YJ-7", bank_account="6222021234567890123", remark="=1+1 <b>")
    ContactPersonFactory(customer=found, name="周海燕", phone="8613912345678", email="zhou@example.com", is_key_person=True)
    make_relation(found, CustomerFactory(manager=foreign_manager, name="看不见的公司"))
    CustomerFactory(manager=manager, parent=found, name="东院区")
    tariff = make_tariff(make_product("VNET", name_zh="集团V网", name_en="V-net"), fee="10.00")
    make_subscription(make_member(found, "8613800570001"), tariff)
    make_offer(found, tariff, code="OF-7")
    make_group_subscription(found, make_tariff(make_product("LINE", member_level=False), fee="500.00"))
    return found


def written(document):
    """All texts of a document."""
    found = [document.title, document.subtitle, document.foot]
    for section in document.sections:
        found.append(section.title)
        for part in section.parts:
            rows = part.rows if isinstance(part, Facts) else [part.headings, *part.rows, [part.note]]
            found += [cell for row in rows for cell in row]
    return " | ".join(map(str, found))


def test_every_app_writes_its_section_and_numbers_stay_masked(director, customer):
    document, keys = dossier_of(Customer.objects.get(pk=customer.pk), director)
    text = written(document)
    assert keys == ["details", "people", "members", "products", "relations", "hierarchy", "timeline"]
    for words in ("云江市第一人民医院", "周海燕 (key person)", "OF-7", "¥500", "东院区", "a customer outside your reach", "=1+1 <b>"):
        assert words in text, words
    for secret in ("13912345678", "zhou@example.com", "6222021234567890123", "看不见的公司", "13800570001"):
        assert secret not in text, secret
    assert "139****5678" in text


def test_sections_of_modules_that_may_not_be_exported_are_left_out(director, customer):
    RolePermission.objects.filter(module="products", action="export").delete()
    document, keys = dossier_of(customer, User.objects.get(pk=director.pk))
    assert "products" not in keys
    assert "members" in keys
    assert "OF-7" not in written(document)  # nor in the timeline, nor among the figures of the group
    assert "Effective offers" not in written(document)


@pytest.mark.parametrize(("page", "form"), [("customer_print", "print"), ("customer_pdf", "pdf")])
def test_it_takes_the_right_to_export_and_is_an_event_of_the_audit(client, manager, viewer, colleague, customer, page, form):
    address = reverse(f"customers:{page}", args=[customer.pk])
    for user in (viewer, colleague):
        client.force_login(user)
        assert client.get(address).status_code == 404
    assert not AuditEvent.objects.filter(kind=AuditEventKind.EXPORTED).exists()
    client.force_login(viewer)
    assert address not in client.get(reverse("customers:customer_detail", args=[customer.pk])).content.decode()
    client.force_login(manager)
    assert address in client.get(reverse("customers:customer_detail", args=[customer.pk])).content.decode()
    assert client.get(address).status_code == 200
    event = AuditEvent.objects.get(kind=AuditEventKind.EXPORTED)
    assert (event.actor, event.object_key, event.details["form"]) == (manager, str(customer.pk), form)
    assert "people" in event.details["sections"]


@pytest.mark.parametrize("page", ["customer_print", "customer_pdf"])
def test_it_is_taken_no_more_often_than_other_files(client, settings, manager, customer, page):
    settings.EXPORTS_PER_HOUR = 1
    client.force_login(manager)
    address = reverse(f"customers:{page}", args=[customer.pk])
    assert [client.get(address).status_code for _time in range(2)] == [200, 429]


def test_the_page_escapes_what_people_typed(client, manager, customer):
    client.force_login(manager)
    page = client.get(reverse("customers:customer_print", args=[customer.pk])).content.decode()
    assert "=1+1 &lt;b&gt;" in page
    assert "139****5678" in page


def test_the_pdf_has_language_title_outline_and_pages(client, manager, customer):
    client.force_login(manager)
    User.objects.filter(pk=manager.pk).update(locale="zh-hans")
    answer = client.get(reverse("customers:customer_pdf", args=[customer.pk]))
    content = b"".join(answer.streaming_content)
    assert answer["Content-Type"] == "application/pdf"
    assert "attachment" in answer["Content-Disposition"]
    assert content.startswith(b"%PDF-")
    assert b"/Lang (zh-" in content
    assert b"/Outlines" in content
    assert len(content) < 400_000


def long_document():
    row = ("云江市第一人民医院信息科主任办公室，" * 12, "Enterprise broadband 500M", "䶮㛃𬭎", "1,234")
    table = Table(headings=("名称", "产品", "生僻字", "数量"), rows=[row] * 60, numeric={3})
    remark = Facts([("备注", "第一行\n" + "很长的备注没有空格" * 220), ("Tag", "<b>&amp; \x07 𠮷")])
    return Document("标题", "副标题", [Section("概况", [remark]), Section("表", [table])], "foot", "zh-hans")


def test_long_texts_go_on_on_the_next_page(tmp_path):
    file = io.BytesIO()
    write_pdf(long_document(), file)
    started = time.perf_counter()
    with translation.override("zh-hans"):
        write_pdf(long_document(), file := io.BytesIO())
    assert time.perf_counter() - started < 10  # fonts are loaded once
    pages = len(re.findall(rb"/Type /Page\b", file.getvalue()))
    assert pages > 4
    if shutil.which("pdftotext"):
        path = tmp_path / "long.pdf"
        path.write_bytes(file.getvalue())
        text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True).stdout.decode()
        assert text.count("生僻字") >= pages - 2  # headings again on every page
        assert "䶮㛃𬭎" in text
        assert "〓" in text
        assert f"{pages} / {pages}" in text
