"""Changing one's home page."""

from collections.abc import Sequence
from typing import Any

from library.models import User
from playback.homepage import DEFAULT, Section, as_config, parse_sections, sections_of
from playback.services.user_settings import change_settings, settings_of

_CHANGED = "Changed their home page"


def home_sections(user: User) -> Sequence[Section]:
    """The rows of the user's home page, the default ones while they have none of their own."""
    return sections_of(settings_of(user).homepage_config)


def save_home(*, user: User, sections: Any) -> Sequence[Section]:
    """Keeps these rows, a list of JSON objects, in this order. Raises HomePageError with a sentence."""
    parsed = parse_sections(sections)
    change_settings(user=user, summary=_CHANGED, homepage_config=as_config(parsed))
    return parsed


def reset_home(*, user: User) -> Sequence[Section]:
    """Back to the rows that everybody begins with."""
    change_settings(user=user, summary=_CHANGED, homepage_config={})
    return DEFAULT
