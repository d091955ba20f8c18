"""Finding and loading plugins, each apart from the others: one that fails is noted and left out.

Asks no database, since Django is only just starting; whether a plugin is switched on is looked at when it is used.
"""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from django.conf import settings

from processing.exceptions import PluginError
from processing.models.job import TargetKind
from processing.plugins.api import API_VERSION, GROUP, Additions, Plugin
from processing.plugins.schema import check_schema
from processing.stages.registry import all_stages, register_stage

logger = logging.getLogger(__name__)

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_ENDING = re.compile(r"\.[a-z0-9]{1,10}")
_CODECS = ("h264", "hevc", "av1")


@dataclass(frozen=True, slots=True)
class Found:
    """A plugin that is installed. Without `plugin` it could not be loaded, and `error` says why, in a sentence."""

    name: str
    package: str
    plugin: Plugin | None = None
    additions: Additions = field(default_factory=Additions)
    error: str = ""


_found: dict[str, Found] = {}


def load_plugins(entries: Iterable[EntryPoint] | None = None) -> None:
    """Imports and registers every installed plugin, in the order of the names. Never raises because of one of them."""
    if not settings.PLUGINS:
        return
    for entry in sorted(entry_points(group=GROUP) if entries is None else entries, key=lambda one: one.name):
        package = entry.dist.metadata["Name"] if entry.dist else ""
        if entry.name in _found:
            logger.error("The packages %s and %s both bring a plugin %s; the first one counts.",
                         _found[entry.name].package, package, entry.name)  # fmt: skip
            continue
        _found[entry.name] = _load(entry, package)


def found_plugins() -> list[Found]:
    """All that are installed, loaded or not."""
    return list(_found.values())


def plugin_of_stage(stage: str) -> str | None:
    """The name of the plugin that brought the stage; None for one of ours."""
    for found in _found.values():
        if any(one.name == stage for one in found.additions.stages):
            return found.name
    return None


def _load(entry: EntryPoint, package: str) -> Found:
    try:
        plugin = _checked(entry.name, entry.load())
        additions = Additions()
        plugin.register(additions)
        _check_additions(plugin, additions)
    except PluginError as error:
        logger.error("The plugin %s is left out. %s", entry.name, error)
        return Found(entry.name, package, error=str(error))
    except (Exception, SystemExit) as error:
        # Whatever its code does, the others and Videothek itself go on.
        logger.exception("The plugin %s is left out", entry.name)
        return Found(entry.name, package, error=f"It could not be loaded ({type(error).__name__}: {error})."[:2000])
    for stage in additions.stages:
        register_stage(stage)
    logger.info("Plugin %s %s is loaded: %s", plugin.name, plugin.version, "; ".join(additions.capabilities()))
    return Found(entry.name, package, plugin, additions)


def _checked(name: str, loaded: Any) -> Plugin:
    """The plugin that an entry point leads to: an instance, or made from its class. Raises PluginError."""
    plugin = loaded() if isinstance(loaded, type) and issubclass(loaded, Plugin) else loaded
    if not isinstance(plugin, Plugin):
        raise PluginError("Its entry point leads to no Plugin of processing.plugins.api.")
    if plugin.api_version != API_VERSION:
        raise PluginError(
            f"It was written for version {plugin.api_version} of the interface, and this release has {API_VERSION}: "
            "install a version of it that fits."
        )
    if plugin.name != name or not _NAME.fullmatch(name):
        raise PluginError(
            f"It calls itself {plugin.name!r}, its entry point {name!r}: one name in lower case is needed."
        )
    if not plugin.title or not plugin.version:
        raise PluginError("It has no title or no version.")
    check_schema(plugin.settings_schema)
    return plugin


def _check_additions(plugin: Plugin, additions: Additions) -> None:
    """Raises PluginError for what would clash with others or could never run."""
    taken = {stage.name for stage in all_stages()}
    for stage in additions.stages:
        if not stage.name.startswith(f"{plugin.name}-") or len(stage.name) > 40 or stage.name in taken:
            raise PluginError(
                f"Its stage {stage.name!r} needs a name of its own that begins with {plugin.name}-, of 40 characters "
                "at most."
            )
        taken.add(stage.name)
        if stage.queue not in settings.QUEUES or stage.target_kind not in TargetKind.values:
            raise PluginError(f"Its stage {stage.name!r} has a queue or a kind of target that isn't known.")
    for scanner in additions.scanners:
        if wrong := [ending for ending in scanner.types if not _ENDING.fullmatch(ending)]:
            raise PluginError(f"Its scanner {scanner.name!r} names {wrong[0]!r}, which is no ending like .xyz.")
    for encoder in additions.encoders:
        if encoder.codec not in _CODECS or not re.fullmatch(r"[a-z0-9_]+", encoder.name):
            raise PluginError(f"Its encoder {encoder.name!r} is of no codec that is known ({', '.join(_CODECS)}).")
