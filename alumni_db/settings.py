"""The only settings. Every value that differs between machines comes from the environment through env.py."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

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
SITE_URL = env.origin(
    "SITE_URL", f"https://{ALLOWED_HOSTS[0].lstrip('.')}" if ALLOWED_HOSTS else "http://localhost:8000"
)
# Addresses of proxies whose X-Forwarded-For is believed; "none" where there is no proxy.
TRUSTED_PROXIES = env.words("TRUSTED_PROXIES")
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
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "axes",
    "simple_history",
    "import_export",
    "django_tasks",
    "django_tasks_db",
    "django_countries",
    "csp",
]
MIDDLEWARE = [
    "alumni_db.middleware.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "alumni_db.middleware.PrivateResponseMiddleware",
    "alumni_db.unavailable.DatabaseFaultMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "alumni_db.middleware.WorkspaceLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "records.kept_typing.KeptTypingMiddleware",  # around all that may come before a form's view
    "accounts.middleware.SessionLifetimeMiddleware",
    "accounts.middleware.PasswordAgeMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "accounts.middleware.AgreementMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
    "alumni_db.middleware.MissingFontMiddleware",
    "records.reading_limits.ReadingLimitMiddleware",
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
                "accounts.context.sign_in",
            ]
        },
    }
]

# --- Language and time --------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hant"
LANGUAGES = [("zh-hant", "中文"), ("en", "English")]  # each in its own words
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
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# One object, one validator: accounts.passwords. The numbers are those of 資通系統防護基準 附表十.
PASSWORD_POLICY = {
    "min_length": 8,
    "kinds": 3,
    "lifted_from_length": 15,
    "distinct": 5,  # characters, after repeats and runs are taken out
    "remembered": 3,
    "max_age_days": env.number("PASSWORD_MAX_AGE_DAYS", 0),
}
AUTH_PASSWORD_VALIDATORS = [{"NAME": "accounts.validators.PolicyValidator"}]
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=24).total_seconds())  # also of invitations
# Roles that work with a second factor only.
SECOND_FACTOR_ROLES = env.words("SECOND_FACTOR_ROLES", "center_staff,center_director,it_staff,auditor")

# Failures are counted by account and source together, and by source alone (accounts.backends).
AXES_HANDLER = "accounts.backends.SignInLimits"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
SIGN_IN_SOURCE_LIMIT = 60  # a whole office may share one address
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "accounts.views.sign_in.locked_out"
AXES_CLIENT_IP_CALLABLE = "accounts.backends.client_address"
AXES_DISABLE_ACCESS_LOG = True  # sign-ins are in the trail of accounts
AXES_ENABLE_ADMIN = AXES_VERBOSE = False

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = int(timedelta(minutes=15).total_seconds())
ACCOUNT_FORMS = {
    "login": "accounts.forms.passwords.SignInForm",
    "change_password": "accounts.forms.passwords.ChangePasswordForm",
    "reset_password": "accounts.forms.passwords.ResetForm",
    "reauthenticate": "accounts.forms.passwords.ReauthenticateForm",
}
# "login_failed" counts wrong codes of the second factor; passwords are counted by axes.
ACCOUNT_RATE_LIMITS = {"login": "300/15m/ip", "login_failed": "5/15m/key"}
MFA_ADAPTER = "accounts.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG  # http://localhost
MFA_FORMS = {
    "authenticate": "accounts.forms.factors.FactorForm",
    "reauthenticate": "accounts.forms.factors.FactorAgainForm",
    "activate_totp": "accounts.forms.factors.NewAppForm",
    "add_webauthn": "accounts.forms.factors.NewPasskeyForm",
    "edit_webauthn": "accounts.forms.factors.PasskeyNameForm",
}
# Single sign-on: without the address of a server none of it is there, its HTTP client and its pages included.
OIDC_SERVER_URL = env.text("OIDC_SERVER_URL", "")
SINGLE_SIGN_ON_APP = "allauth.socialaccount.providers.openid_connect"
SOCIALACCOUNT_ADAPTER = "accounts.adapters.SingleSignOnAdapter"
SOCIALACCOUNT_PROVIDERS = {}
OIDC_ORIGIN = []
if OIDC_SERVER_URL:
    INSTALLED_APPS.append(SINGLE_SIGN_ON_APP)
    OIDC_ORIGIN = ["/".join(OIDC_SERVER_URL.split("/")[:3])]
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": env.text("OIDC_NAME", "單一登入"),
                "client_id": env.text("OIDC_CLIENT_ID"),
                "secret": env.text("OIDC_CLIENT_SECRET"),
                "settings": {"server_url": OIDC_SERVER_URL},
            }
        ],
    }
SESSION_COOKIE_AGE = int(timedelta(minutes=30).total_seconds())  # idle; accounts.middleware keeps it going
SESSION_ABSOLUTE_AGE = timedelta(hours=12)
SESSION_EXPIRE_AT_BROWSER_CLOSE = False
ACCOUNT_IDLE_DAYS = 90  # accounts.reviews: warned 14 days before, then switched off
# Messages may name people: in the session they stay on the server, in a cookie they would not.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- Editing ------------------------------------------------------------------------------------------------
# SOP 6.5 asks to verify who it is where people bear one name; with this it is asked before every change.
VERIFY_ALWAYS = env.flag("VERIFY_ALWAYS", default=False)
# Against slow copying (ASVS 2.4.1): how many in how many seconds, by `records.rights.Reach`. Nobody who works with
# people meets them; a script does. A page of the list has 50 people.
READING_LIMITS = {
    "searches": {"own": (60, 60), "all": (120, 60)},
    "lists": {"own": (120, 3600), "all": (600, 3600)},
    "people": {"own": (200, 3600), "all": (1000, 3600)},
}

# --- Letters ------------------------------------------------------------------------------------------------
vars().update(env.email("EMAIL_URL", "consolemail://" if DEBUG else "smtp://localhost:25"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("DEFAULT_FROM_EMAIL", "alumni@localhost")

# --- What all processes share: limits and used codes; who can write there can write everywhere else ---------
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},  # what is thrown out counts no more
    }
}

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
        # Browsers hold a form to this also where its answer leads on, as to the single sign-on.
        "form-action": [SELF, *OIDC_ORIGIN],
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

# A plan that nobody confirmed holds personal data: it is given up after so many days (records.imports.purging).
PLAN_KEPT_DAYS = env.number("PLAN_KEPT_DAYS", 30)

# What `manage.py verify` asks: records knows nothing of accounts.
VERIFIED = [
    "records.verification.INVARIANTS",
    "records.change_request_verification.INVARIANTS",
    "records.kept_evidence.INVARIANTS",
    "accounts.verification.INVARIANTS",
]
# Who writes the letter of a decision on a change request: likewise.
WRITE_TO_PROPOSER = "accounts.request_letters.write_to_proposer"

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
    | {name: {"level": "WARNING"} for name in ("axes", "weasyprint", "fontTools")},
}
