"""Pairs of videos that seem to show the same, and what people say about them."""

from http import HTTPStatus
from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.answers import DoneSerializer, done
from library.api.base import ApiView
from library.api.pages import paged
from library.api.rows import find_row
from library.api.video_fields import FileSerializer
from library.models import DuplicatePair, Video, VideoFile
from library.models.duplicate import DuplicateKind, DuplicateVerdict
from library.services.duplicates.best import Facts
from library.services.duplicates.plan import MOST_GROUPS_AT_ONCE, Plan, apply_best, facts_of, plan_best
from library.services.duplicates.verdicts import answer_pairs, forget_answers, trash_clip
from library.services.merging import merge_videos
from processing.services.submit import MANUAL, submit_jobs

VIEW = ("library.view_duplicatepair",)
DECIDE = ("library.view_duplicatepair", "library.change_duplicatepair", "library.trash_video")
_SHOWN = 100


class PairSideSerializer(serializers.Serializer[Any]):
    """One of the two videos, with its primary file."""

    id = serializers.IntegerField(source="pk")
    title = serializers.CharField()
    size_bytes = serializers.IntegerField(allow_null=True)
    duration_seconds = serializers.FloatField(allow_null=True)
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    video_codec = serializers.CharField()
    is_missing = serializers.SerializerMethodField()
    cover = serializers.SerializerMethodField()

    def get_is_missing(self, video: Any) -> bool:
        return video.missing_since is not None

    def get_cover(self, video: Any) -> str | None:
        still = getattr(video.primary_files[0], "thumbnail", None) if video.primary_files else None
        return video.cover.url if video.cover else still.small.url if still else None


class PairSerializer(serializers.Serializer[Any]):
    """Two videos that seem to show the same. `confidence` is 0 to 1; of contained ones the ranges say which seconds of
    one are which of the other."""

    id = serializers.IntegerField(source="pk")
    first = PairSideSerializer()
    second = PairSideSerializer()
    kind = serializers.ChoiceField(DuplicateKind.choices)
    verdict = serializers.ChoiceField(DuplicateVerdict.choices)
    confidence = serializers.FloatField()
    distance = serializers.FloatField(allow_null=True)
    wasted_bytes = serializers.IntegerField()
    first_from_seconds = serializers.FloatField(allow_null=True)
    first_to_seconds = serializers.FloatField(allow_null=True)
    second_from_seconds = serializers.FloatField(allow_null=True)
    second_to_seconds = serializers.FloatField(allow_null=True)
    decided_by = serializers.CharField(source="decided_by.username", default=None, allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)


class PairFilterSerializer(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(DuplicateVerdict.choices, default=DuplicateVerdict.OPEN)
    kind = serializers.ChoiceField(DuplicateKind.choices, required=False)


def pairs() -> QuerySet[DuplicatePair]:
    """Pairs of videos in the library, with what their serializer reads."""
    primary = VideoFile.objects.filter(is_primary=True).select_related("thumbnail")
    primary = primary.defer("streams", "chapters", "notes", "embedded_title", "content_hash", "error")
    rows = DuplicatePair.objects.filter(first__trashed_at=None, second__trashed_at=None)
    return rows.select_related("first", "second", "decided_by").prefetch_related(
        Prefetch("first__files", primary, to_attr="primary_files"),
        Prefetch("second__files", primary, to_attr="primary_files"),  # type: ignore[no-redef]
    )


class Duplicates(ApiView):
    required_permissions = VIEW
    ordering = ("-confidence", "-pk")

    @extend_schema(parameters=[PairFilterSerializer], responses=paged(PairSerializer))
    def get(self, request: Request) -> Response:
        """Pairs, the surest first: by themselves those that nobody has answered yet."""
        return self.page(pairs().filter(**self.query(PairFilterSerializer)), PairSerializer)


class FactsSerializer(serializers.Serializer[Any]):
    """A video as the rules for the best see it. `links` is how much is known about it."""

    video = serializers.IntegerField(source="video_id")
    title = serializers.CharField()
    pixels = serializers.IntegerField()
    is_hdr = serializers.BooleanField()
    bit_rate = serializers.IntegerField(allow_null=True)
    video_codec = serializers.CharField()
    audio_codec = serializers.CharField()
    frame_rate = serializers.FloatField(allow_null=True)
    duration_seconds = serializers.FloatField(allow_null=True)
    size_bytes = serializers.IntegerField()
    folder = serializers.IntegerField(source="folder_id", allow_null=True)
    added_at = serializers.DateTimeField()
    links = serializers.IntegerField()
    is_present = serializers.BooleanField()


class PairDetailSerializer(PairSerializer):
    """A pair with the facts and files of both videos side by side."""

    facts = FactsSerializer(many=True, help_text="Of the first and the second video.")
    files = FileSerializer(many=True, help_text="Of both videos.")


def _pair(pair_id: int) -> DuplicatePair:
    row: DuplicatePair = find_row(pairs(), pair_id, noun="pair")
    return row


class DuplicateDetail(ApiView):
    required_permissions = VIEW

    @extend_schema(responses=PairDetailSerializer)
    def get(self, request: Request, pair_id: int) -> Response:
        """A pair, compared: what is known about both videos and their files."""
        pair = _pair(pair_id)
        ids = [pair.first_id, pair.second_id]
        facts: dict[int, Facts] = facts_of(ids)
        files = VideoFile.objects.filter(video__in=ids).select_related("folder").order_by("video", "-is_primary", "pk")
        pair.facts = [facts[one] for one in ids if one in facts]  # type: ignore[attr-defined]
        pair.files = list(files[:100])  # type: ignore[attr-defined]
        context = {"may_see_places": self.account.has_perm("library.view_videofile")}
        return Response(PairDetailSerializer(pair, context=context).data)


class VerdictSerializer(serializers.Serializer[Any]):
    """rejected: no duplicates. kept: keep both. linked: a clip of the other. open: forget the answer."""

    ids = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=1000)
    verdict = serializers.ChoiceField(DuplicateVerdict.choices)


class DuplicatesAnswer(ApiView):
    required_permissions = {"POST": DECIDE}

    @extend_schema(request=VerdictSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Answers pairs: no search opens them again. `open` forgets the answers."""
        values = self.body(VerdictSerializer)
        verdict = DuplicateVerdict(values["verdict"])
        with self.changing() as batch:
            if verdict == DuplicateVerdict.OPEN:
                count = forget_answers(pair_ids=values["ids"], user=self.account)
            else:
                count = answer_pairs(pair_ids=values["ids"], verdict=verdict, user=self.account)
        return Response(done(count, batch.summary if count else "None of these pairs could be answered so.", batch))


class PairMergeSerializer(serializers.Serializer[Any]):
    """`keep` is the id of the video that stays. Files of the other become alternates, or go to the trash."""

    keep = serializers.IntegerField()
    other_files = serializers.ChoiceField(["alternate", "trash"], default="alternate")


class DuplicateMerge(ApiView):
    required_permissions = {"POST": DECIDE}

    @extend_schema(request=PairMergeSerializer, responses=DoneSerializer)
    def post(self, request: Request, pair_id: int) -> Response:
        """Merges the two videos of a pair into one, with everything that hangs on them."""
        pair = _pair(pair_id)
        values = self.body(PairMergeSerializer)
        both = {pair.first_id: pair.first, pair.second_id: pair.second}
        if values["keep"] not in both:
            raise serializers.ValidationError({"keep": ["Give the id of one of the two videos."]})
        keep = both.pop(values["keep"])
        return Response(_merge(self, keep, list(both.values()), values["other_files"]))


class VideoMergeSerializer(serializers.Serializer[Any]):
    """Videos that are merged into this one."""

    ids = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=50)
    other_files = serializers.ChoiceField(["alternate", "trash"], default="alternate")


class VideoMerge(ApiView):
    required_permissions = {"POST": ("library.view_video", "library.change_video", "library.trash_video")}

    @extend_schema(request=VideoMergeSerializer, responses=DoneSerializer)
    def post(self, request: Request, video_id: int) -> Response:
        """Merges videos into this one, with everything that hangs on them."""
        rows = Video.objects.in_library()
        keep = find_row(rows, video_id, noun="video")
        values = self.body(VideoMergeSerializer)
        others = [find_row(rows, one, noun="video") for one in dict.fromkeys(values["ids"])]
        return Response(_merge(self, keep, others, values["other_files"]))


def _merge(view: ApiView, keep: Video, others: list[Video], other_files: Any) -> Any:
    with view.changing() as batch:
        merge_videos(keep=keep, others=others, user=view.account, other_files=other_files)
    return done(len(others), batch.summary, batch)


class DuplicateTrashClip(ApiView):
    required_permissions = {"POST": DECIDE}

    @extend_schema(request=None, responses=DoneSerializer)
    def post(self, request: Request, pair_id: int) -> Response:
        """Puts the shorter video of a contained pair into the trash."""
        pair = _pair(pair_id)
        with self.changing() as batch:
            trash_clip(pair_id=pair.pk, user=self.account)
        return Response(done(1, batch.summary, batch))


class BestGroupSerializer(serializers.Serializer[Any]):
    """Videos that are duplicates of each other: which one stays and why. `conflict` says why nothing is done."""

    keep = FactsSerializer()
    others = FactsSerializer(many=True)
    reason = serializers.CharField()
    conflict = serializers.CharField()
    freed_bytes = serializers.IntegerField()


class BestPlanSerializer(serializers.Serializer[Any]):
    """What the rules would do to the open pairs; the first hundred groups of each kind."""

    groups = serializers.IntegerField()
    merged = serializers.IntegerField()
    freed_bytes = serializers.IntegerField()
    contained = serializers.IntegerField(help_text="Pairs that the rules leave alone.")
    is_cut = serializers.BooleanField()
    clear = BestGroupSerializer(many=True)
    conflicts = BestGroupSerializer(many=True)


class BestRequestSerializer(serializers.Serializer[Any]):
    """Which open pairs (all without `ids`), and what becomes of the other files."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=10_000, required=False
    )
    other_files = serializers.ChoiceField(["alternate", "trash"], default="trash")


class DuplicatesBest(ApiView):
    """Keeping the best of duplicates by the owner's rules (/settings/library/ `keep_rules`)."""

    required_permissions = {"GET": VIEW, "POST": DECIDE}

    @extend_schema(responses=BestPlanSerializer)
    def get(self, request: Request) -> Response:
        """What the rules would do to all open pairs; changes nothing."""
        return Response(_planned(plan_best()))

    @extend_schema(request=BestRequestSerializer, responses={200: DoneSerializer, 202: DoneSerializer})
    def post(self, request: Request) -> Response:
        """Does it: at once, or by a job when there are more than fifty groups (202)."""
        values = self.body(BestRequestSerializer)
        ids, files = values.get("ids"), values["other_files"]
        groups = len(plan_best(pair_ids=ids).clear)
        if groups > MOST_GROUPS_AT_ONCE:
            params = {"pair_ids": ids, "other_files": files}
            user_id = self.account.pk
            submit_jobs(
                stage="keep-best", target_ids=[user_id], params=params, priority=MANUAL, requested_by_id=user_id
            )
            return Response(done(groups, "A job is at it; the history takes it back."), status=HTTPStatus.ACCEPTED)
        with self.changing() as batch:
            result = apply_best(pair_ids=ids, user=self.account, other_files=files)
        return Response(done(result.merged, f"Kept {result.kept:,} and merged {result.merged:,} into them.", batch))


def _planned(plan: Plan) -> Any:
    body = {
        "groups": len(plan.clear),
        "merged": plan.merged,
        "freed_bytes": plan.freed_bytes,
        "contained": plan.contained,
        "is_cut": plan.is_cut,
        "clear": plan.clear[:_SHOWN],
        "conflicts": plan.conflicts[:_SHOWN],
    }
    return BestPlanSerializer(body).data
