"""The interface that plugins are written against. docs/plugins.md tells it with an example.

Everything here stays as it is while API_VERSION is the same; what else a plugin imports may change with any release.
A package names its plugin as an entry point of the group `videothek.plugins`, under the plugin's own name.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from processing.stages.files import load_file
from processing.stages.registry import Followup, Stage, StageContext, StageResult

__all__ = [
    "API_VERSION",
    "GROUP",
    "Additions",
    "Encoder",
    "Enricher",
    "Fact",
    "Followup",
    "Health",
    "HealthStatus",
    "Plugin",
    "Scanner",
    "Settings",
    "Stage",
    "StageContext",
    "StageResult",
    "VideoInfo",
    "load_file",
]

API_VERSION = 1
GROUP = "videothek.plugins"
# Checked values, with the defaults where nothing was set.
Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something found out about a video. `field` is title, description, release_date, tag, person, studio, or a name of
    the plugin's own (lower case, digits, - and _). `confidence` is from 0 to 1; `source` says where it was found."""

    field: str
    value: str
    confidence: float
    source: str = ""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """A video as enrichers see it. `paths` are its present files on this machine, the primary one first."""

    id: int
    title: str
    paths: tuple[str, ...]
    duration_seconds: float | None
    width: int | None
    height: int | None
    oshash: str


@dataclass(frozen=True, slots=True)
class Enricher:
    """Finds facts about one video. `fetch` may be called again at any time, and what it returns then replaces what it
    returned before; it raises when it could not look, which is tried again later."""

    name: str
    label: str
    fetch: Callable[[VideoInfo, Settings], Iterable[Fact]]


@dataclass(frozen=True, slots=True)
class Scanner:
    """Has a say in which files scans take. `types` are further endings with their media types ({".xyz": "video/xyz"}).

    `leaves_out(path, settings)` is asked for every file and folder, with the path below the library's folder; True
    passes it over with all below it. It must be quick and must not read the file.
    """

    name: str
    label: str
    types: Mapping[str, str] = field(default_factory=dict)
    leaves_out: Callable[[str, Settings], bool] | None = None


@dataclass(frozen=True, slots=True)
class Encoder:
    """An encoder of FFmpeg that Videothek doesn't know. Each machine tries it before it counts. `codec` is h264, hevc
    or av1; `arguments` follow `-c:v:0 NAME`, in every conversion, so they say its quality; without any it gets the
    bit rate that the preset comes to. Where it works, conversions to its codec try it before all others."""

    name: str
    label: str
    codec: str
    arguments: tuple[str, ...] = ()


class HealthStatus(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Health:
    """How a plugin is; `note` is a sentence for the owner."""

    status: HealthStatus = HealthStatus.OK
    note: str = ""


@dataclass(slots=True)
class Additions:
    """What a plugin adds. Filled by `Plugin.register`; counts only when that ends well."""

    stages: list[Stage] = field(default_factory=list)
    scanners: list[Scanner] = field(default_factory=list)
    enrichers: list[Enricher] = field(default_factory=list)
    encoders: list[Encoder] = field(default_factory=list)

    def capabilities(self) -> list[str]:
        """In words, for the owner."""
        parts = (("stage", self.stages), ("scanner", self.scanners), ("facts", self.enrichers))
        said = [f"{word}: {one.label}" for word, added in parts for one in added]
        return [*said, *(f"encoder: {one.label}" for one in self.encoders)]


class Plugin:
    """Base of all plugins. A subclass sets the attributes; an entry point names it, or an instance of it.

    `settings_schema` is a JSON schema of an object: properties of type string, integer, number, boolean, or array of
    strings, with title, description, default, minimum, maximum, maxLength, enum, and format "password"; and required.
    """

    name: str = ""
    title: str = ""
    description: str = ""
    version: str = ""
    api_version: int = 0
    settings_schema: Mapping[str, Any] = {}
    enabled_by_default: bool = True

    def register(self, additions: Additions) -> None:
        """Adds what the plugin brings. Called once, when Django starts, in every process: quick, and asks no database.

        Names of stages begin with the plugin's name and a dash.
        """
        raise NotImplementedError

    def health(self, settings: Settings) -> Health:
        """Called every few minutes in the scheduler, for at most ten seconds. Raising counts as bad."""
        return Health()
