"""Pictures in the columns of records."""

from collections.abc import Sequence

from importers.kinds.base import Kind, Prepared
from importers.models import ImportRun
from importers.records import SourcePicture
from importers.services.context import context_of
from importers.services.pictures import bring_picture


def bring_pictures(run: ImportRun, kind: Kind, record: Prepared, names: Sequence[str]) -> str:
    """Puts the stored name of each picture in its place. Returns why the last one that couldn't come didn't, "" when
    all did; a column whose picture couldn't come is left out of the values."""
    context, failed = context_of(run), ""
    for name in names:
        picture = record.values.get(name)
        if not isinstance(picture, SourcePicture):
            continue
        stored, reason = bring_picture(
            picture,
            column=kind.fields[name],
            owner=(run.system, run.identity, record.table, record.key, record.part, name),
            map_path=context.places.local,
            brought=context.brought,
            is_dry=run.is_dry_run,
        )
        if reason:
            failed = reason
            del record.values[name]
        else:
            record.values[name] = stored
    return failed
