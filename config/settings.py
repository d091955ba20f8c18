"""Django settings. Everything that differs between installations comes from the environment: see docs/settings.md."""

import os
import secrets
import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from config import paths
from config.embedded import listening
from config.env import env_bool, env_choice, env_int, env_list, env_networks, env_path, env_path_map, env_str
from config.unfold import UNFOLD as UNFOLD

BASE_DIR = paths.PROJECT_ROOT
VIDEOTHEK_HOME = env_path("VIDEOTHEK_HOME", paths.home(), shown_default="var beside manage.py")

DEBUG = env_bool("VIDEOTHEK_DEBUG", False)
HOST = env_str("HOST", "127.0.0.1")
PORT = env_int("PORT", 8000, minimum=1, maximum=65535)
ADMIN_USER = env_str("VIDEOTHEK_ADMIN_USER", "admin")
ADMIN_PASSWORD = env_str("VIDEOTHEK_ADMIN_PASSWORD")
ADMIN_EMAIL = env_str("VIDEOTHEK_ADMIN_EMAIL")


def _secret_key() -> str:
    """The key from the environment, or one made once and kept in a file that only its owner can read."""
    if key := env_str("VIDEOTHEK_SECRET_KEY"):
        return key
    path = paths.secrets() / "secret-key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f"secret-key.{os.getpid()}")
    temporary.touch(mode=0o600)
    temporary.write_text(secrets.token_urlsafe(50))
    try:
        # A link fails when another process was first; its key is then the one that counts.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    return path.read_text().strip()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env_list("VIDEOTHEK_ALLOWED_HOSTS", ("*",))
CSRF_TRUSTED_ORIGINS = env_list("VIDEOTHEK_CSRF_TRUSTED_ORIGINS")
HTTPS = env_bool("VIDEOTHEK_HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SESSION_COOKIE_AGE = 60 * 60 * 24 * 90
SESSION_ENGINE = "library.sessions"

INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    # Its default configuration would put its own site in place of ours.
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "config.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "pgtrigger",
    "pghistory",
    "django_htmx",
    "django_rq",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "library.apps.LibraryConfig",
    "people.apps.PeopleConfig",
    "processing.apps.ProcessingConfig",
    "faces.apps.FacesConfig",
    "playback.apps.PlaybackConfig",
    "stats.apps.StatsConfig",
    "importers.apps.ImportersConfig",
]

MIDDLEWARE = [
    "library.middleware.RequestIdMiddleware",
    "config.request_times.RequestTimesMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "library.middleware.TokenMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "library.middleware.LastSeenMiddleware",
    "library.middleware.HistoryMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
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
            ],
        },
    },
]

# ---- Plugins ----------------------------------------------------------------------------------------------------
PLUGINS = env_bool("VIDEOTHEK_PLUGINS", True)

# ---- Machines ---------------------------------------------------------------------------------------------------
# Where this machine sees folders that the library knows by other paths.
PATH_MAP = env_path_map("VIDEOTHEK_PATH_MAP")
# The servers that come along listen on this address too, for workers on other machines (config/embedded/listening.py).
LISTEN_ADDRESS = env_str("VIDEOTHEK_LISTEN_ADDRESS")
POSTGRES_PORT = env_int("VIDEOTHEK_POSTGRES_PORT", 5432, minimum=1, maximum=65535)
REDIS_PORT = env_int("VIDEOTHEK_REDIS_PORT", 6379, minimum=1, maximum=65535)
WORKER_PASSWORD = env_str("VIDEOTHEK_WORKER_PASSWORD")

# ---- Faces ------------------------------------------------------------------------------------------------------
# Weights are no part of Videothek: the owner puts a pack there, or fetches one with manage.py face_models.
FACE_MODEL_DIR = env_path(
    "VIDEOTHEK_FACE_MODEL_DIR", paths.face_models(), shown_default="models/faces in VIDEOTHEK_HOME"
)

# ---- PostgreSQL -------------------------------------------------------------------------------------------------
DATABASE_URL = env_str("DATABASE_URL")
# Only the web process sets a pool (manage.py up does it for gunicorn): a worker forks, and a pool's threads do not.
DATABASE_POOL_MAX = env_int("VIDEOTHEK_DATABASE_POOL_MAX", 0, minimum=0, maximum=200)
# manage.py up sets both for the web process and for workers, each to what suits it; commands have none.
STATEMENT_TIMEOUT_SECONDS = env_int("VIDEOTHEK_STATEMENT_TIMEOUT_SECONDS", 0, minimum=0, maximum=86400)
LOCK_TIMEOUT_SECONDS = env_int("VIDEOTHEK_LOCK_TIMEOUT_SECONDS", 0, minimum=0, maximum=86400)
SLOW_QUERY_MS = env_int("VIDEOTHEK_SLOW_QUERY_MS", 1000, minimum=0, maximum=3_600_000)


def _database() -> dict[str, Any]:
    if DATABASE_URL:
        try:
            parts: dict[str, Any] = dict(conninfo_to_dict(DATABASE_URL))
        except ProgrammingError as error:
            raise ImproperlyConfigured(f"DATABASE_URL can't be read: {error}") from None
    else:
        parts = {"host": str(paths.socket_folder()), "dbname": "videothek", "user": "videothek"}
        # The socket is called by the port.
        parts |= {"port": POSTGRES_PORT} if LISTEN_ADDRESS else {}
    limits = {"statement_timeout": STATEMENT_TIMEOUT_SECONDS, "lock_timeout": LOCK_TIMEOUT_SECONDS}
    # Every trigger asks for this setting; one that is unset is an error that it catches, at 0.3 ms for each row.
    # Starting two helpers for a statement takes 5 to 30 ms on a machine that has something else to do, and so does
    # compiling one: PostgreSQL's own figures would have it for statements of 1 ms. Only what takes long is worth it.
    # A page by an index costs what any other does, in memory as on a solid-state disk; on a turning one it was four.
    session = [
        "-c pgtrigger.ignore={}",
        "-c parallel_setup_cost=5000",
        "-c random_page_cost=1.1",
        "-c jit=off",
        *(f"-c {name}={seconds}s" for name, seconds in limits.items() if seconds),
    ]
    options: dict[str, Any] = {"connect_timeout": 10}
    options["options"] = " ".join([str(parts.pop("options", "")), *session]).strip()
    if DATABASE_POOL_MAX:
        options["pool"] = {"min_size": 2, "max_size": DATABASE_POOL_MAX, "timeout": 10}
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "videothek"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "CONN_MAX_AGE": 0,
        # A restarted PostgreSQL leaves dead connections in the pool.
        "CONN_HEALTH_CHECKS": True,
    }
    return database | {"OPTIONS": options | parts}


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- Redis and RQ -----------------------------------------------------------------------------------------------
REDIS_URL = env_str("REDIS_URL")
# One queue per kind of work; a Redis message only says that its queue has a row waiting in processing.Job. Jobs
# have their own time limits, so the message itself has none.
QUEUES = ("scan", "media", "gpu", "faces", "maintenance")
_redis_url = REDIS_URL or listening.redis_socket_url(paths.redis_socket())
RQ_QUEUES = {name: {"URL": _redis_url, "DB": None if REDIS_URL else 0, "DEFAULT_TIMEOUT": -1} for name in QUEUES}
RQ = {"COMMIT_MODE": "auto", "WORKER_CLASS": "processing.worker.Worker"}
RQ_SHOW_ADMIN_LINK = False
# django-rq writes two of its addresses as regular expressions in path(); nothing here can mend that.
SILENCED_SYSTEM_CHECKS = ["2_0.W001"]

# ---- Processes (read by manage.py up) ---------------------------------------------------------------------------
_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
WEB_WORKERS = env_int("VIDEOTHEK_WEB_WORKERS", 2, minimum=1, maximum=32)
WEB_THREADS = env_int("VIDEOTHEK_WEB_THREADS", 24, minimum=2, maximum=200)
WEB_WAIT_SECONDS = env_int("VIDEOTHEK_WEB_WAIT_SECONDS", 5, minimum=1, maximum=60)
WEB_STALL_SECONDS = env_int("VIDEOTHEK_WEB_STALL_SECONDS", 30, minimum=1, maximum=600)
SCAN_WORKERS = env_int("VIDEOTHEK_SCAN_WORKERS", 1, minimum=1, maximum=16)
MEDIA_WORKERS = env_int("VIDEOTHEK_MEDIA_WORKERS", 0, minimum=0, maximum=128) or _cores
GPU_WORKERS = env_int("VIDEOTHEK_GPU_WORKERS", 1, minimum=0, maximum=16)
FACES_WORKERS = env_int("VIDEOTHEK_FACES_WORKERS", 1, minimum=0, maximum=16)
MAINTENANCE_WORKERS = env_int("VIDEOTHEK_MAINTENANCE_WORKERS", 1, minimum=1, maximum=16)

# ---- Streams (made by manage.py streamer) -----------------------------------------------------------------------
STREAM_FOLDER = str(env_path("VIDEOTHEK_STREAM_FOLDER", paths.streams(), shown_default="streams in VIDEOTHEK_HOME"))
STREAM_CACHE_BYTES = env_int("VIDEOTHEK_STREAM_CACHE_GB", 20, minimum=1, maximum=100_000) * 10**9
STREAM_ENCODERS = env_int("VIDEOTHEK_STREAM_ENCODERS", 0, minimum=0, maximum=64) or max(2, _cores // 2)
STREAMER_SOCKET = paths.streamer_socket()
# Whether a proxy in front sends the bytes of files: docs/operations.md has what it must be told.
SENDFILE = env_choice("VIDEOTHEK_SENDFILE", "none", ("none", "nginx", "caddy"))

# ---- People who log in ------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "library.User"
AUTHENTICATION_BACKENDS = ["library.backends.RoleBackend"]
# The first makes new ones; a login by any other replaces the password by one of the first. The library's own are for
# people who moved in from other systems.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "library.hashers.Argon2Hasher",
    "library.hashers.BcryptHasher",
    "library.hashers.MediaOSHasher",
]
LOGIN_TRIES = env_int("VIDEOTHEK_LOGIN_TRIES", 5, minimum=1, maximum=1000)
LOGIN_LOCK_MINUTES = env_int("VIDEOTHEK_LOGIN_LOCK_MINUTES", 15, minimum=1, maximum=24 * 60)
TRUSTED_PROXIES = env_networks("VIDEOTHEK_TRUSTED_PROXIES")
LOGIN_URL = reverse_lazy("login")
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# ---- API under /api/v1/ ------------------------------------------------------------------------------------------
# Requests a minute of one token or account, and from one address that nobody is logged in from; 0 is any number.
API_PER_MINUTE = env_int("VIDEOTHEK_API_PER_MINUTE", 1200, minimum=0, maximum=1_000_000)
API_ANONYMOUS_PER_MINUTE = env_int("VIDEOTHEK_API_ANONYMOUS_PER_MINUTE", 30, minimum=0, maximum=1_000_000)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "library.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["library.api.throttling.PerMinute"],
    "DEFAULT_PERMISSION_CLASSES": ["library.api.permissions.HasPermissions"],
    "DEFAULT_PAGINATION_CLASS": "library.api.pages.Pages",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "library.api.describing.Description",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "library.api.errors.handle_exception",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Videothek",
    "DESCRIPTION": "Everything that the pages do. docs/api.md tells about tokens, pages, filters, conflicts and undo.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False, "docExpansion": "none"},
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SORT_OPERATIONS": True,
    "POSTPROCESSING_HOOKS": ["library.api.describing.name_enums", "library.api.describing.add_errors"],
}

# ---- Monitoring -------------------------------------------------------------------------------------------------
METRICS_TOKEN = env_str("VIDEOTHEK_METRICS_TOKEN")
METRICS_NETWORKS = env_networks("VIDEOTHEK_METRICS_NETWORKS")

# ---- Language and time ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = env_str("VIDEOTHEK_TIME_ZONE", "UTC")
USE_I18N = False
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

# ---- Files ------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = paths.static_root()
# Where pictures and clips lie that can be made again: on a disk that every machine sees, or in a bucket.
DERIVED_STORAGE = env_choice("VIDEOTHEK_DERIVED_STORAGE", "disk", ("disk", "s3"))
DERIVED_FOLDER = env_path("VIDEOTHEK_DERIVED_FOLDER", paths.derived(), shown_default="derived in VIDEOTHEK_HOME")
S3_BUCKET = env_str("VIDEOTHEK_S3_BUCKET")
S3_DELIVERY = env_choice("VIDEOTHEK_S3_DELIVERY", "proxy", ("proxy", "redirect"))
S3_URL_SECONDS = env_int("VIDEOTHEK_S3_URL_SECONDS", 300, minimum=10, maximum=7 * 86400)
if DERIVED_STORAGE == "s3" and not S3_BUCKET:
    raise ImproperlyConfigured("VIDEOTHEK_DERIVED_STORAGE is s3: name the bucket in VIDEOTHEK_S3_BUCKET too.")
DERIVED_STORAGES: dict[str, dict[str, Any]] = {
    "disk": {
        "BACKEND": "processing.storage.DerivedStorage",
        "OPTIONS": {"location": DERIVED_FOLDER, "base_url": "/derived/"},
    },
    "s3": {
        "BACKEND": "processing.bucket.BucketStorage",
        "OPTIONS": {
            "bucket": S3_BUCKET,
            "prefix": env_str("VIDEOTHEK_S3_PREFIX", "derived"),
            "endpoint": env_str("VIDEOTHEK_S3_ENDPOINT"),
            "region": env_str("VIDEOTHEK_S3_REGION"),
            "access_key": env_str("VIDEOTHEK_S3_ACCESS_KEY"),
            "secret_key": env_str("VIDEOTHEK_S3_SECRET_KEY"),
            "base_url": "/derived/",
        },
    },
}
STORAGES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": paths.uploads(), "base_url": "/uploads/"},
    },
    "derived": DERIVED_STORAGES[DERIVED_STORAGE],
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "config.static_files.HashedModulesStorage",
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_KEEP_ONLY_HASHED_FILES = False


# ---- Logging ----------------------------------------------------------------------------------------------------
LOG_LEVEL = env_choice("VIDEOTHEK_LOG_LEVEL", "info", ("debug", "info", "warning", "error")).upper()
LOG_FORMAT = env_choice("VIDEOTHEK_LOG_FORMAT", "line", ("line", "json"))
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "config.log_format.LineFormatter"},
        "json": {"()": "config.log_format.JsonFormatter"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        name: {"level": LOG_LEVEL}
        for name in ("config", "library", "people", "processing", "faces", "playback", "stats", "importers")
    },
}
