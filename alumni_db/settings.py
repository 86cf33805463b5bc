"""The only settings. Every value that differs between machines comes from the environment through env.py."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from . import env

BASE_DIR = Path(__file__).resolve().parent.parent
env.load(BASE_DIR / ".env")

# --- Secrets and where things lie ---------------------------------------------------------------------------
DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
FIELD_ENCRYPTION_KEYS = env.key_ring("FIELD_ENCRYPTION_KEYS")
FIELD_DIGEST_KEY = env.key("FIELD_DIGEST_KEY")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
if not (DEBUG or ALLOWED_HOSTS):
    raise ImproperlyConfigured("缺少環境變數 ALLOWED_HOSTS：正式環境必須列出網站的主機名稱。")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
DATA_DIR = env.private_directory("DATA_DIR", BASE_DIR / "var", parts=("uploads", "tmp"))
DATABASES = {"default": env.database("DATABASE_URL", DATA_DIR / "alumni.sqlite3", BASE_DIR)}
# Where people reach the site; links in letters begin with it, never with what a request calls the host.
SITE_URL = env.text("SITE_URL", f"https://{ALLOWED_HOSTS[0]}" if ALLOWED_HOSTS else "http://localhost:8000")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Parts --------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "records",
    "accounts",
    "alumni_db.apps.AlumniAdminConfig",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "simple_history",
    "import_export",
    "django_tasks",
    "django_tasks_db",
    "django_countries",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "alumni_db.middleware.PrivateResponseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.middleware.SessionLifetimeMiddleware",
    "accounts.middleware.PasswordChangeMiddleware",
    "accounts.middleware.AgreementMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "alumni_db.middleware.MissingFontMiddleware",
    "accounts.middleware.SeeAsMiddleware",  # the last: the others ask the person who really looks
]
ROOT_URLCONF = "alumni_db.urls"
WSGI_APPLICATION = "alumni_db.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Language and time --------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hant"
LANGUAGES = [("zh-hant", _("繁體中文"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Taipei"
USE_TZ = True

# --- Accounts, passwords, sessions --------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# 資通系統防護基準 附表十: 8 characters, three of four kinds; 15 characters lift the rule of kinds.
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "display_name", "email")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 8},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {
        "NAME": "accounts.validators.CharacterKindsValidator",
        "OPTIONS": {"kinds": 3, "lifted_from_length": 15},
    },
]
SESSION_COOKIE_AGE = int(timedelta(minutes=30).total_seconds())  # idle; accounts.middleware keeps it going
SESSION_ABSOLUTE_AGE = timedelta(hours=12)
SESSION_EXPIRE_AT_BROWSER_CLOSE = False
ACCOUNT_IDLE_DAYS = 90  # accounts.reviews: warned 14 days before, then switched off
# Messages may name people: in the session they stay on the server, in a cookie they would not.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- Transport, cookies, what a page may load ---------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if not DEBUG:
    # TLS ends at the proxy on the same machine; gunicorn takes X-Forwarded-Proto from 127.0.0.1 alone, so a
    # client cannot pretend and SECURE_PROXY_SSL_HEADER is not needed.
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
PERMISSIONS_POLICY = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"

# --- Files --------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"  # made from the code by bin/setup, so it stays beside the code
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False
MEDIA_ROOT = DATA_DIR / "uploads"  # served by no address: a file goes out through a view that checks
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "tmp"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # form fields; files are limited by records.workbooks
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Work in the background, history, workbooks -------------------------------------------------------------
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
SIMPLE_HISTORY_REVERT_DISABLED = True
SIMPLE_HISTORY_DATE_INDEX = False  # history is read by person, in the order it was written
# The stock import and export views are not mounted; should one be, it needs a permission that nobody has.
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "import"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "export"

# --- Logs ---------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "masking": {
            "()": "alumni_db.logs.MaskingFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "masking"}},
    "root": {"handlers": ["stderr"], "level": env.log_level("LOG_LEVEL", "INFO")},
    # Django's own handlers would write the same lines once more, unmasked.
    "loggers": {name: {"handlers": [], "propagate": True} for name in ("django", "django.server")}
    # Each PDF would leave a hundred lines of its making.
    | {name: {"level": "WARNING"} for name in ("weasyprint", "fontTools")},
}
