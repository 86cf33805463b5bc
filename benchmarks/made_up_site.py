"""The environment of a site that exists for one measurement: keys of its own, no mail, plain answers."""

from __future__ import annotations

import base64
import secrets


def environment(*, database_url: str, data: str, settings: str = "alumni_db.settings") -> dict[str, str]:
    """What `alumni_db.settings` asks for."""

    def key() -> str:
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()

    return {
        "DJANGO_SETTINGS_MODULE": settings,
        "DATABASE_URL": database_url,
        "DATA_DIR": data,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_ENCRYPTION_KEYS": f"benchmark:{key()}",
        "FIELD_DIGEST_KEY": key(),
        "DEBUG": "False",
        "ALLOWED_HOSTS": "127.0.0.1,testserver",
        "TRUSTED_PROXIES": "none",
        "SECOND_FACTOR_ROLES": "",
        "EMAIL_URL": "memorymail://",
        "LOG_LEVEL": "WARNING",
    }
