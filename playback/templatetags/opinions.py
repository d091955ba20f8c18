"""What the parts of the watch page and of profiles show of the one who looks, fetched by the parts themselves."""

from typing import Any

from django import template
from django.template import Context

from library.access import current_user
from playback.models.opinion import Stars
from playback.queries_opinions import Opinion, opinion_of
from playback.queries_playlists import find_playlist
from playback.services import clips
from playback.services.opinions import kind_of
from playback.views.marks import marks_context

register = template.Library()
_STARS = dict(Stars.choices)
_PLACES = {"video": "videos", "creator": "people", "studio": "studios"}


@register.simple_tag(takes_context=True)
def my_opinion(context: Context, target: Any) -> Opinion:
    """What the one who looks thinks of a video, a person or a studio."""
    return opinion_of(current_user(context["request"]), target)


@register.simple_tag
def opinion_address(target: Any) -> str:
    """Where the endpoints about it begin."""
    key = target.pk if kind_of(target) == "video" else target.public_id
    return f"/api/v1/{_PLACES[kind_of(target)]}/{key}/"


@register.simple_tag(takes_context=True)
def my_marks(context: Context, video: Any) -> dict[str, Any]:
    """The marks of the one who looks in a video."""
    return marks_context(current_user(context["request"]), video.pk)


@register.simple_tag(takes_context=True)
def playing_list(context: Context) -> Any:
    """The playlist that `list` in the address names, if the one who looks may see it."""
    request = context["request"]
    wanted = request.GET.get("list", "")
    is_uuid = len(wanted) == 36 and all(one in "0123456789abcdefABCDEF-" for one in wanted)
    try:
        return find_playlist(current_user(request), wanted) if is_uuid else None
    except ValueError:
        return None


@register.filter
def stars(value: Any) -> str:
    """3.5 as 3½."""
    return "" if value is None else _STARS.get(str(value), str(value))


@register.filter
def clip_of(marker: Any) -> Any:
    """The clip that was cut out of a mark and still holds its range; None without one. Reads what lists have loaded."""
    export = getattr(marker, "export", None)
    return export if export is not None and clips.covers(export, marker) else None


@register.filter
def own_tags(marker: Any) -> str:
    """The ids of a mark's own tags, separated by spaces."""
    return " ".join(str(row.tag_id) for row in marker.shown_tags if not row.is_from_label)


@register.filter
def long_time(seconds: float) -> str:
    """A length of many videos: 3 h 12 min, 48 min, 20 s."""
    minutes = int(seconds // 60)
    if minutes >= 60:
        return f"{minutes // 60:,} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60:,} h"
    return f"{minutes} min" if minutes else f"{int(seconds)} s"
