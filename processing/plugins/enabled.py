"""Which plugins count right now: loaded, switched on, with their settings."""

from collections.abc import Iterator
from dataclasses import dataclass

from processing.exceptions import PluginError
from processing.models import Plugin as PluginRow
from processing.plugins.api import Encoder, Enricher, Plugin, Scanner, Settings
from processing.plugins.loading import Found, found_plugins, plugin_of_stage
from processing.plugins.schema import with_defaults


@dataclass(frozen=True, slots=True)
class Enabled:
    """A plugin that is switched on."""

    row_id: int
    found: Found
    plugin: Plugin
    settings: Settings


class PluginOffError(PluginError):
    """A job of a plugin that is switched off."""


def enabled_plugins() -> list[Enabled]:
    """One query; none where no plugin is installed. One without a row yet (nobody has looked since it was installed)
    doesn't count."""
    loaded = {found.name: found for found in found_plugins() if found.plugin is not None}
    if not loaded:
        return []
    rows = PluginRow.objects.filter(name__in=loaded, is_enabled=True).order_by("name")
    result = []
    for row in rows:
        found = loaded[row.name]
        assert found.plugin is not None
        result.append(Enabled(row.pk, found, found.plugin, with_defaults(found.plugin.settings_schema, row.settings)))
    return result


def enrichers() -> Iterator[tuple[Enabled, Enricher]]:
    """Those of plugins that are switched on."""
    if any(found.additions.enrichers for found in found_plugins()):
        for one in enabled_plugins():
            yield from ((one, enricher) for enricher in one.found.additions.enrichers)


def scanners() -> Iterator[tuple[Enabled, Scanner]]:
    """Those of plugins that are switched on."""
    if any(found.additions.scanners for found in found_plugins()):
        for one in enabled_plugins():
            yield from ((one, scanner) for scanner in one.found.additions.scanners)


def encoders() -> list[Encoder]:
    """Those of plugins that are switched on; whether they work on a machine is for its workers to try."""
    if not any(found.additions.encoders for found in found_plugins()):
        return []
    return [encoder for one in enabled_plugins() for encoder in one.found.additions.encoders]


def check_stage_enabled(stage: str) -> None:
    """Raises PluginOffError for a stage of a plugin that is switched off. One query for a plugin's stage, else none."""
    name = plugin_of_stage(stage)
    if name is not None and not PluginRow.objects.filter(name=name, is_enabled=True).exists():
        raise PluginOffError(f"The plugin {name} is switched off: switch it on in the admin, then retry.")


def settings_of(name: str) -> Settings:
    """The settings of a loaded plugin, for its own stages. Raises PluginError when it isn't loaded or switched off."""
    for one in enabled_plugins():
        if one.found.name == name:
            return one.settings
    raise PluginError(f"The plugin {name} is not loaded, or switched off.")
