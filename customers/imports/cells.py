"""Cells of a source read as values: dirty blanks and full-width signs put right, everything else told as a fault."""

from __future__ import annotations

import datetime
import decimal
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from common.cells import neutralised
from common.encryption import comparable
from common.masking import STARS, mask_digits
from common.reading.dates import parse_date
from common.reading.layout import fold
from customers.attributes import LONGEST_TEXT, clean_attributes, value_from_text
from customers.credit_code import validate_credit_code
from customers.imports.findings import CellFault
from customers.models import AttributeDefinition, AttributeKind, CertificateType
from customers.papers import clean_bank_account, clean_id_number
from customers.phones import PhoneRefused, kept_phone

_FIRST_BIRTH_YEAR: Final = 1900
_SHOWN: Final = 40
# Full-width letters and digits, and the blank; brackets stay, because they belong to Chinese names.
_NARROW: Final = {
    code: chr(code - 0xFEE0) for start, end in ((0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A)) for code in range(start, end + 1)
} | {0x3000: " ", 0xA0: " "}
_UNSEEN: Final = dict.fromkeys([0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0xAD])
_CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9-]*", re.ASCII)
_MONEY: Final = re.compile(r"[¥￥,，\s]|元$|CNY|RMB", re.IGNORECASE)
_YES: Final = frozenset({"yes", "y", "true", "t", "1", "是", "有", "对", "√", "✓"})
_NO: Final = frozenset({"no", "n", "false", "f", "0", "否", "无", "不", "×", "x"})


def tidy(text: str) -> str:
    """A text without what nobody sees, full-width letters and digits made plain, blanks at the ends gone and others single.

    The apostrophe that files of ours put before what begins like a formula goes too.
    """
    if text.isascii() and text.isalnum():
        return text
    if text.startswith("'") and neutralised(text[1:]) == text:
        text = text[1:]
    return " ".join(text.translate(_UNSEEN).translate(_NARROW).split())


def shown(text: str) -> str:
    """A cell's text as a message names it, without numbers of people: any column may be said to hold any field."""
    text = mask_digits(text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def read_text(text: str, limit: int) -> str:
    """A name or remark of at most `limit` characters. Raises CellFault: too_long, control."""
    if len(text) > limit:
        raise CellFault("too_long", limit=limit)
    if not text.isprintable() and any(unicodedata.category(sign) in ("Cc", "Cs", "Co", "Cn") for sign in text):
        raise CellFault("control")
    return text


def read_code(text: str, limit: int) -> str:
    """A customer's code. Raises CellFault: too_long, code_form."""
    code = _packed(text).upper()
    if len(code) > limit:
        raise CellFault("too_long", limit=limit)
    if not _CODE.fullmatch(code):
        raise CellFault("code_form")
    return code


def read_credit_code(text: str) -> str:
    """A unified social credit code. Raises CellFault: credit_form, credit_check."""
    code = comparable(text)
    try:
        validate_credit_code(code)
    except ValidationError as error:
        raise CellFault("credit_check" if error.code == "credit_code_check" else "credit_form") from error
    return code


def read_choice(text: str, choices: Mapping[str, Any]) -> Any:
    """One of a fixed set, by folded name. Raises CellFault: unknown."""
    found = choices.get(fold(text))
    if found is None:
        raise CellFault("unknown", value=shown(text))
    return found


def read_whole(text: str, least: int, most: int) -> int:
    """A whole number. Raises CellFault: not_a_number, out_of_range."""
    number = _number(text)
    if number != number.to_integral_value():
        raise CellFault("not_a_number", value=shown(text))
    if not least <= number <= most:
        raise CellFault("out_of_range", least=least, most=most)
    return int(number)


def read_money(text: str, digits: int) -> str:
    """An amount in CNY with two decimals, as text. Raises CellFault: not_a_number, out_of_range."""
    amount = _number(_MONEY.sub("", text)).quantize(decimal.Decimal("0.01"), decimal.ROUND_HALF_UP)
    most = 10**digits - 1
    if not 0 <= amount <= most:
        raise CellFault("out_of_range", least=0, most=most)
    return str(amount)


def _number(text: str) -> decimal.Decimal:
    try:
        number = decimal.Decimal(_packed(text).replace(",", ""))
    except decimal.InvalidOperation as error:
        raise CellFault("not_a_number", value=shown(text)) from error
    if not number.is_finite() or abs(number) >= 10**18:
        raise CellFault("not_a_number", value=shown(text))
    return number


def read_yes_no(text: str) -> bool:
    """Yes or no, in either language. Raises CellFault: not_yes_no."""
    word = _packed(text).casefold()
    if word not in _YES and word not in _NO:
        raise CellFault("not_yes_no", value=shown(text))
    return word in _YES


def read_birthday(text: str) -> str:
    """A day of the past as ISO text. Raises CellFault: not_a_date."""
    day = parse_date(text, _FIRST_BIRTH_YEAR)
    if day is None or day > datetime.date.today():  # noqa: DTZ011  (a birthday has no zone)
        raise CellFault("not_a_date", value=shown(text))
    return day.isoformat()


def read_phone(text: str) -> str:
    """A phone number as it is kept. Raises CellFault: phone, masked."""
    _refuse_masked(text)
    try:
        return kept_phone(unicodedata.normalize("NFKC", text).removesuffix(".0"))
    except PhoneRefused as error:
        raise CellFault("phone") from error


def read_email(text: str, limit: int) -> str:
    """An e-mail address. Raises CellFault: email, masked."""
    _refuse_masked(text)
    address = _packed(text)
    try:
        validate_email(address)
    except ValidationError as error:
        raise CellFault("email") from error
    return read_text(address, limit)


def read_account(text: str) -> str:
    """A bank account. Raises CellFault: account, masked."""
    _refuse_masked(text)
    try:
        return clean_bank_account(text)
    except ValidationError as error:
        raise CellFault("account") from error


def read_id_number(text: str, kind: str) -> tuple[str, str]:
    """A certificate's number and its kind; without one, what reads as an identity card's number is one.

    Raises CellFault: id_number, id_type, masked.
    """
    _refuse_masked(text)
    try:
        return clean_id_number(text, kind or CertificateType.ID_CARD), kind or CertificateType.ID_CARD.value
    except ValidationError as error:
        raise CellFault("id_number" if kind else "id_type") from error


_ATTRIBUTE_FAULTS: Final = {
    AttributeKind.NUMBER: "not_a_number",
    AttributeKind.DATE: "not_a_date",
    AttributeKind.YES_NO: "not_yes_no",
    AttributeKind.CHOICE: "unknown",
    AttributeKind.CHOICES: "unknown",
}


def read_attribute(text: str, definition: AttributeDefinition) -> Any:
    """A value of an attribute. Raises CellFault: too_long, not_a_number, not_a_date, not_yes_no, unknown."""
    try:
        return clean_attributes({definition.key: value_from_text(definition, text)}, [definition])[definition.key]
    except ValidationError as error:
        code = _ATTRIBUTE_FAULTS.get(AttributeKind(definition.kind), "too_long")
        raise CellFault(code, value=shown(text), limit=LONGEST_TEXT) from error


def _refuse_masked(text: str) -> None:
    if STARS in text:
        raise CellFault("masked")


def _packed(text: str) -> str:
    """A text of plain signs without any blank."""
    return "".join(unicodedata.normalize("NFKC", text.translate(_UNSEEN)).split())


def normalised_name(name: str) -> str:
    """A name for comparing: letters and digits alone, of one width and case."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", name) if sign.isalnum()).casefold()


_WIDE: Final = str.maketrans("(),", "（），")
_PLAIN: Final = str.maketrans("（），", "(),")


def spellings(pinyin: str) -> set[str]:
    """The pinyin of a name as it is kept of one who typed its brackets plain or full-width."""
    return {pinyin, pinyin.translate(_WIDE), pinyin.translate(_PLAIN)}


def as_bytes(value: bytes) -> str:
    """Bytes as PostgreSQL reads them out of a text."""
    return f"\\x{value.hex()}"


def as_json(value: Any) -> Any:
    """A column's value as jsonb_populate_record reads it."""
    if isinstance(value, datetime.date | decimal.Decimal):
        return str(value)
    return as_bytes(value) if isinstance(value, bytes) else value
