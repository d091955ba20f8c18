from importlib import import_module
from itertools import chain

from django.apps import AppConfig


class ImportersConfig(AppConfig):
    name = "importers"

    def ready(self) -> None:
        from importers.kinds import faces, library, people, playback, processing, register_kind, stats
        from importers.systems import goonhub, mediaos, video_streaming, viewra

        import_module("importers.lookups")
        for kind in chain.from_iterable(room.KINDS for room in (library, people, processing, playback, faces, stats)):
            register_kind(kind)
        for system in (video_streaming, mediaos, viewra, goonhub):
            system.register()
