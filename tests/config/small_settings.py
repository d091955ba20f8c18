"""The settings without the apps, whose models take seconds to load: for a server that serves none of their pages."""

from typing import Any

from config import settings as whole

globals().update({name: value for name, value in vars(whole).items() if name.isupper()})
# It has no pages of its own either.
ROOT_URLCONF = "tests.config.small_settings"
urlpatterns: list[Any] = []
INSTALLED_APPS = ["django.contrib.staticfiles"]
MIDDLEWARE: list[Any] = []
AUTH_USER_MODEL = "auth.User"
