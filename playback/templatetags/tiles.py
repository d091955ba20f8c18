"""One video in a grid.

By Python and not by a template: of a page with 48 of them Django's template language took a third of the time, looking
sixty names up for each. Nor by `format_html`: each call of it costs as much as a whole line here. So every value that
is written between tags goes through `escape`, numbers excepted.
"""

from collections.abc import Sequence
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString

from library import words
from library.templatetags.videothek import icon
from playback.queries import Named, Tile
from playback.templatetags.opinions import stars

register = template.Library()
_DRAWN = ' alt="" loading="lazy" decoding="async">'


@register.simple_tag(takes_context=True)
def tile(
    context: Any, one: Tile, *, is_row: bool = False, is_swap: bool = False, takes_focus: bool = False
) -> SafeString:
    """A list item. `is_row` is for the rows of the home page, `is_swap` for what htmx puts in place of an older one.
    `takes_focus` says that it is the first of what "Show more" appended, but in a whole page (`is_page`) nothing was.
    """
    state = " missing" if one.is_missing else " failed" if one.is_failed else " working" if one.is_working else ""
    key, level, perms = one.video.pk, 3 if is_row else 2, context.get("perms")
    mark = ("" if is_row else f' id="tile-{key}"') + (' hx-swap-oob="true"' if is_swap else "")
    focus = " autofocus" if takes_focus and not context.get("is_page") else ""
    address, title = escape(f"{one.address}{context.get('watch_query', '')}"), escape(one.video.title)
    inside = f'<a href="{address}"{focus}>{_picture(one)}<h{level}>{title}</h{level}>{_facts(one.facts)}</a>'
    if perms and perms["playback"]["change_playlist"]:
        inside += _offer(one, title)
    inside += _names(one)
    if one.is_working and not is_row:
        inside += f'<input type="hidden" name="tile" value="{key}">'
    return SafeString(f'<li class="tile{state}"{mark}>{inside}</li>')


def _facts(facts: Sequence[str]) -> str:
    return f'<span class="m">{escape(" · ".join(facts))}</span>' if facts else ""


def _picture(one: Tile) -> str:
    """The frame with the still, what is written on it, and what plays when a pointer rests on it."""
    video, card, made = one.video, one.card, one.pictures
    plays = ""
    if made.storyboard and not one.is_missing:
        board = made.storyboard
        interval = f"{board.interval_seconds:.6f}".rstrip("0").rstrip(".")
        plays = (
            f' data-sprite="{escape(board.sprite.url)}" data-count="{board.tile_count}"'
            f' data-columns="{board.columns}" data-width="{board.tile_width}" data-height="{board.tile_height}"'
            f' data-interval="{interval}"'
        )
    if made.preview and not one.is_missing:
        plays += f' data-preview="{escape(made.preview.clip.url)}"'
    parts = _still(one) + _words_on(one)
    if card.resolution and (special := words.badge(video)):
        parts += f'<span class="badge l">{escape(special)}</span>'
    if card.length and video.duration_seconds is not None and not one.is_failed:
        parts += f'<span class="badge">{escape(words.clock(video.duration_seconds))}</span>'
    parts += _opinion(one)
    if card.progress and (percent := one.watched_percent):
        parts += f'<span class="seen" style="--at:{percent}%"></span><span class="unseen">{percent} % watched</span>'
    return f'<span class="p{" fills" if one.fills else ""}"{plays}>{parts}</span>'


def _still(one: Tile) -> str:
    if one.video.cover:
        return f'<img src="{escape(one.video.cover.url)}"{_DRAWN}'
    picture = one.pictures.thumbnail
    if picture is None:
        return ""
    size = f'width="{picture.small_width}" height="{picture.small_height}"'
    return f'<img src="{escape(picture.small.url)}" {size}{_DRAWN}'


def _words_on(one: Tile) -> str:
    """Why there is no picture, or why it doesn't play."""
    if one.is_missing:
        drawn, said = icon("unplugged"), "The disk or file is not there right now"
    elif one.is_failed:
        drawn, said = icon("warning"), one.error
    elif one.pictures.thumbnail or one.video.cover:
        return ""
    elif one.is_working:
        drawn, said = icon("film"), "Its pictures are being made. It plays already."
    else:
        drawn, said = icon("film"), "No picture"
    return f'<span class="say">{drawn}<span>{escape(said)}</span></span>'


def _opinion(one: Tile) -> str:
    """What the one who looks thinks of it: a heart, the stars, or both."""
    liked, given = one.opinion.is_favorite, one.opinion.stars
    if not liked and not given:
        return ""
    heart = f'{icon("heart")}<span class="unseen">Favourite</span>' if liked else ""
    number = f'{escape(stars(given))}<span class="unseen"> stars</span>' if given else ""
    star = icon("star") if given and not liked else ""
    return f'<span class="badge mine">{heart}{number}{star}</span>'


def _offer(one: Tile, title: str) -> str:
    """`title` is escaped."""
    return (
        f'<button class="tile-more" type="button" data-offer="{escape(one.playlists_address)}" aria-haspopup="dialog"'
        f' aria-label="Playlists of {title}" hidden>{icon("playlist")}</button>'
    )


def _names(one: Tile) -> str:
    """Whom and what it is about."""
    links = [_link(row) for row in (*one.shown_people, *one.shown_studios)]
    links += [f'<a class="t" href="{escape(tag.address)}">{escape(tag.name)}</a>' for tag in one.shown_tags]
    return f'<p class="who">{" ".join(links)}</p>' if links else ""


def _link(row: Named) -> str:
    return f'<a href="{escape(row.address)}">{escape(row.name)}</a>'
