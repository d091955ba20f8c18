"""An example of a plugin: facts from the .nfo files that Kodi, Jellyfin and others keep beside a video.

It has one of each: an enricher that reads `film.nfo` beside `film.mp4`, a scanner that leaves out folders of samples,
an encoder of FFmpeg's that Videothek doesn't know, and a stage that counts .nfo files in a folder.
"""

from collections.abc import Iterator
from pathlib import Path, PurePath

from processing.plugins.api import (
    API_VERSION,
    Additions,
    Encoder,
    Enricher,
    Fact,
    Health,
    HealthStatus,
    Plugin,
    Scanner,
    Settings,
    Stage,
    VideoInfo,
)
from videothek_nfo.reading import read_facts


def find_facts(video: VideoInfo, settings: Settings) -> Iterator[Fact]:
    """From the first .nfo file that lies beside one of the video's files."""
    for path in video.paths:
        sidecar = Path(path).with_suffix(".nfo")
        if sidecar.is_file():
            for field, value in read_facts(sidecar):
                if field != "tag" or settings["read_genres"]:
                    yield Fact(field, value, settings["confidence"], source=sidecar.name)
            return


def is_sample(path: str, settings: Settings) -> bool:
    """A folder or file called like one of the words, "sample" say."""
    return PurePath(path).stem.lower() in settings["sample_words"]


class NfoPlugin(Plugin):
    name = "nfo"
    title = "Facts from .nfo files"
    description = "Reads title, plot, date, genres, actors and studios from .nfo files beside the videos."
    version = "1.0"
    api_version = API_VERSION
    settings_schema = {
        "type": "object",
        "properties": {
            "confidence": {
                "type": "number",
                "title": "How sure",
                "description": "How far what the files say is to be trusted, from 0 to 1.",
                "default": 0.8,
                "minimum": 0,
                "maximum": 1,
            },
            "read_genres": {
                "type": "boolean",
                "title": "Genres as tags",
                "description": "Offer genres and tags of the files as tags.",
                "default": True,
            },
            "sample_words": {
                "type": "array",
                "items": {"type": "string"},
                "title": "Samples",
                "description": "Names of files and folders that scans leave out.",
                "default": ["sample"],
            },
        },
    }

    def register(self, additions: Additions) -> None:
        additions.enrichers.append(Enricher("sidecar", ".nfo files", find_facts))
        additions.scanners.append(Scanner("samples", "leaves out samples", leaves_out=is_sample))
        additions.encoders.append(
            Encoder("libopenh264", "H.264 by Cisco's OpenH264", "h264", ("-rc_mode", "bitrate", "-b:v:0", "2M"))
        )
        additions.stages.append(
            Stage(
                name="nfo-count",
                label="Counting .nfo files",
                queue="maintenance",
                target_kind="folder",
                run="videothek_nfo.counting.run",
                label_of=lambda ids: {one: f"folder {one}" for one in ids},
                timeout_seconds=600,
            )
        )

    def health(self, settings: Settings) -> Health:
        if settings["confidence"] == 0:
            return Health(HealthStatus.DEGRADED, "Nothing the files say is trusted: set “How sure” above 0.")
        return Health(HealthStatus.OK, "Ready to read.")
