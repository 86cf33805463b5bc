"""Settings come from the environment and refuse, naming the variable, what is missing or wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from alumni_db import env

ROOT = Path(__file__).resolve().parents[2]
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"
GOOD = {
    "DEBUG": "False",
    "SECRET_KEY": "a-secret-of-the-tests-" + "0123456789abcdef" * 3,
    "ALLOWED_HOSTS": "alumni.example.edu.tw",
    "TRUSTED_PROXIES": "127.0.0.1",
    "FIELD_ENCRYPTION_KEYS": f"new:{KEY},old:{KEY}",
    "FIELD_DIGEST_KEY": KEY,
    "LOG_LEVEL": "INFO",
    "DATABASE_URL": "sqlite:///unused.sqlite3",
}


def run(tmp_path: Path, *command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Runs Python with production-like settings in a process of its own; blank wins over .env, too."""
    inherited = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    environment = inherited | GOOD | {"DATA_DIR": str(tmp_path / "data")} | changes
    environment["DJANGO_SETTINGS_MODULE"] = "alumni_db.settings"
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def show(tmp_path: Path, expression: str, **changes: str) -> str:
    code = f"from django.conf import settings; print({expression})"
    result = run(tmp_path, "-c", code, **changes)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("ALLOWED_HOSTS", ""),
        ("DEBUG", "maybe"),
        ("FIELD_ENCRYPTION_KEYS", ""),
        ("FIELD_ENCRYPTION_KEYS", KEY),
        ("FIELD_ENCRYPTION_KEYS", "new:dG9vIHNob3J0"),
        ("FIELD_ENCRYPTION_KEYS", "new:!!!"),
        ("FIELD_ENCRYPTION_KEYS", f"new:{KEY},new:{KEY}"),
        ("FIELD_DIGEST_KEY", ""),
        ("FIELD_DIGEST_KEY", "dG9vIHNob3J0"),
        ("DATABASE_URL", "mysql://user@host/name"),
        ("DATABASE_URL", "nonsense"),
        ("DATA_DIR", "relative/path"),
        ("LOG_LEVEL", "LOUD"),
        ("SITE_URL", "alumni.example.edu.tw"),
        ("EMAIL_URL", "pigeon://post"),
        ("PASSWORD_MAX_AGE_DAYS", "never"),
    ],
)
def test_a_missing_or_wrong_variable_is_named_and_its_value_is_not(tmp_path, name, value):
    result = run(tmp_path, "-c", "from django.conf import settings; settings.DEBUG", **{name: value})
    assert result.returncode != 0
    last_line = result.stderr.strip().splitlines()[-1]
    assert "ImproperlyConfigured" in last_line and name in last_line
    assert KEY not in result.stderr and "dG9vIHNob3J0" not in result.stderr


def test_the_process_environment_wins_over_the_file(tmp_path, monkeypatch):
    file = tmp_path / ".env"
    file.write_text("# comment\nALUMNI_TEST_A=file\nALUMNI_TEST_B='from the file'\n")
    monkeypatch.setenv("ALUMNI_TEST_A", "process")
    monkeypatch.setenv("ALUMNI_TEST_B", "removed again after the test")
    monkeypatch.delenv("ALUMNI_TEST_B")
    env.load(file)
    assert (env.text("ALUMNI_TEST_A"), env.text("ALUMNI_TEST_B")) == ("process", "from the file")


def test_a_value_that_begins_with_a_dollar_is_that_value(monkeypatch):
    monkeypatch.setenv("ALUMNI_TEST_A", "$HOME")
    assert env.text("ALUMNI_TEST_A") == "$HOME"


def test_production_settings_pass_the_deployment_check(tmp_path):
    result = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout + result.stderr


def test_a_site_says_which_proxy_it_stands_behind_or_that_there_is_none(tmp_path):
    result = run(tmp_path, "manage.py", "check", TRUSTED_PROXIES="")
    assert result.returncode != 0 and "TRUSTED_PROXIES" in result.stderr
    assert run(tmp_path, "manage.py", "check", TRUSTED_PROXIES="none").returncode == 0


def test_a_role_that_needs_a_second_factor_is_not_misspelt(tmp_path):
    result = run(tmp_path, "manage.py", "check", SECOND_FACTOR_ROLES="centre_staff")
    assert result.returncode != 0 and "SECOND_FACTOR_ROLES" in result.stderr


def test_without_a_word_the_roles_with_power_need_a_second_factor_and_blank_means_none(tmp_path):
    # The .env of a sample site says a word: here none is read.
    code = "from alumni_db import env; env.load = print; from django.conf import settings; settings.DEBUG"
    code += "; print(settings.SECOND_FACTOR_ROLES)"
    said = run(tmp_path, "-c", code).stdout.splitlines()[-1]
    assert said == "['center_staff', 'center_director', 'it_staff', 'auditor']"
    assert show(tmp_path, "settings.SECOND_FACTOR_ROLES", SECOND_FACTOR_ROLES="") == "[]"


def test_letters_lead_to_the_own_host_and_used_codes_are_known_to_all_processes(tmp_path):
    assert show(tmp_path, "settings.SITE_URL") == "https://alumni.example.edu.tw"
    assert "DatabaseCache" in show(tmp_path, "settings.CACHES['default']['BACKEND']")


def test_single_sign_on_is_off_until_a_server_is_named(tmp_path):
    both = "settings.SOCIALACCOUNT_PROVIDERS, settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action']"
    assert show(tmp_path, both) == "{} [\"'self'\"]"
    server = {"OIDC_SERVER_URL": "https://sso.example.edu.tw/realms/a", "OIDC_CLIENT_ID": "a"}
    server["OIDC_CLIENT_SECRET"] = "b"
    on = show(tmp_path, both, **server)
    assert "'https://sso.example.edu.tw']" in on.replace('"', "'") and "'provider_id': 'sso'" in on
    code = "import django; django.setup(); from django.urls import get_resolver;"
    code += "print('openid_connect_login' in get_resolver().reverse_dict)"
    assert run(tmp_path, "-c", code).stdout == "False\n"
    assert run(tmp_path, "-c", code, **server).stdout == "True\n"


def test_the_first_key_is_the_current_one(tmp_path):
    assert show(tmp_path, "list(settings.FIELD_ENCRYPTION_KEYS)") == "['new', 'old']"


def test_the_data_directory_is_open_to_the_own_account_only(tmp_path):
    show(tmp_path, "settings.DATA_DIR")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_sqlite_waits_for_its_turn_and_keeps_its_foreign_keys(tmp_path):
    code = (
        "import django; django.setup(); from django.db import connection as c; cursor = c.cursor();"
        "print([cursor.execute(f'PRAGMA {p}').fetchone()[0]"
        " for p in ('journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout')])"
    )
    result = run(tmp_path, "-c", code, DATABASE_URL=f"sqlite:///{tmp_path}/test.sqlite3")
    assert result.stdout.strip() == "['wal', 1, 1, 20000]", result.stderr


def test_a_relative_sqlite_file_lies_beside_manage_py_wherever_the_command_runs(tmp_path):
    name = show(tmp_path, "settings.DATABASES['default']['NAME']", DATABASE_URL="sqlite:///here.sqlite3")
    assert name == str(ROOT / "here.sqlite3")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_postgresql_is_chosen_by_its_url(tmp_path, scheme):
    database = show(
        tmp_path,
        "[settings.DATABASES['default'][k] for k in ('ENGINE', 'NAME', 'HOST', 'CONN_HEALTH_CHECKS')]",
        DATABASE_URL=f"{scheme}://alumni:secret@db.example:5432/alumni",
    )
    assert database == "['django.db.backends.postgresql', 'alumni', 'db.example', True]"


def test_scripts_styles_and_frames_of_others_are_refused(tmp_path):
    policy = show(tmp_path, "settings.CONTENT_SECURITY_POLICY['DIRECTIVES']")
    assert "unsafe" not in policy and "http" not in policy
