from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ProcessingConfig(AppConfig):
    name = "processing"

    def ready(self) -> None:
        """Every app's `stages` module registers what it can do; then the library gets someone to do its work."""
        autodiscover_modules("stages")
        autodiscover_modules("background")
        # Last: what plugins add must not take the names of ours.
        import_module("processing.plugins.scanning")
        import_module("processing.plugins.loading").load_plugins()
