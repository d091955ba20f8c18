"""Answering suggestions as one kind of edit of videos."""

from collections.abc import Sequence
from typing import Any

from library.exceptions import BulkEditError
from library.models import Suggestion
from library.queries.suggestions import chips_of
from library.services.bulk_edit import BulkStep, Effect, Request
from library.services.bulk_links import listing
from library.services.suggesting.targets import labels_of
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
    about = Suggestion.objects.filter(video__in=ids)
    accept = list(about.filter(pk__in=value["accept"]).values_list("pk", flat=True))
    if value["accept_sure"]:
        accept += _sure(ids)
    reject = list(about.filter(pk__in=value["reject"]).values_list("pk", flat=True))
    if accept:
        accept_suggestions(suggestion_ids=accept, user=request.user)
    if reject:
        reject_suggestions(suggestion_ids=reject, user=request.user)
    return set(Suggestion.objects.filter(pk__in=[*accept, *reject]).values_list("video_id", flat=True))


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
            rows = list(Suggestion.objects.filter(pk__in=value[name]).order_by("pk").values_list("kind", "object_id"))
            labels = labels_of(rows)
            said.append(f"{word} {listing([labels[row] for row in rows if row in labels]) or 'a suggestion'}")
    if value["accept_sure"]:
        said.append("accepted what was sure")
    return " and ".join(said)


ANSWER_SUGGESTIONS = BulkStep("suggestions", "library.change_video", _check, _apply, _preview, _describe, order=5)
