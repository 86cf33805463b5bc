"""Sealing of national IDs (and of import plans that hold them): AES-256-GCM plus a keyed digest.

A sealed value is `key id length (1 byte) | key id | nonce (12) | ciphertext and tag`. The context (table, column
and row) is authenticated with it, so that a ciphertext moved to another row or column does not open.
The digest is HMAC-SHA-256 under a key of its own: plain hashes of the ~10⁹ possible IDs can be reversed in
minutes (docs/architecture.md).
"""

from __future__ import annotations

import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12


class DamagedValue(Exception):
    """A sealed value does not open: changed by hand, moved to another row, or its key is not configured."""


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def current_key_id() -> str:
    """The id of the key that new values are sealed with: the first one configured."""
    return next(iter(settings.FIELD_ENCRYPTION_KEYS))


def seal_bytes(plain: bytes, context: str) -> bytes:
    """Encrypt `plain` under the current key, bound to `context`, e.g. "person.national_id:17"."""
    key_id = current_key_id()
    nonce = os.urandom(NONCE_BYTES)
    name = key_id.encode()
    cipher = _cipher(settings.FIELD_ENCRYPTION_KEYS[key_id])
    return bytes((len(name),)) + name + nonce + cipher.encrypt(nonce, plain, context.encode())


def open_bytes(sealed: bytes | memoryview, context: str) -> bytes:
    """Decrypt what `seal_bytes` made for the same context. Raises DamagedValue."""
    data = bytes(sealed)
    if len(data) < 2 + NONCE_BYTES:
        raise DamagedValue("sealed value too short")
    split = 1 + data[0]
    key_id = data[1:split].decode("ascii", "replace")
    key = settings.FIELD_ENCRYPTION_KEYS.get(key_id)
    if key is None:
        raise DamagedValue(f"no key with id {key_id!r} is configured")
    nonce, body = data[split : split + NONCE_BYTES], data[split + NONCE_BYTES :]
    try:
        return _cipher(key).decrypt(nonce, body, context.encode())
    except InvalidTag as error:
        raise DamagedValue("sealed value does not open in this place") from error


def seal(text: str, context: str) -> bytes:
    """`seal_bytes` for text."""
    return seal_bytes(text.encode(), context)


def unseal(sealed: bytes | memoryview, context: str) -> str:
    """`open_bytes` for text."""
    return open_bytes(sealed, context).decode()


def digest(text: str) -> str:
    """The keyed digest (64 hex digits) by which an exact value is found without being readable."""
    return hmac.digest(settings.FIELD_DIGEST_KEY, text.encode(), "sha256").hex()
