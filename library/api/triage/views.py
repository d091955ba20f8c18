"""The endpoints of triage. Looking takes a lease, so that two people are never shown the same video at once."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.base import ApiView
from library.api.bulk_edits import as_stored, check_new_names
from library.api.triage import shapes
from library.api.triage.screens import screens_of, tiles_for_grid
from library.facets import has_words
from library.filters import Ask
from library.filters.words import text_query
from library.models import ChangeBatch, TriageAnswer, TriageProgress
from library.queries.triage import (
    COUNTED_AT_MOST,
    answers_of,
    last_coverage_is_old,
    load_pace,
    states_of,
)
from library.services.triage.answering import answer_many, give_answer, undo_last
from library.services.triage.coverage import record_coverage
from library.services.triage.grouping import group_videos
from library.services.triage.leases import not_with_others, take_leases
from library.services.triage.pace import seconds_each
from library.services.triage.queues import Queue, TriageError, find_queue, queues_for, videos_in
from library.services.triage.serving import (
    forget_progress,
    is_stale,
    next_videos,
    open_queue,
    reset_queue,
    unseen,
)

CURATE = ("library.triage_video",)
_FOUND_AT_MOST = 20


class TriageView(ApiView):
    """For whoever may organise videos; what else a step needs is asked with the step."""

    required_permissions = CURATE

    def queue(self, key: str) -> Queue:
        try:
            return find_queue(key, self.account)
        except TriageError as error:
            raise NotFound(str(error)) from None

    def screen(self, video_id: int) -> dict[str, Any] | None:
        """The video as it is now; None where it is gone or isn't shown any more."""
        return next(iter(screens_of(self.request, [video_id])), None)


def told_progress(progress: TriageProgress) -> dict[str, Any]:
    """Where somebody is, with how long the rest takes."""
    left = max(0, progress.total - progress.processed)
    each = seconds_each(progress)
    return {
        "processed": progress.processed,
        "total": max(progress.total, progress.processed),
        "is_total_exact": progress.is_total_exact,
        "seconds_each": each,
        "seconds_left": each * left if each is not None else None,
        "is_stale": is_stale(progress),
        "started_at": progress.started_at,
        "active_at": progress.active_at,
    }


class TriageQueues(TriageView):
    @extend_schema(responses=shapes.TriageQueueSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The queues, how much each holds, and where you are in them. The counts are up to a minute old."""
        states = states_of(self.account, queues_for(self.account))
        return Response(shapes.TriageQueueSerializer([_told(state) for state in states], many=True).data)


def _told(state: Any) -> dict[str, Any]:
    return {
        "key": state.queue.key,
        "label": state.queue.label,
        "hint": state.queue.hint,
        "count": min(state.count, COUNTED_AT_MOST),
        "is_exact": state.count <= COUNTED_AT_MOST,
        "page": reverse("triage_queue", args=(state.queue.key,)),
        "progress": told_progress(state.progress) if state.progress else None,
    }


class TriageNext(TriageView):
    @extend_schema(request=shapes.NextRequestSerializer, responses=shapes.TriageNextSerializer)
    def post(self, request: Request, queue: str) -> Response:
        """The next videos for you; nobody else is shown them for some minutes. With `count` 0, what you hold is only
        kept."""
        found = self.queue(queue)
        asked = self.body(shapes.NextRequestSerializer)
        progress = open_queue(user=self.account, queue=found)
        ids = next_videos(
            user=self.account, queue=found, count=asked["count"], held=asked["held"], beyond=progress.position
        )
        body = {
            "screens": screens_of(request, ids),
            "is_end": len(ids) < asked["count"],
            "progress": told_progress(progress),
        }
        return Response(shapes.TriageNextSerializer(body).data)


class TriageOpen(TriageView):
    @extend_schema(request=shapes.OpenRequestSerializer, responses=shapes.ScreenSerializer)
    def post(self, request: Request, queue: str) -> Response:
        """A video that was looked up, as it is in the queue's pages."""
        found = self.queue(queue)
        video_id = self.body(shapes.OpenRequestSerializer)["video"]
        take_leases(user=self.account, queue=found.key, video_ids=[video_id])
        screen = self.screen(video_id)
        if screen is None:
            raise NotFound("That video is gone, or lies in the trash.")
        return Response(shapes.ScreenSerializer(screen).data)


class TriageAnswers(TriageView):
    @extend_schema(request=shapes.AnswerRequestSerializer, responses=shapes.TriageAnsweredSerializer)
    def post(self, request: Request, queue: str) -> Response:
        """An answer about a video, as one change, and the next ones. Sent twice with one `key` it counts once."""
        found = self.queue(queue)
        asked = self.body(shapes.AnswerRequestSerializer)
        operation = as_stored(asked.get("operation") or {})
        check_new_names(request, operation)
        given = give_answer(
            user=self.account,
            queue=found,
            video_id=asked["video"],
            operation=operation,
            key=asked["key"],
            is_last=asked["is_last"],
            is_skipped=asked["is_skipped"],
            is_aside=asked["is_aside"],
            keys=asked["keys"],
            seconds=asked["seconds"],
        )
        self.tell_batch(given.batch)
        ids: list[int] = []
        if asked["next"]:
            ids = next_videos(
                user=self.account,
                queue=found,
                count=asked["next"],
                held=asked["held"],
                beyond=given.progress.position,
            )
        stays = [] if asked["is_last"] else [asked["video"]]
        screens = screens_of(request, [*stays, *ids])
        body = {
            "detail": given.answer.summary,
            "batch": given.batch.pk if given.batch else None,
            "video": next((one for one in screens if one["id"] in stays), None),
            "screens": [one for one in screens if one["id"] not in stays],
            "is_end": len(ids) < asked["next"],
            "progress": told_progress(given.progress),
        }
        return Response(shapes.TriageAnsweredSerializer(body).data)


class TriageUndo(TriageView):
    @extend_schema(request=shapes.UndoRequestSerializer, responses=shapes.TakenBackSerializer)
    def post(self, request: Request, queue: str) -> Response:
        """Takes your last answer in the queue back, or the one that is named: what it changed, and the step on."""
        found = self.queue(queue)
        asked = self.body(shapes.UndoRequestSerializer)
        done = undo_last(user=self.account, queue=found, answer_id=asked.get("answer"), key=asked.get("key"))
        self.tell_batch(done.report.batch if done.report else None)
        video_id = done.answer.video_id
        if video_id is not None:
            take_leases(user=self.account, queue=found.key, video_ids=[video_id])
        body = {
            "detail": f"Took back: {done.answer.summary}",
            "conflicts": done.report.conflicts if done.report else [],
            "video": self.screen(video_id) if video_id is not None else None,
            "progress": told_progress(done.progress),
        }
        return Response(shapes.TakenBackSerializer(body).data)


class TriageReset(TriageView):
    @extend_schema(request=shapes.ResetRequestSerializer, responses=shapes.TriageProgressSerializer)
    def post(self, request: Request, queue: str) -> Response:
        """Begins the queue again, with what was skipped. Nothing that was answered is lost."""
        found = self.queue(queue)
        is_forgotten = self.body(shapes.ResetRequestSerializer)["is_forgotten"]
        progress = reset_queue(user=self.account, queue=found)
        if is_forgotten:
            forget_progress(user=self.account, queue=found)
        return Response(shapes.TriageProgressSerializer(told_progress(progress)).data)


class TriageGrid(TriageView):
    @extend_schema(request=shapes.GridRequestSerializer, responses=shapes.TriageGridSerializer)
    def post(self, request: Request, queue: str) -> Response:
        """Many videos of the queue at once, in groups; nobody else is shown them for some minutes."""
        found = self.queue(queue)
        asked = self.body(shapes.GridRequestSerializer)
        rows = unseen(not_with_others(videos_in(found, self.account), self.account), found, self.account)
        if text_query(asked.get("q", "")):
            rows = rows.filter(has_words(Ask("has", asked["q"].replace("\0", ""), self.account)))
        ids = list(rows.filter(pk__gt=asked["after"]).order_by("pk").values_list("pk", flat=True)[: asked["limit"]])
        mine = take_leases(user=self.account, queue=found.key, video_ids=ids)
        tiles = tiles_for_grid(request, mine)
        shown = [tile["id"] for tile in tiles]
        body = {
            "videos": tiles,
            "groups": group_videos(shown, asked["group"]),
            "after": ids[-1] if len(ids) == asked["limit"] else None,
        }
        return Response(shapes.TriageGridSerializer(body).data)


class TriageMany(TriageView):
    @extend_schema(request=shapes.ManyRequestSerializer, responses=shapes.ManyAnsweredSerializer)
    def post(self, request: Request, queue: str) -> Response:
        """The same answer for many videos, as one change; more than 500 are done by a job."""
        found = self.queue(queue)
        asked = self.body(shapes.ManyRequestSerializer)
        operation = as_stored(asked["operation"])
        check_new_names(request, operation)
        answer = answer_many(
            user=self.account,
            queue=found,
            video_ids=asked["videos"],
            operation=operation,
            key=asked["key"],
            keys=asked["keys"],
            seconds=asked["seconds"],
        )
        batch = _batch_of(answer)
        self.tell_batch(batch)
        is_waiting = answer.edit is not None and answer.edit.applied_at is None
        body = {
            "detail": answer.summary,
            "count": answer.video_count,
            "batch": batch.pk if batch else None,
            "edit": answer.edit_id if is_waiting else None,
        }
        return Response(shapes.ManyAnsweredSerializer(body).data)


class TriageSearch(TriageView):
    @extend_schema(parameters=[OpenApiParameter("q", str)], responses=shapes.TriageFoundSerializer(many=True))
    def get(self, request: Request, queue: str) -> Response:
        """Videos of the queue that have the words, the first 20."""
        found = self.queue(queue)
        text = (self.query(shapes.SearchRequestSerializer).get("q") or "").replace("\0", "")
        if not text_query(text):
            return Response([])
        rows = videos_in(found, self.account).filter(has_words(Ask("has", text, self.account))).order_by("pk")
        return Response(shapes.TriageFoundSerializer(rows.only("pk", "title")[:_FOUND_AT_MOST], many=True).data)


class TriageHistory(TriageView):
    @extend_schema(
        parameters=[OpenApiParameter("queue", str, description="Of this queue only.")],
        responses=shapes.TriageAnswerSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Your last answers, the latest first."""
        key = request.query_params.get("queue", "")
        rows = answers_of(self.account, self.queue(key) if key else None)
        for row in rows:
            batch = _batch_of(row)
            is_undone = hasattr(row, "undone_by") or (batch is not None and batch.undone_at is not None)
            row.can_undo = not is_undone and (row.edit is None or row.edit.applied_at is not None)  # type: ignore[attr-defined]
        return Response(shapes.TriageAnswerSerializer(rows, many=True).data)


class TriagePace(TriageView):
    @extend_schema(
        parameters=[OpenApiParameter("mine", bool, description="Only your own.")], responses=shapes.TriagePaceSerializer
    )
    def get(self, request: Request) -> Response:
        """How fast it goes: videos an hour, keys a video, what is left and how long it takes, coverage day by day."""
        if last_coverage_is_old():
            record_coverage()
        is_mine = request.query_params.get("mine", "").lower() in ("1", "true")
        return Response(shapes.TriagePaceSerializer(load_pace(self.account if is_mine else None)).data)


def _batch_of(answer: TriageAnswer) -> ChangeBatch | None:
    return answer.batch or (answer.edit.batch if answer.edit is not None else None)
