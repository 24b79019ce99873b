"""Which passwords are refused: the short, the common, those like their owner, and those that are made of habits."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from access.models import User

HABITS = [
    *("woaini5201314", "Woaini520520!", "5201314520520", "zhongguo20241001", "yidong10086888", "Dianxin@2025!!", "P@ssw0rd123456"),
    *("1qaz2wsx3edc4rfv", "qwertyuiop123", "1q2w3e4r5t6y", "asdfghjkl;123", "zxcvbnm,./123", "abcdefghijkl", "qazwsxedc1234"),
    *("123456789012", "aaaaaaaaaaaa", "abcabcabcabc", "admin@123456", "Admin19900101", "13912345678ab", "19900101wang", "Welcome2026!!"),
    *("iloveyou5201314", "laopowoaini1314", "crm.group.2026", "147258369147", "Passw0rd!2026"),
]
GOOD = [
    "a long and quiet password",
    "correct horse battery staple",
    "tulip-engine-42-saddle",
    "山中何所有岭上多白云呀好",
    "Kx7#pLm2!qRt9vZ",
    "summer rain on tin roofs",
]


@pytest.mark.parametrize("password", HABITS)
def test_habits_are_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password)


@pytest.mark.parametrize("password", GOOD)
def test_long_passwords_of_ones_own_are_taken(password):
    validate_password(password)


def test_no_kind_of_character_is_asked_for():
    validate_password("onlysmalllettersbutlots")


@pytest.mark.parametrize("password", ["lijing-lijing-x", "lijing@operator", "elevenchars"])
def test_short_ones_and_those_like_their_owner_are_refused(password):
    owner = User(username="lijing", name="李静", email="lijing@operator.example")
    with pytest.raises(ValidationError):
        validate_password(password, owner)
