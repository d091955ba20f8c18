"""Settings of the tests: a HOME of their own, quick passwords, plain static files.

The first process to load them, pytest itself, makes the HOME; pytest-xdist's workers inherit it. Each worker has a
test database of its own (pytest-django names it) and a Redis database of its own.
"""

import os
import tempfile

if "VIDEOTHEK_TEST_HOME" not in os.environ:
    os.environ["VIDEOTHEK_TEST_HOME"] = tempfile.mkdtemp(prefix="videothek-test-")
    _kept = {"VIDEOTHEK_TEST_HOME", "VIDEOTHEK_BROWSER"}
    for _name in [name for name in os.environ if name.startswith("VIDEOTHEK_") and name not in _kept]:
        del os.environ[_name]
    for _name in ("DATABASE_URL", "REDIS_URL", "HOST", "PORT"):
        os.environ.pop(_name, None)
os.environ["VIDEOTHEK_HOME"] = os.environ["VIDEOTHEK_TEST_HOME"]

from config.settings import *  # noqa: F403
from config.settings import PASSWORD_HASHERS as HASHERS
from config.settings import RQ_QUEUES, STORAGES

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    *(name for name in HASHERS if name.startswith("library.")),
]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
ALLOWED_HOSTS = ["*"]

# gw0, gw1, ... are pytest-xdist's names; Redis has 64 databases and 0 is left to programs under test.
REDIS_DB = 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw") or 0)
for _queue in RQ_QUEUES.values():
    _queue["DB"] = REDIS_DB
# Tests ask much in a minute, and their workers' accounts have the same numbers; those about limits set them.
API_PER_MINUTE = API_ANONYMOUS_PER_MINUTE = 0
