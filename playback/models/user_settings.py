"""How each user likes the pages and the player."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from library.models import TimeStamped
from library.models.names import check_json_object, is_json
from library.models.settings import in_range
from library.models.tracking import tracked

PAGE_SIZES = (12, 24, 36, 48, 96, 192)


class TagSort(models.TextChoices):
    NAME = "az", "Name, A to Z"
    NAME_BACKWARDS = "za", "Name, Z to A"
    MOST = "most", "Most videos first"
    LEAST = "least", "Fewest videos first"


class AutoAdvance(models.TextChoices):
    INSTANT = "instant", "At once"
    COUNTDOWN = "countdown", "After a countdown"
    MANUAL = "manual", "Only when I press"


@tracked()
class UserSettings(TimeStamped):
    """One user's preferences; the defaults hold while there is no row.

    The JSON columns are checked by the services that write them: `homepage_config` and `parsing_rules`, {} for the
    defaults, `card_config` (what a tile shows) and `sort_preferences` (the order of other lists).
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences")
    autoplay = models.BooleanField(default=False)
    default_volume = models.PositiveSmallIntegerField(
        default=100, validators=[MinValueValidator(0), MaxValueValidator(100)], help_text="Percent."
    )
    loop = models.BooleanField(default=False)
    ab_loop_controls = models.BooleanField(default=False)
    playlist_auto_advance = models.CharField(max_length=10, choices=AutoAdvance.choices, default=AutoAdvance.COUNTDOWN)
    playlist_countdown_seconds = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(3), MaxValueValidator(15)]
    )
    marker_thumbnail_cycling = models.BooleanField(default=True)
    videos_per_page = models.PositiveSmallIntegerField(
        default=36, validators=[MinValueValidator(min(PAGE_SIZES)), MaxValueValidator(max(PAGE_SIZES))]
    )
    show_page_size_selector = models.BooleanField(default=False)
    default_sort_order = models.CharField(max_length=30, default="newest")
    default_tag_sort = models.CharField(max_length=10, choices=TagSort.choices, default=TagSort.NAME)
    card_config = models.JSONField(default=dict, blank=True, validators=[check_json_object])
    sort_preferences = models.JSONField(default=dict, blank=True, validators=[check_json_object])
    parsing_rules = models.JSONField(default=dict, blank=True, validators=[check_json_object])
    homepage_config = models.JSONField(default=dict, blank=True, validators=[check_json_object])

    class Meta(TimeStamped.Meta):
        verbose_name = "user's settings"
        verbose_name_plural = "users' settings"
        constraints = [
            in_range("default_volume", 0, 100),
            in_range("playlist_countdown_seconds", 3, 15),
            in_range("videos_per_page", min(PAGE_SIZES), max(PAGE_SIZES)),
            models.CheckConstraint(
                condition=Q(default_tag_sort__in=TagSort.values), name="%(app_label)s_%(class)s_tag_sort"
            ),
            models.CheckConstraint(
                condition=Q(playlist_auto_advance__in=AutoAdvance.values), name="%(app_label)s_%(class)s_advance"
            ),
            is_json("card_config", "object"),
            is_json("sort_preferences", "object"),
            is_json("parsing_rules", "object"),
            is_json("homepage_config", "object"),
        ]

    def __str__(self) -> str:
        return f"Settings of {self.user}"

    def for_player(self) -> dict[str, Any]:
        """What the player reads, as JSON."""
        names = (
            "autoplay", "default_volume", "loop", "playlist_auto_advance", "playlist_countdown_seconds",
            "ab_loop_controls", "marker_thumbnail_cycling",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}
