"""What else hangs on a row that an import made."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.db import models
from django.db.models import Q

from importers.kinds import Kind, kinds
from importers.models import ImportedRow, ImportRun, Outcome

# The reason of an imported row that stays when its run is taken back.
KEPT = "kept_here"
# What machines made of a row, and can make again: goes with it. Sessions of logins end with their account, and that a
# folder was scanned says nothing without it; files that were found in it keep it.
_MADE_AGAIN = frozenset(
    {
        "library.videotext", "library.filesignature", "library.duplicatepair", "library.suggestion",
        "library.suggestioninput", "library.triagelease", "library.triagecoverage", "library.usersession",
        "library.oldpath", "library.scanlog", "processing.thumbnail", "processing.storyboard", "processing.preview",
        "processing.faceframes", "processing.filecheck", "processing.integrityfinding", "processing.job",
        "faces.deletedface", "faces.facedetection", "faces.facelook", "faces.drawnbox", "faces.referencephoto",
        "faces.photosearch",
        "playback.markerpicture", "playback.clipexport", "playback.sharedclip", "playback.streamrendition",
        "playback.streamsession", "playback.playbacksession", "importers.importrun", "library.changebatch",
        "library.auditevent",
    }
)  # fmt: skip
# Appearances are a machine's too, as long as nobody said who it is.
_BY_HAND = {"faces.facetrack": {"status": "manual"}}


def hanging_on(run: ImportRun, kind: Kind, pks: Sequence[int]) -> dict[int, str]:
    """Rows on which something hangs that this run didn't make: {key: what, in words}. A few statements for each table
    that points to the kind's."""
    found: dict[int, str] = {}
    for relation in relations_to(kind.model):
        other: Any = relation.related_model
        label = other._meta.label_lower
        if label in _MADE_AGAIN or not pks or other._meta.auto_created or label.endswith("event"):
            continue
        if not other._meta.concrete_model._meta.managed:
            # No table: pghistory's view of all events, which points to users.
            continue
        rows = other._base_manager.filter(**{f"{relation.field.name}__in": pks}, **_BY_HAND.get(label, {}))
        pairs = list(rows.values_list(relation.field.attname, "pk"))
        own = _made_by(run, other, {pk for _, pk in pairs})
        for target, pk in pairs:
            if pk not in own:
                found.setdefault(target, f"{other._meta.verbose_name} {pk}")
    return found


def with_those_below(run: ImportRun, kind: Kind, rows: Sequence[ImportedRow]) -> list[ImportedRow]:
    """The rows and those of the same run below them in a tree (a tag's children), which may have been written first:
    without their parent they could have the name of another root for a moment."""
    found = list(rows)
    columns = _to_itself(kind)
    new = {row.object_id for row in rows}
    while columns and new:
        below = Q()
        for name in columns:
            below |= Q(**{f"{name}__in": new})
        pks = kind.model._base_manager.filter(below).exclude(pk__in=[row.object_id for row in found])
        more = ImportedRow.objects.filter(
            run=run, kind=kind.name, outcome=Outcome.CREATED, object_id__in=list(pks.values_list("pk", flat=True))
        ).exclude(reason=KEPT)
        found += list(more)
        new = {row.object_id for row in more}
    return found


def layers(kind: Kind, pks: Collection[int]) -> Iterator[list[int]]:
    """The rows in an order in which nothing goes before what is below it; those that go round in a circle at once."""
    columns = _to_itself(kind)
    above = {pk: set(values.values()) for pk, values in kind.read(pks, columns).items()} if columns else {}
    left = set(pks)
    while left:
        needed = {target for pk in left for target in above.get(pk, ()) if target != pk}
        layer = left - needed or left
        yield sorted(layer)
        left = left - layer


def _to_itself(kind: Kind) -> list[str]:
    return [name for name, column in kind.fields.items() if column.is_relation and column.related_model is kind.model]


def relations_to(model: type[models.Model]) -> list[Any]:
    """The foreign keys of other tables to this one, those that it can't see as well."""
    fields = model._meta.get_fields(include_hidden=True)
    found: list[Any] = [
        field for field in fields if field.auto_created and not field.concrete and not field.many_to_many
    ]
    # Views over all histories are no tables.
    return [field for field in found if field.related_model._meta.managed and not field.related_model._meta.proxy]


def _made_by(run: ImportRun, model: type[models.Model], pks: Collection[Any]) -> set[Any]:
    """Those of the rows that this run made, and has not kept."""
    names = [kind.name for kind in kinds() if kind.model is model]
    if not pks or not names:
        return set()
    rows = ImportedRow.objects.filter(run=run, kind__in=names, object_id__in=pks, outcome=Outcome.CREATED)
    return set(rows.exclude(reason=KEPT).values_list("object_id", flat=True))
