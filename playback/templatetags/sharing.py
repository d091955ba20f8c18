"""What the share dialog asks of the library."""

from django import template

from library.models import User
from playback.models import Marker
from playback.services.sharing import LIFETIMES

register = template.Library()

_MOST = 100
_WORDS = {"1h": "1 hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days", "never": "Until I take it back"}


@register.simple_tag
def shareable_clips(user: User, video_id: int) -> list[Marker]:
    """The user's own marks of the video that have an end, in order; one query."""
    marks = Marker.objects.filter(user=user, video_id=video_id, end_seconds__isnull=False)
    first = marks.order_by("start_seconds", "pk")[:_MOST]
    return [mark for mark in first if mark.end_seconds is not None and mark.end_seconds > mark.start_seconds]


@register.simple_tag
def share_lifetimes() -> list[tuple[str, str]]:
    """How long a link may be good for: the value and its words."""
    return [(key, _WORDS[key]) for key in LIFETIMES]
