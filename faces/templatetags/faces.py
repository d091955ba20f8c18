"""Who is to be seen when, for the watch page."""

from typing import Any

from django import template

from faces.queries.lanes import Lane, people_of

register = template.Library()
# Chips of one person that are shown at once; the seek bar has all.
_MOST_CHIPS = 6


@register.simple_tag
def people_seen(video: Any) -> dict[str, Any]:
    """The named people of a video with their spans, and how many faces wait for a name. Two statements."""
    lanes, pending = people_of(video.pk)
    return {
        "people": [{"lane": lane, "chips": lane.appearances[:_MOST_CHIPS], "more": _more(lane)} for lane in lanes],
        "pending": pending,
    }


def _more(lane: Lane) -> int:
    return max(0, len(lane.appearances) - _MOST_CHIPS)


@register.filter
def span_words(seconds: float) -> str:
    """How long somebody is to be seen: 40 s, 19 min."""
    return f"{max(1, round(seconds))} s" if seconds < 60 else f"{round(seconds / 60)} min"
