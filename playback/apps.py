from importlib import import_module

from django.apps import AppConfig


class PlaybackConfig(AppConfig):
    name = "playback"

    def ready(self) -> None:
        import_module("playback.signals")
