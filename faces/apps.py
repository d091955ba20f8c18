from importlib import import_module

from django.apps import AppConfig


class FacesConfig(AppConfig):
    name = "faces"

    def ready(self) -> None:
        for module in ("stages", "page_stages", "merging", "stored", "signals", "checks"):
            import_module(f"faces.{module}")
