"""What a masked value shows, and what it hides."""

import sys
import unicodedata

import pytest

from common.masking import mask_account, mask_digits, mask_email, mask_id_number, mask_log, mask_number
from members.reading.normalise import normalise_number

ID_NUMBER = "440305199003071234"
ACCOUNT = "6222021234567890123"


@pytest.mark.parametrize(
    ("digits", "masked"),
    [
        ("8613812345678", "138****5678"),
        ("13812345678", "138****5678"),
        ("+8613812345678", "138****5678"),
        ("8614400012345678"[:15], "144****4567"),
        ("8675526001234", "755****1234"),
        ("07552600123", "075****0123"),
        ("85291234567", "852****4567"),
        ("26001234", "****34"),
        ("61234", "****34"),
        ("", ""),
    ],
)
def test_numbers(digits, masked):
    assert mask_number(digits) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [(ID_NUMBER, "440****1234"), ("11010119900307123X", "110****123X"), ("E12345678", "E****78"), ("1234", "****"), ("", "")],
)
def test_id_numbers(text, masked):
    assert mask_id_number(text) == masked


@pytest.mark.parametrize(("text", "masked"), [(ACCOUNT, "**** 0123"), ("12345678", "****"), ("", "")])
def test_accounts(text, masked):
    assert mask_account(text) == masked


@pytest.mark.parametrize(("address", "masked"), [("lijing@example.cn", "l****@example.cn"), ("", ""), ("nonsense", "****")])
def test_addresses(address, masked):
    assert mask_email(address) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("13812345678", "138****5678"),
        ("138 1234 5678", "138****5678"),
        ("１３８１２３４５６７８", "138****5678"),
        ("+86-138-1234-5678", "138****5678"),
        ("张三 13812345678，李四 13912340001", "张三 138****5678,李四 139****0001"),
        (f"身份证 {ID_NUMBER}", "身份证 440****1234"),
        ("11010119900307123X", "110****123X"),
        (ACCOUNT, "622****0123"),
        ("6222021234567890", "**** 7890"),
        ("1391234", "****34"),
        ("=13800006621x", "=138****6621x"),
        ("2026-05", "2026-05"),
        ("2026-12-01 08:00", "2026-12-01 08:00"),
        ("list_2026_12_01.xlsx", "list_2026_12_01.xlsx"),
        ("138_1234_5678", "138****5678"),
        ("138   1234   5678", "138****5678"),
        ("20261201", "20261201"),
        ("2026120112345", "202****2345"),
        ("外科", "外科"),
        ("（外科）", "（外科）"),
        ("61234", "61234"),
    ],
)
def test_texts(text, masked):
    assert mask_digits(text) == masked


@pytest.mark.parametrize(
    "secret", ["13812345678", "8613812345678", "+8613812345678", "86755260012345"[:13], "1064912345678", ID_NUMBER, ACCOUNT]
)
@pytest.mark.parametrize("line", ["row {}", "('{}', 5)", '{{"msisdn": "{}"}}', "/members/numbers/{}/", "Key (msisdn)=({}) already exists."])
def test_log_lines(secret, line):
    told = mask_log(line.format(secret))
    assert secret not in told
    assert secret[2:-4] not in told


@pytest.mark.parametrize(
    "line", ["job 1234567 took 12.345678 s", "2026-11-22 21:25:10,123", "port 54321", "id 9007199254740", "3f2a13812345678b"]
)
def test_other_digits_of_a_log_stay(line):
    assert mask_log(line) == line


@pytest.mark.parametrize(
    "written", ["138{0}0013{0}8000", "138{0}{0}{0}0013{0}{0}{0}8000", "{0}1{0}3{0}8{0}0{0}0{0}1{0}3{0}8{0}0{0}0{0}0{0}"]
)
def test_what_is_read_as_a_number_is_masked_whatever_stands_between_its_digits(written):
    """Underlines, tabs, quotes and characters that nobody sees once hid a number from the mask, and not from the one who reads the file."""
    signs = [chr(code) for code in range(sys.maxunicode) if not 0xD800 <= code <= 0xDFFF and not chr(code).isalnum()]
    texts = [written.format(sign) for sign in signs if not sign.isdigit() and normalise_number(f"138{sign}00138000")[0]]
    shown = [text for text in texts if normalise_number(text)[0] and _digits(mask_digits(text)) == "13800138000"]
    assert len(texts) > 40
    assert shown == []


def _digits(text):
    return "".join(sign for sign in unicodedata.normalize("NFKC", text) if sign.isdigit())
