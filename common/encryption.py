"""Encryption of single values: ID numbers and bank accounts are unreadable in the table, in its backups and to whoever copies it.

AES-256-GCM with a fresh nonce for each value. A value is bound to its column by the associated data, so that it cannot be moved to another
one. Whoever searches compares keyed hashes (HMAC-SHA-256), bound to the column as well. Both keys are derived from one master key by HKDF;
master keys come from `FIELD_KEYS`, the newest first: the newest writes, all read. `manage.py rotate_field_keys` brings old values to it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEY_BYTES: Final = 32
KEY_ID_BYTES: Final = 4
VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12
_HEAD_BYTES: Final = len(VERSION) + KEY_ID_BYTES + _NONCE_BYTES


class UnknownFieldKey(Exception):
    """A stored value was written with a key that `FIELD_KEYS` no longer names."""


class BrokenCiphertext(Exception):
    """A stored value was changed, or moved from another column."""


def read_key(text: str) -> bytes:
    """A master key from its text: base64, URL-safe or not, of `KEY_BYTES` bytes. Raises ValueError."""
    try:
        key = base64.b64decode(text.strip().replace("-", "+").replace("_", "/") + "==")
    except (binascii.Error, ValueError) as error:
        raise ValueError("a key is base64") from error
    if len(key) != KEY_BYTES or len(set(key)) < KEY_BYTES // 4:
        raise ValueError(f"a key is {KEY_BYTES} random bytes in base64")
    return key


def new_key() -> str:
    """A fresh master key as text."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode().rstrip("=")


class _Key:
    """One master key with what is derived from it."""

    def __init__(self, master: bytes) -> None:
        self.id = _derived(master, b"id of a field key", KEY_ID_BYTES)
        self.cipher = AESGCM(_derived(master, b"encryption of fields", KEY_BYTES))
        self.hash_key = _derived(master, b"search of fields", KEY_BYTES)


def _derived(master: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=purpose).derive(master)


class Keyring:
    """Encrypts with the first of its keys and reads with all of them. `context` names the column: "customers.contactperson.id_number"."""

    def __init__(self, masters: Sequence[bytes]) -> None:
        """Take the master keys, the newest first; at least one."""
        self._keys = [_Key(master) for master in masters]
        self._by_id = {key.id: key for key in self._keys}

    @property
    def head(self) -> bytes:
        """How a value begins that the newest key wrote."""
        return VERSION + self._keys[0].id

    def encrypt(self, text: str, context: str) -> bytes:
        """`text` in the form that the column keeps."""
        nonce = os.urandom(_NONCE_BYTES)
        return self.head + nonce + self._keys[0].cipher.encrypt(nonce, text.encode(), context.encode())

    def decrypt(self, stored: bytes, context: str) -> str:
        """The text of a stored value. Raises UnknownFieldKey, BrokenCiphertext."""
        key = self._by_id.get(stored[len(VERSION) : len(VERSION) + KEY_ID_BYTES])
        if stored[: len(VERSION)] != VERSION or key is None:
            raise UnknownFieldKey(f"{context}: no key in FIELD_KEYS reads this value")
        try:
            return key.cipher.decrypt(stored[_HEAD_BYTES - _NONCE_BYTES : _HEAD_BYTES], stored[_HEAD_BYTES:], context.encode()).decode()
        except InvalidTag as error:
            raise BrokenCiphertext(f"{context}: the value was changed or belongs to another column") from error

    def hashes(self, text: str, context: str) -> list[str]:
        """The keyed hashes of `text` under every key, the newest first; none for an empty text. 64 hexadecimal digits each."""
        plain = comparable(text)
        message = f"{context}\0{plain}".encode()
        return [hmac.digest(key.hash_key, message, "sha256").hex() for key in self._keys] if plain else []


ELSEWHERE: Final[dict[str, Callable[[], int]]] = {}
"""Encrypted values that stand in no encrypted field, by their place: each writes its own with the newest key and says how many."""


def comparable(text: str) -> str:
    """A value as it is compared: without blanks and hyphens, full-width signs as plain ones, letters as capitals."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text) if sign.isalnum()).upper()


def keyring() -> Keyring:
    """The keys of this installation."""
    return _keyring(tuple(settings.FIELD_KEYS), str(settings.FIELD_KEY_FILE))


@lru_cache(maxsize=8)
def _keyring(keys: tuple[str, ...], key_file: str) -> Keyring:
    return Keyring([read_key(key) for key in keys or _kept_keys(Path(key_file))])


def _kept_keys(path: Path) -> list[str]:
    """The keys in the private file of a demonstration, made when first needed; whoever is first makes them for all processes."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(f"{new_key()}\n")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").split()
