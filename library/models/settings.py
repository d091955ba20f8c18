"""Settings that the owner changes in the admin, one typed row per app, read at next use."""

from typing import Any, Self

import pghistory
import pgtrigger
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from library.models.base import TimeStamped
from library.models.names import is_json


def in_range(field: str, lowest: float, highest: float) -> models.CheckConstraint:
    """The database's own check of a setting's range."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__gte": lowest, f"{field}__lte": highest}), name=f"%(app_label)s_%(class)s_{field}"
    )


def within(lowest: float, highest: float) -> list[Any]:
    """The form's check of the same range, with its sentence."""
    return [MinValueValidator(lowest), MaxValueValidator(highest)]


class SettingsRow(TimeStamped):
    """Base of an app's settings: at most one row, pk 1; the defaults hold while there is none."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)

    class Meta(TimeStamped.Meta):
        abstract = True
        triggers = [
            *TimeStamped.Meta.triggers,
            # The function is made by a migration of its own, with those for users and roles.
            pgtrigger.Trigger(
                name="audit",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=pgtrigger.Func(  # type: ignore[no-untyped-call]
                    "PERFORM library_audit_settings('{meta.verbose_name}', to_jsonb(OLD), to_jsonb(NEW)); RETURN NULL;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def load(cls) -> Self:
        """The row, or the defaults unsaved. One query; call it at each use, so that a change counts at once."""
        return cls._default_manager.filter(pk=1).first() or cls()


DEFAULT_TEMPLATES = "{studio} - {creators} - {title} ({date})\n{studio} - {creators} - {title}\n{creators} - {title}"
DEFAULT_RENAME = "{folder}/[{studio} - ][{creators} - ]{title}[ ({year})]"


def default_keep_rules() -> list[dict[str, Any]]:
    """Which of several duplicates is the best one, the rule that counts most first."""
    return [{"rule": name} for name in ("resolution", "hdr", "bit_rate", "duration", "tagged", "larger", "older")]


def check_keep_rules(value: object) -> None:
    """Raises ValidationError unless the value is a list of objects that each name a rule.

    Which rules there are, only `library.services.duplicates.best` knows.
    """
    if not isinstance(value, list) or not all(isinstance(one, dict) and one.get("rule") for one in value):
        raise ValidationError("Give a list of rules, each with its name.")


@pghistory.track()
class LibrarySettings(SettingsRow):
    """How folders are scanned."""

    settle_seconds = models.FloatField(
        default=2.0,
        validators=within(0, 60),
        help_text="A file changed within the last minute is looked at again after this many seconds; if it grew or "
        "someone still writes it, it waits for the next scan.",
    )
    scan_interval_minutes = models.PositiveIntegerField(
        default=60, validators=within(0, 10080), help_text="How often folders are scanned by themselves; 0 is never."
    )

    missing_limit_percent = models.PositiveSmallIntegerField(
        default=30,
        validators=within(1, 100),
        help_text="A scan that misses more than this share of a folder's files marks none of them and asks you.",
    )
    missing_limit_files = models.PositiveIntegerField(
        default=10, validators=within(0, 100000), help_text="Up to this many missing files it never asks."
    )
    trash_days = models.PositiveSmallIntegerField(
        default=7, validators=within(0, 3650), help_text="How long the trash keeps things; 0 keeps them for ever."
    )
    is_trash_kept_on_disk = models.BooleanField(
        default=False, help_text="Purging forgets a video but leaves its file on the disk."
    )

    upload_days = models.PositiveSmallIntegerField(
        default=7, validators=within(1, 365), help_text="Uploads that nobody goes on with are removed after this long."
    )
    upload_margin_gb = models.PositiveSmallIntegerField(
        default=2, validators=within(0, 10000), help_text="Uploads leave this much room on a disk."
    )

    keep_rules = models.JSONField(
        default=default_keep_rules,
        validators=[check_keep_rules],
        help_text="Which of several duplicates is the best; edited beside their list.",
    )

    filename_templates = models.TextField(
        default=DEFAULT_TEMPLATES,
        blank=True,
        help_text="How your file names are built, one way a line, from {studio}, {creators}, {title}, {date}, {tags} "
        "and {any}: what stands in those places is suggested where it is known.",
    )
    is_renaming_allowed = models.BooleanField(
        default=False, help_text="Files on the disk may be renamed and moved within their folder, after a preview."
    )
    rename_template = models.CharField(
        default=DEFAULT_RENAME,
        max_length=500,
        help_text="The name that files get, with folders before it: {studio}, {creators}, {title}, {date}, {year}, "
        "{tags}, {resolution}, {codec}, {name}, {folder}. What stands in [ ] goes where it would be empty.",
    )

    class Meta(SettingsRow.Meta):
        verbose_name = "library settings"
        verbose_name_plural = "library settings"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="%(app_label)s_%(class)s_one_row"),
            in_range("settle_seconds", 0, 60),
            in_range("scan_interval_minutes", 0, 10080),
            in_range("missing_limit_percent", 1, 100),
            in_range("missing_limit_files", 0, 100000),
            in_range("trash_days", 0, 3650),
            in_range("upload_days", 1, 365),
            in_range("upload_margin_gb", 0, 10000),
            is_json("keep_rules", "array", of="object"),
        ]
