"""manage.py plugins"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from library.models import Video
from processing.models import Plugin
from processing.models.plugin import PluginState
from processing.services.enriching import submit_enriching
from processing.services.plugins import check_plugins, sync_plugins


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Lists the plugins with their state; with --check asks each how it is. Exit status 1 when one isn't well."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Ask every plugin that is switched on how it is")
        parser.add_argument(
            "--look", action="store_true", help="Have them look for facts about every video, when nothing else waits"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            check_plugins()
        else:
            sync_plugins()
        if options["look"]:
            ids = Video.objects.in_library().order_by("pk").values_list("pk", flat=True)
            count = submit_enriching(video_ids=ids.iterator(chunk_size=1000))
            self.stdout.write(f"{count:,} videos wait to be looked up.")
            return
        rows = list(Plugin.objects.all())
        if not rows:
            self.stdout.write("No plugin is installed. docs/plugins.md says how to get or write one.")
        for row in rows:
            self.stdout.write(f"{row.name} {row.version}: {_told(row)}")
        if any(_is_unwell(row) for row in rows):
            raise SystemExit(1)


def _told(row: Plugin) -> str:
    if row.state != PluginState.LOADED:
        return f"{row.get_state_display().lower()}. {row.error}".strip()
    switched = "on" if row.is_enabled else "off"
    return f"{switched}, {row.get_health_display().lower()}. {row.health_note}".strip()


def _is_unwell(row: Plugin) -> bool:
    return row.is_enabled and (row.state == PluginState.FAILED or row.health in ("bad", "degraded"))
