"""GoonHub as a system that people come from."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from importers.exceptions import SourceError
from importers.registry import SourceOptions
from importers.sources.postgres import is_postgres_url
from importers.systems.goonhub.database import GoonHubTables
from importers.systems.goonhub.source import GoonHubSource
from importers.systems.goonhub.tables import names_in

# Without these it is something else.
_NEEDED = ("users", "scenes")


class GoonHub:
    """See `importers.registry.System`. Options: `timezone` of moments without a zone, `schema` of the tables."""

    name = "goonhub"
    title = "GoonHub"
    carriers = "The address of its PostgreSQL database, as in postgresql://user:password@host/goonhub."
    needs_secret = False

    def open(self, location: str, options: SourceOptions) -> GoonHubSource:
        if not is_postgres_url(location):
            raise SourceError("Give the address of GoonHub's database, as in postgresql://user:password@host/goonhub.")
        zone = options.extra.get("timezone", "")
        if zone and not _is_zone(zone):
            raise SourceError(f"There is no time zone {zone!r}; give one like Europe/Berlin.")
        tables = GoonHubTables(location, options.extra.get("schema") or "public")
        try:
            missing = [name for name in _NEEDED if name not in names_in(tables.names())]
            if missing:
                raise SourceError(
                    f"{tables.label} is no database of GoonHub: it has no table {' and no table '.join(missing)}."
                )
            # A server may have a zone by a rule that only it knows.
            zones = (one for one in (zone, tables.zone()) if one and _is_zone(one))
            return GoonHubSource(tables, next(zones, "UTC"))
        except SourceError:
            tables.close()
            raise


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
