"""Encrypted columns: unreadable in the table, bound to their column, found by their keyed hash, and brought to a new key."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from common.bulk import remaining, rotate_batch
from common.encrypted_fields import encrypted_fields, equals
from common.encryption import BrokenCiphertext, Keyring, UnknownFieldKey, comparable, keyring, new_key, read_key
from customers.models import ContactPerson, Customer
from tests.factories.customers import ContactPersonFactory, CustomerFactory

ID_NUMBER = "440305199003071234"
ACCOUNT = "6222021234567890123"
CONTEXT = "customers.contactperson.id_number"


def ring(*keys: str) -> Keyring:
    return Keyring([read_key(key) for key in keys])


def stored(model: type[ContactPerson | Customer], column: str, pk: int) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {model._meta.db_table} WHERE id = %s", [pk])
        return bytes(cursor.fetchone()[0])


# --- values ----------------------------------------------------------------------------------------------------------------------------


def test_a_value_comes_back_and_never_looks_the_same() -> None:
    keys = ring(new_key())
    first, second = keys.encrypt(ID_NUMBER, CONTEXT), keys.encrypt(ID_NUMBER, CONTEXT)
    assert keys.decrypt(first, CONTEXT) == keys.decrypt(second, CONTEXT) == ID_NUMBER
    assert first != second
    assert ID_NUMBER.encode() not in first


def test_a_value_that_was_changed_or_moved_is_not_read() -> None:
    keys = ring(new_key())
    value = keys.encrypt(ID_NUMBER, CONTEXT)
    with pytest.raises(BrokenCiphertext):
        keys.decrypt(value, "customers.customer.bank_account")
    with pytest.raises(BrokenCiphertext):
        keys.decrypt(value[:-1] + bytes([value[-1] ^ 1]), CONTEXT)
    with pytest.raises(UnknownFieldKey):
        ring(new_key()).decrypt(value, CONTEXT)


def test_an_old_key_still_reads_and_the_newest_writes() -> None:
    old, new = new_key(), new_key()
    before, both = ring(old), ring(new, old)
    assert both.decrypt(before.encrypt(ID_NUMBER, CONTEXT), CONTEXT) == ID_NUMBER
    assert both.encrypt(ID_NUMBER, CONTEXT).startswith(ring(new).head)
    assert both.hashes(ID_NUMBER, CONTEXT) == [*ring(new).hashes(ID_NUMBER, CONTEXT), *before.hashes(ID_NUMBER, CONTEXT)]


def test_hashes_are_bound_to_key_and_column() -> None:
    one, other = ring(new_key()), ring(new_key())
    hashes = {one.hashes(ID_NUMBER, CONTEXT)[0], other.hashes(ID_NUMBER, CONTEXT)[0], one.hashes(ID_NUMBER, "elsewhere")[0]}
    assert len(hashes) == 3
    assert one.hashes(" ", CONTEXT) == []


@pytest.mark.parametrize("written", ["11010119900307123X", "110101 19900307 123x", "１１０１０１-19900307-123X"])
def test_values_are_compared_however_they_are_written(written: str) -> None:
    assert comparable(written) == "11010119900307123X"


@pytest.mark.parametrize("text", ["", "short", "A" * 43 + "=", "?" * 44])
def test_weak_keys_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        read_key(text)


def test_a_demonstration_keeps_a_private_key_of_its_own(settings: Settings, tmp_path: Path) -> None:
    settings.FIELD_KEYS, settings.FIELD_KEY_FILE = [], tmp_path / "deep" / "field-keys"
    value = keyring().encrypt(ID_NUMBER, CONTEXT)
    assert stat.S_IMODE((tmp_path / "deep" / "field-keys").stat().st_mode) == 0o600
    assert list((tmp_path / "deep").iterdir()) == [tmp_path / "deep" / "field-keys"]
    assert keyring().decrypt(value, CONTEXT) == ID_NUMBER


# --- columns ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_table_holds_no_plain_value() -> None:
    person = ContactPersonFactory(id_type="id_card", id_number=ID_NUMBER)
    customer = CustomerFactory(bank_account=ACCOUNT)
    assert ContactPerson.objects.get(pk=person.pk).id_number == ID_NUMBER
    assert Customer.objects.get(pk=customer.pk).bank_account == ACCOUNT
    assert ID_NUMBER.encode() not in stored(ContactPerson, "id_number", person.pk)
    assert ACCOUNT.encode() not in stored(Customer, "bank_account", customer.pk)
    assert keyring().decrypt(stored(Customer, "bank_account", customer.pk), "customers.customer.bank_account") == ACCOUNT


@pytest.mark.django_db
def test_an_empty_value_stays_empty() -> None:
    person = ContactPersonFactory()
    assert stored(ContactPerson, "id_number", person.pk) == b""
    assert (person.id_number, ContactPerson.objects.get(pk=person.pk).id_number_hash) == ("", "")
    assert not ContactPerson.objects.filter(equals(ContactPerson, "id_number", "")).exists()


@pytest.mark.django_db
def test_a_value_is_found_by_its_keyed_hash_alone() -> None:
    person, _other = ContactPersonFactory(id_number=ID_NUMBER), ContactPersonFactory(id_number="440305199003071235")
    assert list(ContactPerson.objects.filter(equals(ContactPerson, "id_number", "440305 19900307 1234"))) == [person]
    with pytest.raises(FieldError):
        ContactPerson.objects.filter(id_number=ID_NUMBER).first()
    with pytest.raises(FieldError):
        ContactPerson.objects.filter(id_number__contains="1990").first()


@pytest.mark.django_db
def test_too_long_a_value_is_refused() -> None:
    person = ContactPersonFactory(id_number="4" * 41)
    with pytest.raises(ValidationError, match="at most 40"):
        person.full_clean()


# --- rotation --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_values_are_brought_to_a_new_key_in_batches_that_may_be_interrupted(settings: Settings) -> None:
    old, new = new_key(), new_key()
    settings.FIELD_KEYS = [old]
    people = [ContactPersonFactory(id_number=f"44030519900307{number:04}") for number in range(5)]
    empty = ContactPersonFactory()
    settings.FIELD_KEYS = [new, old]
    field = next(field for model, field, _hashed in encrypted_fields([ContactPerson]))
    hashed = ContactPerson._meta.get_field("id_number_hash")

    assert rotate_batch(ContactPerson, field, hashed, None, 2) == (people[1].pk, 2)
    assert remaining(ContactPerson, field) == 3
    assert ContactPerson.objects.filter(equals(ContactPerson, "id_number", "440305199003070004")).get() == people[4], "not rotated yet"

    told = io.StringIO()
    call_command("rotate_field_keys", "--batch", "2", stdout=told)
    assert "customers.contactperson.id_number: 3 values rotated" in told.getvalue()
    assert "All values have the newest key" in told.getvalue()
    settings.FIELD_KEYS = [new]
    for number, person in enumerate(people):
        assert ContactPerson.objects.get(pk=person.pk).id_number == f"44030519900307{number:04}"
        assert ContactPerson.objects.filter(equals(ContactPerson, "id_number", f"44030519900307{number:04}")).get() == person
    assert stored(ContactPerson, "id_number", empty.pk) == b""


@pytest.mark.django_db
def test_a_rotation_counts_no_query_a_row(settings: Settings, django_assert_num_queries) -> None:
    old, new = new_key(), new_key()
    settings.FIELD_KEYS = [old]
    for number in range(7):
        CustomerFactory(bank_account=f"622202123456789{number:04}")
    settings.FIELD_KEYS = [new, old]
    field = next(field for _model, field, _hashed in encrypted_fields([Customer]))
    hashed = Customer._meta.get_field("bank_account_hash")
    with django_assert_num_queries(4):  # read, write, and the savepoint around them
        rotate_batch(Customer, field, hashed, None, 100)
