"""Links between videos and something else (tags, people, studios), written for many videos in a few statements."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, models

from library.exceptions import TrashedError
from library.models import ChangeBatch, User, Video
from library.models.change import ChangeSource
from library.services.changes import change_batch, current_batch


@dataclass(frozen=True, slots=True)
class Edited:
    """How many videos changed, and how many links were added and removed; `batch` is what to undo (None: nothing)."""

    videos: int
    added: int
    removed: int
    batch: ChangeBatch | None = None


@dataclass(frozen=True, slots=True)
class LinkTable:
    """A table of (video, target, source ...) rows, one for each pair."""

    model: type[models.Model]
    field: str
    noun: str

    @property
    def target(self) -> type[models.Model]:
        model: type[models.Model] = self.model._meta.get_field(self.field).related_model  # type: ignore[assignment]
        return model

    def column(self, name: str) -> str:
        column: Any = self.model._meta.get_field(name).column  # type: ignore[union-attr]
        return connection.ops.quote_name(column)

    @property
    def table(self) -> str:
        return connection.ops.quote_name(self.model._meta.db_table)


@dataclass(slots=True)
class Wish:
    """What an edit asks for: ids of targets to add and to remove. With `only`, every other one goes too."""

    add: list[int]
    remove: list[int]
    only: bool

    @classmethod
    def of(cls, add: Iterable[int], remove: Iterable[int], replace: Iterable[int] | None) -> "Wish":
        """What is both added and removed is added."""
        kept = dict.fromkeys(replace or ())
        wanted = list(dict.fromkeys([*kept, *add]))
        return cls(wanted, [one for one in dict.fromkeys(remove) if one not in set(wanted)], replace is not None)


def edit_links(
    links: LinkTable,
    *,
    video_ids: Iterable[int],
    wish: Wish,
    user: User | None,
    source: str,
    facts: Mapping[str, Any] | None = None,
    constants: Mapping[str, Any] | None = None,
) -> Edited:
    """Writes the wish on the videos that exist, in one batch. Three statements for the links, whatever their number.

    `facts` and `constants` are further columns of new links. What a person adds becomes "by hand" where a machine had
    put it, and takes the facts over, not the constants. Raises TrashedError for a target in the trash; ids of targets
    that don't exist are passed over.
    """
    videos = sorted(set(video_ids))
    if not videos or not (wish.add or wish.remove or wish.only):
        return Edited(0, 0, 0)
    _refuse_trashed(links, wish.add)
    frame = current_batch()
    is_named = frame is not None and bool(frame.summary)
    with change_batch(summary=f"Edited the {links.noun} of {_videos(len(videos))}", user=user, source=source) as batch:
        # Videos before what hangs on them, each in the order of their ids: two edits never wait for each other.
        locked = Video.objects.filter(pk__in=videos).select_for_update(no_key=True).order_by("pk")
        videos = list(locked.values_list("pk", flat=True))
        removed = _remove(links, videos, wish)
        added, changed = _add(links, videos, wish, source, facts or {}, constants or {})
        touched = removed.keys() | added.keys() | changed
        edited = Edited(len(touched), sum(added.values()), sum(removed.values()), batch if touched else None)
        if not is_named:
            batch.summary = _summary(links, wish, edited)
    return edited


def _refuse_trashed(links: LinkTable, ids: Iterable[int]) -> None:
    rows = links.target._default_manager.filter(pk__in=list(ids), trashed_at__isnull=False)
    if names := ", ".join(str(row) for row in rows[:3]):
        raise TrashedError(f"{names} lies in the trash. Take it out first.")


def _remove(links: LinkTable, videos: list[int], wish: Wish) -> dict[int, int]:
    """Links removed, by video."""
    if not wish.remove and not wish.only:
        return {}
    target = links.column(links.field)
    which = f"NOT {target} = ANY(%s)" if wish.only else f"{target} = ANY(%s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH gone AS (DELETE FROM {links.table} WHERE video_id = ANY(%s) AND {which} RETURNING video_id)
            SELECT video_id, count(*) FROM gone GROUP BY video_id""",
            [videos, wish.add if wish.only else wish.remove],
        )
        return dict(cursor.fetchall())


def _add(
    links: LinkTable,
    videos: list[int],
    wish: Wish,
    source: str,
    facts: Mapping[str, Any],
    constants: Mapping[str, Any],
) -> tuple[dict[int, int], set[int]]:
    """Links made, by video; and the videos where one became "by hand"."""
    if not wish.add:
        return {}, set()
    target = links.column(links.field)
    extra = "".join(f", {links.column(name)}" for name in (*facts, *constants))
    by_hand = "".join(f", {links.column(name)} = EXCLUDED.{links.column(name)}" for name in facts)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH made AS (
                INSERT INTO {links.table} AS old (video_id, {target}, source{extra})
                SELECT video.id, target.id, %s{", %s" * (len(facts) + len(constants))}
                  FROM unnest(%s::bigint[]) AS video(id)
                 CROSS JOIN (SELECT id FROM {connection.ops.quote_name(links.target._meta.db_table)}
                              WHERE id = ANY(%s)) AS target
                 ORDER BY video.id, target.id
                ON CONFLICT (video_id, {target}) DO UPDATE SET source = EXCLUDED.source{by_hand}
                 WHERE EXCLUDED.source = %s AND old.source <> EXCLUDED.source
                RETURNING video_id, xmax = 0 AS is_new
            ) SELECT video_id, count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new)
                FROM made GROUP BY video_id""",
            [source, *facts.values(), *constants.values(), videos, wish.add, ChangeSource.MANUAL],
        )
        rows = cursor.fetchall()
    added = {video: new for video, new, _ in rows if new}
    return added, {video for video, _, changed in rows if changed}


def _summary(links: LinkTable, wish: Wish, edited: Edited) -> str:
    """A sentence for the history: what was put on how many videos."""
    named = {row.pk: str(row) for row in links.target._default_manager.filter(pk__in=[*wish.add, *wish.remove][:6])}
    parts = []
    if wish.add:
        parts.append("added " + _listed(wish.add, named))
    if wish.remove:
        parts.append("removed " + _listed(wish.remove, named))
    if wish.only:
        parts = ["set to " + _listed(wish.add, named)] if wish.add else ["removed all"]
    return f"{links.noun.capitalize()} of {_videos(edited.videos)}: {', '.join(parts)}"


def _listed(ids: list[int], named: Mapping[int, str]) -> str:
    names = [named[one] for one in ids if one in named][:3]
    return ", ".join(names) + (f" and {len(ids) - len(names)} more" if len(ids) > len(names) else "")


def _videos(count: int) -> str:
    return f"{count:,} video{'' if count == 1 else 's'}"
