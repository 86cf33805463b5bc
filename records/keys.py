"""Are the keys in the environment those that the data was sealed with? Asked before anything is written.

The first start on a database leaves a proof for every encryption key and for the digest key. A lost or exchanged
key is then noticed at the start, not when a national ID no longer opens or the same person is entered twice.
"""

from __future__ import annotations

import hmac

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils.translation import gettext as _

from .encryption import DamagedValue, digest
from .models import ImportRow, KeyCheck, Person

_KNOWN = "alumni-db key check"
_DIGEST = ""  # the key id under which the digest key's proof is kept


def require_matching_keys() -> None:
    """Raise ImproperlyConfigured unless every key that the data needs is configured and right.

    Leaves proofs on an empty database and for keys that are new; a ring may grow at any time (key rotation).
    """
    proofs = dict(KeyCheck.objects.values_list("key_id", "proof"))
    _check_digest_key(proofs)
    for key_id, proof in proofs.items():
        if key_id != _DIGEST:
            _check_encryption_key(key_id, bytes(proof))
    if missing := [key_id for key_id in _configured() if key_id not in proofs]:
        _record(missing, is_first=not proofs)


def _configured() -> list[str]:
    return [_DIGEST, *settings.FIELD_ENCRYPTION_KEYS]


def _check_digest_key(proofs: dict[str, bytes]) -> None:
    proof = proofs.get(_DIGEST)
    if proof is not None and not hmac.compare_digest(bytes(proof), _digest_proof()):
        raise ImproperlyConfigured(
            _(
                "環境變數 FIELD_DIGEST_KEY 與這個資料庫建立時的金鑰不同，身分證字號將無法比對。"
                "請換回原來的金鑰（見備份），不要以新金鑰繼續使用。"
            )
        )


def _check_encryption_key(key_id: str, proof: bytes) -> None:
    if key_id not in settings.FIELD_ENCRYPTION_KEYS:
        message = _(
            "環境變數 FIELD_ENCRYPTION_KEYS 缺少代號「%(key)s」的金鑰，以它加密的身分證字號將無法讀取。"
            "請把這把金鑰加回（新金鑰放在最前面，舊金鑰保留在後）。"
        )
        raise ImproperlyConfigured(message % {"key": key_id})
    if not hmac.compare_digest(proof, _encryption_proof(key_id)):
        message = _(
            "環境變數 FIELD_ENCRYPTION_KEYS 中代號「%(key)s」的金鑰與資料庫建立時不同。"
            "請換回原來的金鑰（見備份）；新金鑰必須使用新的代號。"
        )
        raise ImproperlyConfigured(message % {"key": key_id})


def _record(missing: list[str], *, is_first: bool) -> None:
    """Leave proofs. A database with sealed data but no proof at all was not made by this system: refuse it."""
    if is_first:
        _check_existing_data()
    rows = [
        KeyCheck(key_id=key_id, proof=_digest_proof() if key_id == _DIGEST else _encryption_proof(key_id))
        for key_id in missing
    ]
    with transaction.atomic():  # several processes may start at once: the first proof stands
        KeyCheck.objects.bulk_create(rows, ignore_conflicts=True)


def _check_existing_data() -> None:
    """Sealed data without proofs (restored without that table) must open, or the wrong keys would become the truth."""
    person = Person.objects.filter(national_id_sealed__isnull=False).first()
    row = ImportRow.objects.first()
    try:
        is_right = person is None or digest(person.national_id) == person.national_id_digest
        if row is not None:
            row.open_payload()
    except DamagedValue:
        is_right = False
    if not is_right:
        raise ImproperlyConfigured(
            _(
                "環境變數 FIELD_ENCRYPTION_KEYS 或 FIELD_DIGEST_KEY 不是這個資料庫的金鑰，"
                "既有的身分證字號無法讀取或比對。請換回原來的金鑰（見備份）。"
            )
        )


def _digest_proof() -> bytes:
    return digest(_KNOWN).encode()


def _encryption_proof(key_id: str) -> bytes:
    """A keyed digest: it shows that the key is the same and nothing else of a random 256-bit key."""
    return hmac.digest(settings.FIELD_ENCRYPTION_KEYS[key_id], f"{_KNOWN}:{key_id}".encode(), "sha256")
