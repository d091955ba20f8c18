"""What machines propose about videos, and what people answered. Providers of other apps write it through services."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from library.models.base import TimeStamped
from library.models.names import is_json
from library.models.tracking import tracked
from library.models.video import Video


class SuggestedKind(models.TextChoices):
    """What is proposed for a video: a thing to be put on it, or the value of one of its fields (VALUE_KINDS).

    A thing's row is named by its id alone, since people and studios are models of an app above; whoever deletes or
    merges such rows sees to the suggestions. A value is named by a number made of it.
    """

    CREATOR = "creator", "Person"
    STUDIO = "studio", "Studio"
    TAG = "tag", "Tag"
    TITLE = "title", "Title"
    RELEASED = "released", "Release date"
    RECORDED = "recorded", "Date of recording"


THING_KINDS = (SuggestedKind.CREATOR, SuggestedKind.STUDIO, SuggestedKind.TAG)
VALUE_KINDS = (SuggestedKind.TITLE, SuggestedKind.RELEASED, SuggestedKind.RECORDED)


class SuggestionState(models.TextChoices):
    OPEN = "open", "Waiting"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"


class SuggestionQuerySet(models.QuerySet["Suggestion"]):
    def open(self) -> "SuggestionQuerySet":
        """Those that nobody has answered."""
        return self.filter(state=SuggestionState.OPEN)


@tracked(only_in_batches=True)
class Suggestion(TimeStamped):
    """A provider proposes something for a video, with how sure it is (0 to 1) and why (`evidence`).

    `value` is what a field is to hold, as text; empty for things, which `object_id` names. `subject` names what in the
    video it is about ("track:12"), empty for the whole of it. Answered ones stay, for the provider's precision.
    """

    provider = models.SlugField(max_length=50, db_index=False)
    video = models.ForeignKey(Video, on_delete=models.CASCADE, db_index=False, related_name="suggestions")
    kind = models.CharField(max_length=10, choices=SuggestedKind.choices)
    object_id = models.BigIntegerField()
    value = models.CharField(max_length=500, blank=True, db_default="")
    subject = models.CharField(max_length=60, blank=True)
    confidence = models.FloatField()
    evidence = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=SuggestionState.choices, default=SuggestionState.OPEN)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = SuggestionQuerySet.as_manager()

    class Meta(TimeStamped.Meta):
        indexes = [
            # The inbox: what is open, the surest first.
            models.Index(fields=["-confidence", "id"], condition=Q(state="open"), name="library_suggestion_inbox"),
            # The inbox of one provider, person, studio or tag.
            models.Index(
                fields=["provider", "kind", "object_id", "-confidence"],
                condition=Q(state="open"),
                name="library_suggestion_about",
            ),
            # What is proposed for a video.
            models.Index(fields=["video", "state"], name="library_suggestion_of_video"),
            # A provider's precision, over all or for one object.
            models.Index(
                fields=["provider", "kind", "object_id", "state"],
                condition=~Q(state="open"),
                name="library_suggestion_answered",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["video", "kind", "object_id", "provider", "subject"], name="%(app_label)s_%(class)s_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=SuggestedKind.values), name="%(app_label)s_%(class)s_kind"),
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="%(app_label)s_%(class)s_confidence"
            ),
            models.CheckConstraint(
                condition=Q(state="open", answered_at=None) | (~Q(state="open") & ~Q(answered_at=None)),
                name="%(app_label)s_%(class)s_answered",
            ),
            models.CheckConstraint(condition=Q(state__in=SuggestionState.values), name="%(app_label)s_%(class)s_state"),
            models.CheckConstraint(
                condition=(Q(kind__in=VALUE_KINDS) & ~Q(value="")) | (~Q(kind__in=VALUE_KINDS) & Q(value="")),
                name="%(app_label)s_%(class)s_value",
            ),
            is_json("evidence", "object"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} for {self.video_id}"


@tracked()
class Rejection(TimeStamped):
    """Somebody said that it isn't so: it is never proposed again, by whichever run or version of the provider.

    `provider` empty counts for all of them; `subject` empty for the whole video.
    """

    video = models.ForeignKey(Video, on_delete=models.CASCADE, db_index=False, related_name="rejections")
    kind = models.CharField(max_length=10, choices=SuggestedKind.choices)
    object_id = models.BigIntegerField()
    provider = models.SlugField(max_length=50, blank=True, db_index=False)
    subject = models.CharField(max_length=60, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(TimeStamped.Meta):
        indexes = [
            # What of an object was rejected, before it is proposed again.
            models.Index(fields=["kind", "object_id", "video"], name="library_rejection_of"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["video", "kind", "object_id", "provider", "subject"], name="%(app_label)s_%(class)s_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=SuggestedKind.values), name="%(app_label)s_%(class)s_kind"),
        ]

    def __str__(self) -> str:
        return f"not {self.kind} {self.object_id} in {self.video_id}"
