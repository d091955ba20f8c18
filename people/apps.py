from importlib import import_module

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"

    def ready(self) -> None:
        """What people registers with the library."""
        import_module("people.trashables").register()
