"""What others have added to Videothek, and what they found out about videos."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import MD5

from library.models import TimeStamped, Video
from library.models.names import is_json
from library.models.tracking import tracked


class PluginState(models.TextChoices):
    """How its loading went at the last look."""

    LOADED = "loaded", "Loaded"
    FAILED = "failed", "Failed to load"
    GONE = "gone", "Not installed"


class PluginHealth(models.TextChoices):
    """What it said of itself when it was asked last."""

    UNKNOWN = "unknown", "Not asked yet"
    OK = "ok", "Well"
    DEGRADED = "degraded", "Works in part"
    BAD = "bad", "Doesn't work"


class Plugin(TimeStamped):
    """A package found under the entry points `videothek.plugins`. Rows are made by `sync_plugins`, never by hand.

    `error` is a sentence on why it could not be loaded. `settings` are checked against `settings_schema`, which the
    plugin brings; they stay when the package is removed, for when it comes back.
    """

    name = models.SlugField(max_length=40, unique=True, help_text="As its entry point is called.")
    title = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    version = models.CharField(max_length=60, blank=True)
    api_version = models.PositiveSmallIntegerField(null=True, help_text="Of the interface that it was written for.")
    package = models.CharField(max_length=200, blank=True, help_text="What brought it.")
    capabilities = models.JSONField(default=list, blank=True, help_text="What it adds, as a list of sentences' parts.")
    settings_schema = models.JSONField(default=dict, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    is_enabled = models.BooleanField("switched on", default=True)
    state = models.CharField(max_length=10, choices=PluginState.choices, default=PluginState.LOADED)
    error = models.TextField(blank=True)
    health = models.CharField(max_length=10, choices=PluginHealth.choices, default=PluginHealth.UNKNOWN)
    health_note = models.TextField(blank=True, help_text="What it said, in a sentence.")
    health_checked_at = models.DateTimeField(null=True)

    class Meta(TimeStamped.Meta):
        default_permissions = ("view", "change")
        ordering = ["title", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PluginState.values), name="%(app_label)s_%(class)s_state"),
            models.CheckConstraint(condition=Q(health__in=PluginHealth.values), name="%(app_label)s_%(class)s_health"),
            models.CheckConstraint(
                condition=Q(state=PluginState.FAILED) | Q(error=""), name="%(app_label)s_%(class)s_error_when_failed"
            ),
            is_json("capabilities", "array"),
            is_json("settings_schema", "object"),
            is_json("settings", "object"),
        ]

    def __str__(self) -> str:
        return self.title


@tracked(only_in_batches=True)
class PluginMetadata(TimeStamped):
    """A fact about a video that a plugin found: kept apart from what people wrote until somebody takes it over.

    A field may have several values (tags, people). Looking again replaces what the plugin said before; what it says
    again keeps `taken_at`.
    """

    video = models.ForeignKey(Video, on_delete=models.CASCADE, db_index=False, related_name="plugin_metadata")
    plugin = models.ForeignKey(Plugin, on_delete=models.CASCADE, related_name="metadata")
    field = models.SlugField(max_length=40, db_index=False, help_text="title, description, release_date, tag ...")
    value = models.TextField()
    confidence = models.FloatField(help_text="How sure it is, from 0 to 1.")
    source = models.CharField(max_length=500, blank=True, help_text="Where it was found: an address, a file's name.")
    fetched_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, help_text="When a person took it over into the video.")

    class Meta(TimeStamped.Meta):
        default_permissions = ("view",)
        verbose_name = "fact from a plugin"
        verbose_name_plural = "facts from plugins"
        ordering = ["field", "-confidence", "pk"]
        constraints = [
            # A video's page, and looking again: what is known of it. Over a digest, since values may be long.
            models.UniqueConstraint("video", "plugin", "field", MD5("value"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="%(app_label)s_%(class)s_confidence"
            ),
            models.CheckConstraint(condition=~Q(value=""), name="%(app_label)s_%(class)s_value"),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.value}"[:200]

    @property
    def field_words(self) -> str:
        """ "Release date"."""
        return self.field.replace("_", " ").replace("-", " ").capitalize()

    @property
    def percent(self) -> int:
        """How sure it is, from 0 to 100."""
        return round(self.confidence * 100)
