from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.db.backends.signals import connection_created

from config.checks import register_checks
from config.slow_statements import watch_statements


class ConfigConfig(AppConfig):
    name = "config"
    default = True
    verbose_name = "Videothek"

    def ready(self) -> None:
        register_checks()
        connection_created.connect(watch_statements, dispatch_uid="slow_statements")


class AdminConfig(DjangoAdminConfig):
    """Django's admin with the project's site."""

    default_site = "config.admin_pages.Site"
