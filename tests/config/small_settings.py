"""The settings without the apps, whose models take seconds to load: for a server that serves none of their pages."""

from config.settings import *  # noqa: F403

INSTALLED_APPS = ["django.contrib.staticfiles"]
MIDDLEWARE: list[str] = []
AUTH_USER_MODEL = "auth.User"
