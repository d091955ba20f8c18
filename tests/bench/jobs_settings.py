"""Settings of the jobs bench: those of an installation, and stages made for tests."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS

INSTALLED_APPS += ["tests.processing.stageapp.apps.StageAppConfig"]
