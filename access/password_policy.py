"""What a password must not be: NIST SP 800-63B asks for length and against what is tried first, not for kinds of characters or for change.

Django's list of 20,000 common passwords is short of the habits of Chinese keyboards, and of long passwords altogether. So what is commonly
tried is told by rule: a password is covered with pieces that lists of leaked passwords are made of (words in everyday use, pinyin, numbers
that sound like words, walks over the keyboard, dates, repetitions); where too little is left over, it falls to such a list.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

FEWEST_OWN_CHARACTERS: Final = 5
"""So many characters must belong to no piece that is commonly tried."""
SHORTEST_WALK: Final = 4

# Words, pinyin, and numbers that are read as words (520: I love you; 1314: a whole life; 168: good fortune all the way).
_EVERYDAY: Final = (
    *("password", "passwd", "passw", "pass", "welcome", "login", "letmein", "admin", "administrator", "root", "user", "test", "guest"),
    *("secret", "changeme", "default", "master", "hello", "iloveyou", "love", "baby", "dragon", "monkey", "sunshine", "princess"),
    *("football", "spring", "summer", "autumn", "winter", "monday", "january", "company", "office", "server", "system", "manager"),
    *("woaini", "aini", "woaiwojia", "wodemima", "mima", "nihao", "zhongguo", "china", "beijing", "shanghai", "guangdong", "xiaoming"),
    *("laopo", "laogong", "baobao", "baobei", "mama", "baba", "tiantian", "kuaile", "shengri", "xingfu", "facai", "gongxi", "huanying"),
    *("zhang", "wang", "zhao", "chen", "yang", "huang", "zhou", "liu", "wei", "qq", "weixin", "taobao", "alibaba"),
    *("5201314", "201314", "1314520", "1314521", "520520", "521521", "7758521", "7758258", "5211314", "1314", "520", "521", "168", "888"),
    *("147258369", "147258", "159357", "123123", "112233", "110110", "100200", "1q2w3e4r", "1qaz2wsx", "qazwsx", "zaq12wsx", "a1b2c3"),
)
_COMPANY: Final = (
    *("telecom", "mobile", "unicom", "dianxin", "yidong", "liantong", "tietong", "tongxin", "yunyingshang", "zhengqi", "jituan", "kehu"),
    *("crm", "group", "customer", "operator", "broadband", "kuandai", "huawei", "kefu", "yewu", "10086", "10010", "10000"),
)
_ROWS: Final = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "147258369", "741852963")
_COLUMNS: Final = ("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik", "9ol", "0p")
_WALKS: Final = tuple(
    walk for row in (*_ROWS, "".join(_COLUMNS), "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0") for walk in (row * 2, row[::-1] * 2)
)
_LOOKALIKES: Final = str.maketrans({"@": "a", "$": "s", "!": "i", "0": "o", "3": "e", "5": "s", "1": "i"})
_DATE: Final = re.compile(
    r"(?:19|20)\d\d[-./]?(?:0?[1-9]|1[0-2])(?:[-./]?(?:0[1-9]|[12]\d|3[01]))?|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(?:19|20)\d\d"
)
_MOBILE_NUMBER: Final = re.compile(r"1[3-9]\d{9}")
_LOOKED_AT: Final = 256
"""So many characters are looked at: a password of megabytes must not keep the server busy for minutes."""
_REPEATED: Final = re.compile(r"(.{1,4}?)\1{2,}|(.{3,8}?)\2+")
_FILLING: Final = re.compile(r"[\s\W_]+")


def own_characters(password: str) -> int:
    """How many characters of `password` belong to no piece that is commonly tried."""
    plain = unicodedata.normalize("NFKC", password).casefold()
    covered = [False] * len(plain)
    for pattern in (_MOBILE_NUMBER, _DATE, _REPEATED, _FILLING):
        for match in pattern.finditer(plain):
            _cover(covered, match.start(), match.end())
    lookalike = plain.translate(_LOOKALIKES)
    for word in (*_EVERYDAY, *_COMPANY):
        for text in (plain, lookalike):
            for match in re.finditer(re.escape(word), text):
                _cover(covered, match.start(), match.end())
    for start in range(len(plain)):
        _cover(covered, start, start + _walk_from(plain, start))
    return covered.count(False)


def _cover(covered: list[bool], start: int, end: int) -> None:
    covered[start:end] = [True] * (end - start)


def _walk_from(text: str, start: int) -> int:
    """How long a walk over the keyboard or through the alphabet begins at `start`; 0 where none does."""
    longest = 0
    for walk in _WALKS:
        length = SHORTEST_WALK
        while start + length <= len(text) and text[start : start + length] in walk:
            longest = max(longest, length)
            length += 1
    return longest


class HabitualPasswordValidator:
    """Refuses a password that is put together from what is tried first."""

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002  # Django passes it
        """Raise ValidationError where too little of `password` is its owner's own."""
        if own_characters(password[:_LOOKED_AT]) < FEWEST_OWN_CHARACTERS:
            raise ValidationError(
                _("This password is made of what is tried first: common words or numbers, dates, neighbouring keys, repetitions."),
                code="password_habitual",
            )

    def get_help_text(self) -> str:
        """What the form says beforehand."""
        return _(
            "Several words that do not belong together make a good password. Figures and signs are not needed, nor is a yearly change."
        )


class AnotherPasswordValidator:
    """Refuses the password that the person has already: who has to change it changes it."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError where `password` is the present one of `user`."""
        if isinstance(user, AbstractBaseUser) and user.pk is not None and user.check_password(password):
            raise ValidationError(_("That is the present password. Choose another one."), code="password_present")

    def get_help_text(self) -> str:
        """What the form says beforehand: nothing that is not plain."""
        return ""
