"""Settings of processes that a test starts: its own database, and stages made for tests."""

import os

from config.test_settings import *  # noqa: F403
from config.test_settings import DATABASES, INSTALLED_APPS, RQ_QUEUES

DATABASES["default"]["NAME"] = os.environ["VIDEOTHEK_TEST_DATABASE"]
if "VIDEOTHEK_TEST_REDIS" in os.environ:
    for _queue in RQ_QUEUES.values():
        _queue |= {"URL": f"unix://{os.environ['VIDEOTHEK_TEST_REDIS']}", "DB": 0}
INSTALLED_APPS += ["tests.processing.stageapp.apps.StageAppConfig"]
