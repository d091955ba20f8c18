"""Reading data of the "video streaming" backend: its SQLite file, its JSON dumps, its PostgreSQL database."""

from pathlib import Path

from importers.exceptions import SourceError
from importers.registry import SourceOptions, register_system
from importers.sources import Tables
from importers.sources.json_files import JsonTables
from importers.sources.postgres import PostgresTables, is_postgres_url, shown_url
from importers.sources.sqlite import SqliteTables
from importers.systems.video_streaming.source import SYSTEM, VideoStreamingSource

# Where the dumps lie below what somebody may have copied whole.
_DUMPS = ("", "migration", "data/migration")
# One of these has to be there: else it is something else's data.
_TELLING = ("videos", "watched_directories", "creators", "app_settings")


class VideoStreaming:
    """See `importers.registry.System`."""

    name = SYSTEM
    title = "Video streaming backend"
    carriers = (
        "its SQLite file, the folder of its JSON dumps (data/migration, a file for each table), or the address of its"
        " PostgreSQL database (postgresql://user:password@host/database)"
    )
    needs_secret = False

    def open(self, location: str, options: SourceOptions) -> VideoStreamingSource:
        tables, label = _open(location)
        try:
            if not set(_TELLING) & set(tables.names()):
                raise SourceError(f"{label} has none of the tables {', '.join(_TELLING)}: it isn't this system's data.")
            return VideoStreamingSource(tables, label)
        except BaseException:
            tables.close()
            raise


def register() -> None:
    """Called by `ImportersConfig.ready()`."""
    register_system(VideoStreaming())


def _open(location: str) -> tuple[Tables, str]:
    if is_postgres_url(location):
        return PostgresTables(location), shown_url(location)
    path = Path(location).expanduser()
    if path.is_dir():
        for below in _DUMPS:
            folder = path / below
            if folder.is_dir() and any((folder / f"{name}.json").is_file() for name in _TELLING):
                return JsonTables(folder), str(folder)
        raise SourceError(f"{path} has no dumps of tables ({_TELLING[0]}.json and others).")
    if not path.exists():
        raise SourceError(f"{path} isn't there.")
    return SqliteTables(path), str(path)
