"""Settings of the tests: keys of no value, fast hashing, tasks at once; the database is DATABASE_URL's."""

import os
import tempfile

_data = tempfile.TemporaryDirectory(prefix="alumni-test-")  # removed when the process ends
# Set before the settings are read, so that neither .env nor the caller's keys have a say.
os.environ.update(
    SECRET_KEY="only-for-tests-" + "0" * 40,
    DEBUG="False",
    ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
    FIELD_ENCRYPTION_KEYS="test:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE",
    FIELD_DIGEST_KEY="YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY",
    DATA_DIR=_data.name,
    LOG_LEVEL="ERROR",
    TRUSTED_PROXIES="none",
    SECOND_FACTOR_ROLES="",  # tests of the second factor turn it on
    VERIFY_ALWAYS="False",
    SITE_URL="http://testserver",
    EMAIL_URL="memorymail://",
)

from .settings import *  # noqa: E402, F403

INSTALLED_APPS.append(SINGLE_SIGN_ON_APP)  # noqa: F405  tests of single sign-on name a server of their own
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
MFA_TOTP_TOLERANCE = 1  # the half minute may turn between the making of a code and its answer
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # http://localhost
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Looked up when asked for: an index of all files, made anew for each test client, took a third of the whole suite.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
STATIC_ROOT = DATA_DIR / "static"  # noqa: F405
STATIC_ROOT.mkdir()  # empty: the finders serve the files
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, as in production: WAL and the locks of parallel writers do not exist in memory.
    DATABASES["default"]["TEST"] = {"NAME": f"{_data.name}/test.sqlite3"}  # noqa: F405
# The test client and the browser tests speak plain HTTP.
SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
SESSION_COOKIE_NAME = "session"
CSRF_COOKIE_NAME = "csrf"
