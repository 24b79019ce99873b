"""The people at a customer: entered, changed, removed; phone numbers are checked on the way in and masked on the way out."""

import pytest
from django.core.exceptions import ValidationError
from django.http import Http404
from django.urls import reverse

from common.masking import mask_number
from common.versions import version_of
from customers.forms import ContactPersonForm
from customers.models import ContactPerson
from customers.services.contact_people import add_contact_person, remove_contact_person, update_contact_person
from tests.factories.customers import ContactPersonFactory, CustomerFactory

pytestmark = pytest.mark.django_db
OTHERS = ["colleague", "foreign_director", "viewer", "outsider"]


@pytest.fixture
def customer(manager):
    return CustomerFactory(manager=manager)


@pytest.fixture
def person(customer):
    return ContactPersonFactory(customer=customer, name="陈院长", phone="8613800006621")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("138 0000 6621", "8613800006621"),
        ("+86-138-0000-6621", "8613800006621"),
        ("8613800006621", "8613800006621"),
        ("010-6555 1234", "861065551234"),
        ("+44 20 7946 0018", "442079460018"),
        ("", ""),
    ],
)
def test_phone_is_kept_as_digits_with_country_code(typed, kept):
    form = ContactPersonForm({"name": "陈", "role": "user", "phone": typed})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["phone"] == kept


@pytest.mark.parametrize("typed", ["12345", "abc", "+86 138", "99999999999", "++86", "138000066210000"])
def test_numbers_that_cannot_exist_are_refused(typed):
    assert "phone" in ContactPersonForm({"name": "陈", "role": "user", "phone": typed}).errors


@pytest.mark.parametrize(
    ("digits", "masked"),
    [("8613800006621", "138****6621"), ("13800006621", "138****6621"), ("861065551234", "106****1234"), ("61123", "****23"), ("", "")],
)
def test_mask(digits, masked):
    assert mask_number(digits) == masked


def test_add_change_and_remove(customer, manager):
    person = add_contact_person(customer_id=customer.pk, actor=manager, name="王主任", role="technical")
    update_contact_person(person_id=person.pk, actor=manager, seen=version_of(person), title="信息科主任")
    assert ContactPerson.objects.get(pk=person.pk).title == "信息科主任"
    assert remove_contact_person(person_id=person.pk, actor=manager) == customer
    assert not ContactPerson.objects.exists()


def test_a_lost_update_is_refused(person, manager):
    seen = version_of(person)
    update_contact_person(person_id=person.pk, actor=manager, seen=seen, title="院长")
    with pytest.raises(ValidationError) as refused:
        update_contact_person(person_id=person.pk, actor=manager, seen=seen, title="主任")
    assert refused.value.code == "stale"
    assert ContactPerson.objects.get(pk=person.pk).title == "院长"


@pytest.mark.parametrize("who", OTHERS)
def test_others_reach_nobody(customer, person, who, request):
    actor = request.getfixturevalue(who)
    with pytest.raises(Http404):
        add_contact_person(customer_id=customer.pk, actor=actor, name="王")
    with pytest.raises(Http404):
        update_contact_person(person_id=person.pk, actor=actor, seen=version_of(person), name="王")
    with pytest.raises(Http404):
        remove_contact_person(person_id=person.pk, actor=actor)
    assert list(ContactPerson.objects.values_list("name", flat=True)) == ["陈院长"]


def test_pages_mask_the_number_and_so_does_the_form(client, manager, viewer, customer, person):
    pages = [
        reverse("customers:contact_person_list"),
        reverse("customers:customer_people", args=[customer.pk]),
        reverse("customers:contact_person", args=[person.pk]),
    ]
    for user in (manager, viewer):
        client.force_login(user)
        for url in pages:
            text = client.get(url).content.decode()
            assert "138****6621" in text
            assert "13800006621" not in text
    edit = reverse("customers:contact_person_edit", args=[person.pk])
    assert client.get(edit).status_code == 404
    client.force_login(manager)
    form = client.get(edit).content.decode()
    assert 'value="138****6621"' in form
    assert "13800006621" not in form


def test_delete_page_only_by_post(client, manager, person):
    client.force_login(manager)
    url = reverse("customers:contact_person_delete", args=[person.pk])
    assert client.get(url).status_code == 405
    assert ContactPerson.objects.exists()
    assert client.post(url).status_code == 302
    assert not ContactPerson.objects.exists()


def test_the_own_form_names_the_superior_among_the_people_there(client, manager, customer, person):
    head, elsewhere = ContactPersonFactory(customer=customer), ContactPersonFactory(customer=CustomerFactory(manager=manager))
    client.force_login(manager)
    create, edit = (
        reverse("customers:contact_person_create", args=[customer.pk]),
        reverse("customers:contact_person_edit", args=[person.pk]),
    )
    for page in (create, edit):
        offered = client.get(page).context["form"].fields["reports_to"].queryset
        assert set(offered) == {head, person} - ({person} if page == edit else set())
    assert client.post(create, {"name": "新人", "role": "user", "reports_to": elsewhere.pk}).status_code == 422
    assert client.post(create, {"name": "新人", "role": "user", "reports_to": head.pk}).status_code == 302
    assert ContactPerson.objects.get(name="新人").reports_to == head
    sent = {"name": person.name, "role": "user", "reports_to": head.pk, "version": version_of(person)}
    assert client.post(edit, sent).status_code == 302
    circle = client.post(
        reverse("customers:contact_person_edit", args=[head.pk]),
        {"name": head.name, "role": "user", "reports_to": person.pk, "version": version_of(head)},
    )
    assert circle.status_code == 422
    assert "reports to this person already" in circle.content.decode()
    assert ContactPerson.objects.get(pk=person.pk).reports_to == head
    assert ContactPerson.objects.get(pk=head.pk).reports_to is None
