"""Settings of processes that a test starts: its own database, and stages made for tests."""

import os

from config.test_settings import *  # noqa: F403
from config.test_settings import DATABASES, INSTALLED_APPS

DATABASES["default"]["NAME"] = os.environ["VIDEOTHEK_TEST_DATABASE"]
INSTALLED_APPS += ["tests.processing.stageapp.apps.StageAppConfig"]
