"""Having plugins look for facts about a video, and taking facts over into it."""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from library.exceptions import BulkEditError
from library.models import ChangeBatch, User, Video, VideoFile
from library.services.bulk_edit import Request, check_operation, steps_of
from library.services.changes import change_batch
from processing.exceptions import EnrichingError, PluginError, TargetGoneError
from processing.models import PluginMetadata
from processing.plugins.api import Enricher, Fact, VideoInfo
from processing.plugins.enabled import Enabled, enrichers
from processing.services.submit import IDLE, submit_jobs

logger = logging.getLogger(__name__)

_FIELD = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MOST_CHARACTERS = 20_000
_MOST_FACTS = 500
# Facts about links to a video, and the kinds of edits that make them.
_LINKS = {"tag": "tags", "person": "people", "studio": "studios"}
TAKEN_FIELDS = ("title", "description", "release_date", *_LINKS)


def has_enrichers() -> bool:
    """Whether a plugin that is switched on looks for facts. One query; none without such plugins."""
    return any(True for _ in enrichers())


def submit_enriching(*, video_ids: Iterable[int], priority: int = IDLE, requested_by_id: int | None = None) -> int:
    """Has plugins look for facts about the videos; returns how many jobs were made, none where no plugin does so."""
    if not has_enrichers():
        return 0
    return submit_jobs(stage="enrich", target_ids=video_ids, priority=priority, requested_by_id=requested_by_id)


def enrich_video(*, video_id: int, report: Callable[[int, int], None] = lambda done, total: None) -> dict[str, int]:
    """Asks every enricher that is switched on; returns how many facts each plugin has now.

    What one said before is replaced by what it says now; one that fails keeps what it said. Raises EnrichingError,
    naming those that failed, when the others are done.
    """
    info = _info(video_id)
    found: dict[int, list[Fact]] = {}
    counts: dict[str, int] = {}
    failed: dict[int, str] = {}
    asked = list(enrichers())
    for number, (enabled, enricher) in enumerate(asked):
        try:
            facts = _fetch(enabled, enricher, info)
            found[enabled.row_id] = found.get(enabled.row_id, []) + facts
        except Exception as error:
            logger.exception("The plugin %s could not look for facts about video %s", enabled.found.name, video_id)
            failed[enabled.row_id] = f"{enricher.label} ({type(error).__name__}: {error})"
        report(number + 1, len(asked))
    for enabled, _ in asked:
        if enabled.row_id in found and enabled.row_id not in failed:
            counts[enabled.found.name] = _store(video_id, enabled.row_id, found.pop(enabled.row_id))
    if failed:
        raise EnrichingError(f"These could not look for facts: {'; '.join(failed.values())}.")
    return counts


def _info(video_id: int) -> VideoInfo:
    video = Video.objects.filter(pk=video_id).first()
    if video is None:
        raise TargetGoneError("The video was removed from the library.")
    files = list(VideoFile.objects.present().filter(video=video).select_related("folder").order_by("-is_primary", "pk"))
    return VideoInfo(
        id=video.pk,
        title=video.title,
        paths=tuple(file.fs_path for file in files),
        duration_seconds=video.duration_seconds,
        width=video.width,
        height=video.height,
        oshash=files[0].oshash if files else "",
    )


def _fetch(enabled: Enabled, enricher: Enricher, info: VideoInfo) -> list[Fact]:
    """What it says, each thing once with its highest confidence. Raises PluginError for what can't be stored."""
    best: dict[tuple[str, str], Fact] = {}
    for fact in enricher.fetch(info, enabled.settings):
        if not isinstance(fact, Fact) or not isinstance(fact.value, str) or not _FIELD.fullmatch(fact.field):
            raise PluginError(f"{enabled.found.name} gave something that is no fact: {fact!r:.200}")
        if not 0.0 <= fact.confidence <= 1.0:
            raise PluginError(f"{enabled.found.name} is sure of {fact.field} by {fact.confidence}; from 0 to 1 counts.")
        value = _storable(fact.value)[:_MOST_CHARACTERS]
        known = best.get((fact.field, value))
        if value and (known is None or known.confidence < fact.confidence):
            best[fact.field, value] = Fact(fact.field, value, float(fact.confidence), _storable(fact.source)[:500])
        if len(best) > _MOST_FACTS:
            raise PluginError(f"{enabled.found.name} gave more than {_MOST_FACTS} facts about one video.")
    return list(best.values())


def _storable(text: str) -> str:
    """As PostgreSQL takes it: no NUL, no lone surrogates (of file names that aren't UTF-8)."""
    return text.replace("\0", "").encode(errors="backslashreplace").decode().strip()


def _store(video_id: int, plugin_id: int, facts: Sequence[Fact]) -> int:
    """Replaces what the plugin said of the video; what it says again keeps when it was taken over."""
    now = timezone.now()
    with transaction.atomic():
        if not Video.objects.select_for_update(no_key=True).filter(pk=video_id).exists():
            raise TargetGoneError("The video was removed from the library.")
        rows = {(row.field, row.value): row for row in PluginMetadata.objects.filter(video=video_id, plugin=plugin_id)}
        new = []
        for fact in facts:
            row = rows.pop((fact.field, fact.value), None)
            told = {"confidence": fact.confidence, "source": fact.source, "fetched_at": now}
            if row is None:
                new.append(
                    PluginMetadata(video_id=video_id, plugin_id=plugin_id, field=fact.field, value=fact.value, **told)
                )
            else:
                PluginMetadata.objects.filter(pk=row.pk).update(**told)
        PluginMetadata.objects.filter(pk__in=[row.pk for row in rows.values()]).delete()
        PluginMetadata.objects.bulk_create(new)
    return len(facts)


# ---- taking over ----------------------------------------------------------------------------------------------------
def take_over(*, fact: PluginMetadata, user: User) -> ChangeBatch:
    """Writes the fact into its video as a change that can be undone.

    Raises BulkEditError when the field can't be taken over, the value doesn't fit or the user may not edit.
    """
    if fact.field not in TAKEN_FIELDS:
        raise BulkEditError(f"Nothing of a video is called {fact.field}; write what you want of it yourself.")
    with change_batch(user=user) as batch:
        video = Video.objects.select_for_update(no_key=True).get(pk=fact.video_id)
        if fact.field in _LINKS:
            _edit(video, {_LINKS[fact.field]: {"mode": "add", "names": [fact.value]}}, user)
        elif fact.field == "release_date":
            _edit(video, {"release_date": _day(fact.value)}, user)
        else:
            _write(video, fact.field, fact.value, user)
        PluginMetadata.objects.filter(pk=fact.pk).update(taken_at=timezone.now())
        batch.summary = f"Took the {fact.field.replace('_', ' ')} of “{video.title}” over from {fact.plugin.title}"
    return batch


def _edit(video: Video, operation: dict[str, Any], user: User) -> None:
    checked = check_operation(operation, user=user)
    for step in steps_of(checked):
        step.apply([video.pk], checked[step.key], Request(user))


def _write(video: Video, field: str, value: str, user: User) -> None:
    if not user.has_perm("library.change_video"):
        raise BulkEditError("Your role doesn't allow that edit.")
    longest = getattr(Video._meta.get_field(field), "max_length", None)
    setattr(video, field, value[:longest])
    video.save(update_fields=[field])


def _day(value: str) -> str:
    """A whole date; of a year alone its first day."""
    text = f"{value}-01-01" if re.fullmatch(r"\d{4}", value) else value[:10]
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise BulkEditError(f"{value!r} is no date that can be taken over; year, month and day are needed.") from None


def facts_of(video_id: int) -> Iterator[tuple[PluginMetadata, bool]]:
    """What plugins say of a video, the surest first in each field, and whether it can be taken over. One query."""
    rows = PluginMetadata.objects.filter(video=video_id).select_related("plugin")
    return ((row, row.field in TAKEN_FIELDS) for row in rows.order_by("field", "-confidence", "pk"))
