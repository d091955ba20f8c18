"""What triage is asked and what it answers."""

from typing import Any

from rest_framework import serializers

from library.api.bulk_edits import OperationSerializer
from library.models.suggestion import SuggestedKind
from library.models.triage import AnswerKind

MOST_IN_GRID = 200
MOST_AT_ONCE = 2_000
_MOST_HELD = 200


def _video_id(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=2**63 - 1, **options)


class SuggestionsStepSerializer(serializers.Serializer[Any]):
    """Suggestions by their ids; `accept_sure` accepts what is sure about each of the videos."""

    accept = serializers.ListField(child=_video_id(), max_length=1000, default=list)
    reject = serializers.ListField(child=_video_id(), max_length=1000, default=list)
    accept_sure = serializers.BooleanField(default=False)


class TriageOperationSerializer(OperationSerializer):
    """What is done to the video, or to each of many."""

    suggestions = SuggestionsStepSerializer(required=False)


class NextRequestSerializer(serializers.Serializer[Any]):
    """`held` are videos that the page has already: nobody else is shown them for the next minutes."""

    count = serializers.IntegerField(min_value=0, max_value=10, default=1)
    held = serializers.ListField(child=_video_id(), max_length=_MOST_HELD, default=list)


class AnswerRequestSerializer(serializers.Serializer[Any]):
    """`key` is made by whoever asks: what is sent twice with it is done once. `is_last` leaves the video behind.

    `next` is how many more videos the answer is to bring, beside those that are `held`.
    """

    video = _video_id()
    key = serializers.UUIDField()
    operation = TriageOperationSerializer(required=False)
    is_last = serializers.BooleanField(default=False)
    is_skipped = serializers.BooleanField(default=False)
    is_aside = serializers.BooleanField(
        default=False, help_text="The video was looked up: the place in the queue stays where it is."
    )
    keys = serializers.IntegerField(min_value=0, max_value=1000, default=1, help_text="Pressed since the last answer.")
    seconds = serializers.FloatField(min_value=0, max_value=86400, default=0)
    held = serializers.ListField(child=_video_id(), max_length=_MOST_HELD, default=list)
    next = serializers.IntegerField(min_value=0, max_value=10, default=0)


class UndoRequestSerializer(serializers.Serializer[Any]):
    """The last answer, or the one of that id."""

    answer = _video_id(required=False)
    key = serializers.UUIDField(required=False)


class OpenRequestSerializer(serializers.Serializer[Any]):
    """A video that was looked up."""

    video = _video_id()


class ResetRequestSerializer(serializers.Serializer[Any]):
    """With `is_forgotten` the place is forgotten as well, as if the queue had never been begun."""

    is_forgotten = serializers.BooleanField(default=False)


class GridRequestSerializer(serializers.Serializer[Any]):
    """`after` is the id of the last video that the grid has; 0 for the first page."""

    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_IN_GRID, default=120)
    group = serializers.ChoiceField(["none", "folder", "similar", "person"], default="none")
    q = serializers.CharField(required=False, allow_blank=True, max_length=500)


class ManyRequestSerializer(serializers.Serializer[Any]):
    """The same edit for many videos, as one change."""

    videos = serializers.ListField(child=_video_id(), max_length=MOST_AT_ONCE, allow_empty=False)
    key = serializers.UUIDField()
    operation = TriageOperationSerializer()
    keys = serializers.IntegerField(min_value=0, max_value=1000, default=1)
    seconds = serializers.FloatField(min_value=0, max_value=86400, default=0)


class SearchRequestSerializer(serializers.Serializer[Any]):
    q = serializers.CharField(required=False, allow_blank=True, max_length=500)


# ---- answers --------------------------------------------------------------------------------------------------------
class TriageProgressSerializer(serializers.Serializer[Any]):
    """Where you are in a queue. `total` is what there was when you began; counting stops at 10,000."""

    processed = serializers.IntegerField()
    total = serializers.IntegerField()
    is_total_exact = serializers.BooleanField()
    seconds_each = serializers.FloatField(allow_null=True, help_text="Of your last answers; null: nobody knows yet.")
    seconds_left = serializers.FloatField(allow_null=True)
    is_stale = serializers.BooleanField(help_text="Nobody has gone on with it for a week.")
    started_at = serializers.DateTimeField()
    active_at = serializers.DateTimeField()


class TriageQueueSerializer(serializers.Serializer[Any]):
    """A queue. `count` is how many videos it holds, at most 1,000 are counted; `progress` is null before the start."""

    key = serializers.CharField()
    label = serializers.CharField()
    hint = serializers.CharField()
    count = serializers.IntegerField()
    is_exact = serializers.BooleanField()
    page = serializers.CharField()
    progress = TriageProgressSerializer(allow_null=True)


class TriageRefSerializer(serializers.Serializer[Any]):
    """A person or studio by public id, a tag by its number."""

    id = serializers.CharField()
    name = serializers.CharField()


class TriageChipSerializer(serializers.Serializer[Any]):
    """Something suggested, with why and how sure (0 to 1). Sure ones are accepted by one key."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(SuggestedKind.choices)
    label = serializers.CharField()
    confidence = serializers.FloatField()
    is_sure = serializers.BooleanField()
    reason = serializers.CharField()
    picture = serializers.CharField(help_text="Of the face it is recognised by, else empty.")


class TriageFaceSerializer(serializers.Serializer[Any]):
    """Somebody who is seen in the video; without a name, nobody knows who it is. `at` is where they appear first."""

    track = serializers.IntegerField()
    name = serializers.CharField()
    picture = serializers.CharField()
    at = serializers.FloatField()
    appearances = serializers.IntegerField()


class SpriteSerializer(serializers.Serializer[Any]):
    """Pictures of the whole video in one: `count` tiles in rows of `columns`, `interval` seconds apart."""

    sprite = serializers.CharField()
    columns = serializers.IntegerField()
    rows = serializers.IntegerField()
    count = serializers.IntegerField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    interval = serializers.FloatField()


class TriageTileSerializer(serializers.Serializer[Any]):
    """A video in a grid. `path` is the folder's name and the steps to the file; only the name for who may not see
    files. `problem` says why it can't be looked at, else empty."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    path = serializers.ListField(child=serializers.CharField())
    facts = serializers.ListField(child=serializers.CharField())
    duration_seconds = serializers.FloatField(allow_null=True)
    problem = serializers.CharField()
    poster = serializers.CharField()
    still = serializers.CharField()
    people = TriageRefSerializer(many=True)
    studios = TriageRefSerializer(many=True)
    tags = TriageRefSerializer(many=True)
    stars = serializers.FloatField(allow_null=True)
    is_favorite = serializers.BooleanField()
    is_trashed = serializers.BooleanField()
    page = serializers.CharField()
    suggestions = TriageChipSerializer(many=True)


class ScreenSerializer(TriageTileSerializer):
    """A video with everything that answers are made from. `start_at` is where it tells most, in seconds."""

    stream = serializers.CharField(help_text="The bytes of its file; empty where it is missing.")
    is_sure = serializers.BooleanField(help_text="Every browser plays it as it is.")
    start_at = serializers.FloatField()
    storyboard = SpriteSerializer(allow_null=True)
    faces = TriageFaceSerializer(many=True)
    admin_page = serializers.CharField()


class TriageNextSerializer(serializers.Serializer[Any]):
    """Fewer screens than asked for mean that the queue has come to its end."""

    screens = ScreenSerializer(many=True)
    is_end = serializers.BooleanField()
    progress = TriageProgressSerializer()


class TriageAnsweredSerializer(TriageNextSerializer):
    """What an answer did, and what comes next. `batch` undoes it (null: nothing was changed); `video` as it is now,
    where it was not left behind."""

    detail = serializers.CharField()
    batch = serializers.UUIDField(allow_null=True)
    video = ScreenSerializer(allow_null=True)


class TakenBackSerializer(serializers.Serializer[Any]):
    """What was taken back; `video` is what it was about (null: many, or it is gone)."""

    detail = serializers.CharField()
    conflicts = serializers.ListField(child=serializers.CharField())
    video = ScreenSerializer(allow_null=True)
    progress = TriageProgressSerializer()


class TriageGroupSerializer(serializers.Serializer[Any]):
    """Videos that belong together, by their ids."""

    label = serializers.CharField()
    videos = serializers.ListField(child=serializers.IntegerField())


class TriageGridSerializer(serializers.Serializer[Any]):
    """A page of a queue. `after` is for the next page; null on the last."""

    videos = TriageTileSerializer(many=True)
    groups = TriageGroupSerializer(many=True)
    after = serializers.IntegerField(allow_null=True)


class ManyAnsweredSerializer(serializers.Serializer[Any]):
    """What was done; `edit` names the edit that a job still makes (see /bulk-edits/), null where all is done."""

    detail = serializers.CharField()
    count = serializers.IntegerField()
    batch = serializers.UUIDField(allow_null=True)
    edit = serializers.IntegerField(allow_null=True)


class TriageFoundSerializer(serializers.Serializer[Any]):
    """A video of the queue that was looked for."""

    id = serializers.IntegerField()
    title = serializers.CharField()


class TriageAnswerSerializer(serializers.Serializer[Any]):
    """An answer of yours. `can_undo` is false for what was taken back already."""

    id = serializers.IntegerField(source="pk")
    queue = serializers.CharField()
    video = serializers.IntegerField(source="video_id", allow_null=True)
    kind = serializers.ChoiceField(AnswerKind.choices)
    summary = serializers.CharField()
    created_at = serializers.DateTimeField()
    can_undo = serializers.BooleanField()


class TriageStepSerializer(serializers.Serializer[Any]):
    """What was done in an hour or a day."""

    at = serializers.DateTimeField()
    videos = serializers.IntegerField()
    keys = serializers.IntegerField()
    seconds = serializers.FloatField()


class PacePersonSerializer(serializers.Serializer[Any]):
    """What somebody did in the last 30 days."""

    user = serializers.CharField()
    videos = serializers.IntegerField()
    keys = serializers.IntegerField()
    seconds = serializers.FloatField()
    keys_each = serializers.FloatField(allow_null=True)
    per_hour = serializers.FloatField(allow_null=True)


class LeftSerializer(serializers.Serializer[Any]):
    """What a queue still holds, and how long that takes at this pace."""

    key = serializers.CharField()
    label = serializers.CharField()
    left = serializers.IntegerField()
    seconds = serializers.FloatField(allow_null=True)


class CoveredSerializer(serializers.Serializer[Any]):
    """How much of the library was organised on a day: shares by queue, 0 to 1."""

    day = serializers.DateField()
    videos = serializers.IntegerField()
    shares = serializers.DictField(child=serializers.FloatField())


class TriagePaceSerializer(serializers.Serializer[Any]):
    """How fast it goes. Null: nobody knows yet."""

    videos = serializers.IntegerField()
    keys_each = serializers.FloatField(allow_null=True)
    seconds_each = serializers.FloatField(allow_null=True)
    per_hour = serializers.FloatField(allow_null=True)
    days = TriageStepSerializer(many=True)
    hours = TriageStepSerializer(many=True)
    people = PacePersonSerializer(many=True)
    left = LeftSerializer(many=True)
    coverage = CoveredSerializer(many=True)
