from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class LibraryConfig(AppConfig):
    name = "library"

    def ready(self) -> None:
        import_module("library.signals")
        # What every app says of bulk edits, filters, merges, the files that it stores, plays, proposals and queues of
        # triage.
        autodiscover_modules("bulk_steps", "facets", "merging", "stored", "usage", "providers", "triage")
