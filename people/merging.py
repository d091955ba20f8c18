"""What of people and studios follows a merge. Loaded when Django starts."""

from typing import Any

from library.merging import keep_by_hand, move_suggestions, name_becomes_alias, rewrite_rules, rewrite_saved_searches
from library.models.change import ChangeSource
from library.services.merging import KindRules, MergeStep, MovedLink, describe_kind, register_merge
from people.models import (
    Creator,
    CreatorAlias,
    CreatorPicture,
    CreatorProfile,
    CreatorStudio,
    Credit,
    ExternalId,
    SocialLink,
    Studio,
    StudioAlias,
    VideoStudio,
)

_EXTERNAL = ("source", "external_id")


def keep_surer(stays: Credit, goes: Credit) -> None:
    """Of two credits of one person in one video what a person said counts, else what is surer."""
    stays.role = stays.role or goes.role
    if stays.source == ChangeSource.MANUAL:
        return
    if goes.source == ChangeSource.MANUAL or (goes.confidence or 0) > (stays.confidence or 0):
        stays.source, stays.confidence = goes.source, goes.confidence


def _stay_primary(stays: VideoStudio, goes: VideoStudio) -> None:
    """Two studios of one video become one, which is primary where either was."""
    keep_by_hand(stays, goes)
    stays.is_primary = stays.is_primary or goes.is_primary


def _keep_url(stays: Any, goes: Any) -> None:
    stays.url = stays.url or goes.url


register_merge(
    "video",
    MovedLink(Credit, "video", ("creator",), keep_surer),
    MovedLink(VideoStudio, "video", ("studio",), keep_by_hand, one_only="is_primary"),
    MovedLink(ExternalId, "video", _EXTERNAL, _keep_url),
)
describe_kind(
    "creator",
    KindRules(
        Creator,
        "person",
        fill=(
            "description",
            "gender",
            "birth_date",
            "death_date",
            "birthplace",
            "nationality",
            "ethnicity",
            "astrology",
            "career_start_year",
            "career_end_year",
            "height_cm",
            "weight_kg",
            "measurements",
            "cup_size",
            "hair_color",
            "eye_color",
            "tattoos",
            "piercings",
            "has_implants",
            "is_same_sex_only",
            "image_url",
        ),
        ranges=(("birth_date", "death_date"), ("career_start_year", "career_end_year")),
    ),
)
register_merge(
    "creator",
    MergeStep(move_suggestions),
    MergeStep(rewrite_rules),
    MovedLink(CreatorAlias, "creator", ("name_key",)),
    MergeStep(name_becomes_alias),
    MovedLink(CreatorPicture, "creator", one_only="is_primary"),
    MovedLink(CreatorProfile, "creator", ("platform",), one_only="is_primary"),
    MovedLink(SocialLink, "creator", ("url",)),
    MovedLink(ExternalId, "creator", _EXTERNAL, _keep_url),
    MovedLink(CreatorStudio, "creator", ("studio",)),
    MovedLink(Credit, "creator", ("video",), keep_surer),
    MergeStep(rewrite_saved_searches),
)
describe_kind(
    "studio",
    KindRules(
        Studio,
        "studio",
        fill=("short_name", "url", "description", "rating", "logo", "favicon", "poster"),
        trees=("parent", "network"),
    ),
)
register_merge(
    "studio",
    MergeStep(move_suggestions),
    MergeStep(rewrite_rules),
    MovedLink(StudioAlias, "studio", ("name_key",)),
    MergeStep(name_becomes_alias),
    MovedLink(SocialLink, "studio", ("url",)),
    MovedLink(ExternalId, "studio", _EXTERNAL, _keep_url),
    MovedLink(CreatorStudio, "studio", ("creator",)),
    MovedLink(VideoStudio, "studio", ("video",), _stay_primary),
    MovedLink(Studio, "parent"),
    MovedLink(Studio, "network"),
    MergeStep(rewrite_saved_searches),
)
