"""Answering suggestions as one kind of edit of videos."""

from collections.abc import Sequence
from typing import Any

from library.exceptions import BulkEditError
from library.models import Suggestion
from library.queries.suggestions import chips_of
from library.services.bulk_edit import BulkStep, Effect, Request
from library.services.bulk_links import TRIAGE, listing
from library.services.suggesting.values import name_proposals
from library.services.suggestions import accept_suggestions, reject_suggestions
from library.services.triage.queues import SURE

_MOST = 1000


def _check(value: Any) -> dict[str, Any]:
    """{"accept": [ids], "reject": [ids]}, or {"accept_sure": true}: what is sure about each video."""
    if not isinstance(value, dict):
        raise BulkEditError("Say which suggestions are accepted and which are rejected.")
    accept, reject = (_ids(value.get(name, ())) for name in ("accept", "reject"))
    if not accept and not reject and not value.get("accept_sure"):
        raise BulkEditError("Choose at least one suggestion.")
    if set(accept) & set(reject):
        raise BulkEditError("A suggestion can't be accepted and rejected at once.")
    return {"accept": accept, "reject": reject, "accept_sure": bool(value.get("accept_sure"))}


def _ids(values: Any) -> list[int]:
    ids = sorted({int(one) for one in values if str(one).isascii() and str(one).isdecimal() and len(str(one)) < 19})
    if len(ids) > _MOST:
        raise BulkEditError(f"One answer takes {_MOST:,} suggestions at most.")
    return ids


def _apply(ids: Sequence[int], value: dict[str, Any], request: Request) -> set[int]:
    accept = value["accept"] + (_sure(ids) if value["accept_sure"] else [])
    changed: set[int] = set()
    said = []
    if accept:
        done = accept_suggestions(suggestion_ids=accept, user=request.user, video_ids=ids)
        changed |= done.videos
        said.append(f"accepted {listing(done.words) or 'nothing that was still open'}")
    if value["reject"]:
        done = reject_suggestions(suggestion_ids=value["reject"], user=request.user, video_ids=ids)
        changed |= done.videos
        said.append(f"rejected {listing(done.words) or 'nothing that was still open'}")
    if said and not value["accept_sure"]:
        request.said["suggestions"] = " and ".join(said)
    return changed


def _sure(ids: Sequence[int]) -> list[int]:
    return [chip.id for chips in chips_of(ids).values() for chip in chips if chip.confidence >= SURE]


def _preview(ids: Sequence[int], value: dict[str, Any]) -> list[Effect]:
    asked = Suggestion.objects.open().filter(video__in=ids)
    if value["accept_sure"]:
        changed = len([1 for chips in chips_of(ids).values() if any(chip.confidence >= SURE for chip in chips)])
    else:
        named = asked.filter(pk__in=[*value["accept"], *value["reject"]])
        changed = named.values("video").distinct().count()
    return [Effect("Answer suggestions", changed, len(ids) - changed)]


def _describe(value: dict[str, Any]) -> str:
    said = []
    for name, word in (("accept", "accepted"), ("reject", "rejected")):
        if value[name]:
            rows = [(row, (row.kind, row.object_id)) for row in _named(value[name])]
            labels = name_proposals(row for row, _ in rows)
            said.append(f"{word} {listing([labels[key] for _, key in rows if key in labels]) or 'a suggestion'}")
    if value["accept_sure"]:
        said.append("accepted what was sure")
    return " and ".join(said)


def _named(ids: Sequence[int]) -> list[Suggestion]:
    return list(Suggestion.objects.filter(pk__in=ids).only("kind", "object_id", "value").order_by("pk"))


ANSWER_SUGGESTIONS = BulkStep(
    "suggestions", "library.change_video", _check, _apply, _preview, _describe, order=5, in_triage=TRIAGE
)
