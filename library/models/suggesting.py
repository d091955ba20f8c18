"""What the machine keeps to propose things without looking at everything again, and what people don't want to see."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from library.models.base import TimeStamped
from library.models.names import is_json
from library.models.suggestion import THING_KINDS, SuggestedKind
from library.models.tracking import tracked
from library.models.video import Video


class SuggestionInput(TimeStamped):
    """What the proposals for a video were last made of. `key` is a digest of all of it: while it is the same, there is
    nothing to do. `facts` are the names that its sidecar and its file hold, read at `read_at` by a worker."""

    video = models.OneToOneField(Video, on_delete=models.CASCADE, primary_key=True, related_name="suggestion_input")
    key = models.CharField(max_length=32, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    facts_key = models.CharField(max_length=32, blank=True, help_text="Of the file that the facts were read from.")
    read_at = models.DateTimeField(null=True)

    class Meta(TimeStamped.Meta):
        constraints = [is_json("facts", "object")]

    def __str__(self) -> str:
        return f"input of video {self.video_id}"


@tracked()
class DeclinedEvidence(TimeStamped):
    """Somebody said no to a whole batch, or to a rule that was learned: it isn't offered again. `key` names it."""

    key = models.CharField(max_length=64)
    kind = models.CharField(max_length=10, choices=SuggestedKind.choices)
    object_id = models.BigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(TimeStamped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["key"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(kind__in=THING_KINDS), name="%(app_label)s_%(class)s_kind"),
            models.CheckConstraint(condition=~Q(key=""), name="%(app_label)s_%(class)s_key_given"),
        ]

    def __str__(self) -> str:
        return self.key
