"""Reads the settings' values from the environment and refuses, naming the variable, what is missing or wrong.

The process environment wins over the `.env` file beside manage.py. The sentences are plain strings: gettext
needs finished settings, and these are raised while the settings are still being made.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
DATABASE_ENGINES = {
    "django.db.backends.sqlite3": {
        # Django's defaults failed 37 of 60 writes beside one running job; these none (docs/architecture.md).
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    },
    "django.db.backends.postgresql": {},
}


def load(path: Path) -> None:
    """Read the `.env` file at `path`, if there is one, without overriding the process environment."""
    if path.is_file():
        environ.Env.read_env(path)


def text(name: str, default: str | None = None) -> str:
    """The value of a variable. Without a `default` the variable must be set and not blank."""
    # Not environ's own getter: it takes a value that begins with "$" for the name of another variable.
    value = os.environ.get(name, "").strip() or default
    if value is None:
        raise ImproperlyConfigured(
            f"缺少環境變數 {name}：請在環境或 .env 檔中設定（開發用的值由 bin/setup 產生）。"
        )
    return value


def flag(name: str, default: bool) -> bool:
    """A yes/no variable: true, yes, on, 1 or false, no, off, 0."""
    value = text(name, str(default)).lower()
    if value in ("true", "yes", "on", "1"):
        return True
    if value in ("false", "no", "off", "0"):
        return False
    raise ImproperlyConfigured(f"環境變數 {name} 必須是 True 或 False。")


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated variable as a list, blank items left out; a blank variable is an empty list."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def number(name: str, default: int) -> int:
    """A whole number, not negative."""
    value = text(name, str(default))
    if not value.isdecimal():
        raise ImproperlyConfigured(f"環境變數 {name} 必須是 0 以上的整數。")
    return int(value)


def origin(name: str, default: str) -> str:
    """The beginning of a web address: scheme, host and port, without a slash at the end."""
    value = text(name, default)
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/"):
        raise ImproperlyConfigured(f"環境變數 {name} 必須寫成 https://主機名稱。")
    return f"{parts.scheme}://{parts.netloc}"


def email(name: str, default: str) -> dict[str, Any]:
    """Django's EMAIL_* settings for a URL such as `smtp+tls://user:password@host:587` or `consolemail://`."""
    try:
        return environ.Env.email_url_config(text(name, default))
    except (KeyError, ValueError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured(f"環境變數 {name} 不是看得懂的郵件伺服器網址。") from error


def log_level(name: str, default: str) -> str:
    """One of Python's log levels, in capitals."""
    level = text(name, default).upper()
    if level not in LOG_LEVELS:
        raise ImproperlyConfigured(f"環境變數 {name} 必須是 {'、'.join(LOG_LEVELS)} 其中之一。")
    return level


def private_directory(name: str, default: Path, parts: tuple[str, ...] = ()) -> Path:
    """The directory that a variable names, with the subdirectories `parts`; what is missing is made, open to
    the own account only (0700)."""
    directory = Path(text(name, str(default))).expanduser()
    if not directory.is_absolute():
        raise ImproperlyConfigured(f"環境變數 {name} 必須是絕對路徑。")
    try:
        for path in (directory, *(directory / part for part in parts)):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"環境變數 {name} 的資料夾無法建立：{error.strerror}。") from error
    return directory


def key(name: str) -> bytes:
    """A 32-byte key, written as base64url."""
    return _decode_key(name, text(name))


def key_ring(name: str) -> dict[str, bytes]:
    """Keys by id in the given order, from `id:base64url,id:base64url`; the first one seals new values."""
    ring: dict[str, bytes] = {}
    for item in text(name).split(","):
        key_id, colon, encoded = item.strip().partition(":")
        if not colon or not KEY_ID.fullmatch(key_id):
            raise ImproperlyConfigured(
                f"環境變數 {name} 必須寫成「代號:金鑰,代號:金鑰」，代號限英數字、- 與 _。"
            )
        if key_id in ring:
            raise ImproperlyConfigured(f"環境變數 {name} 中的代號 {key_id} 重複。")
        ring[key_id] = _decode_key(name, encoded)
    return ring


def _decode_key(name: str, encoded: str) -> bytes:
    """Never puts the value into the message: it is a secret even when it is wrong."""
    try:
        value = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImproperlyConfigured(f"環境變數 {name} 的金鑰不是 base64url 編碼。") from error
    if len(value) != KEY_BYTES:
        raise ImproperlyConfigured(
            f"環境變數 {name} 的金鑰必須是 {KEY_BYTES} 個位元組，不是 {len(value)} 個。"
        )
    return value


def database(name: str, default_file: Path, base: Path) -> dict[str, Any]:
    """Django's DATABASES entry for a URL: `sqlite:///file` (relative to `base`) or `postgres://…`.

    Without the variable the SQLite database `default_file` is used.
    """
    url = text(name, f"sqlite:///{default_file}")
    try:
        config = environ.Env.db_url_config(url)
    except (KeyError, ValueError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured(f"環境變數 {name} 不是看得懂的資料庫網址。") from error
    engine = config.get("ENGINE")
    if engine not in DATABASE_ENGINES:
        raise ImproperlyConfigured(f"環境變數 {name} 只能是 sqlite:///… 或 postgres://… 的網址。")
    if engine.endswith("sqlite3"):
        config["NAME"] = str(base / config["NAME"])
    else:
        config.setdefault("CONN_MAX_AGE", 60)
        config["CONN_HEALTH_CHECKS"] = True
    config["OPTIONS"] = DATABASE_ENGINES[engine] | config.get("OPTIONS", {})
    return config
