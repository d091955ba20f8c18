"""One video in a grid.

By Python and not by a template: of a page with 48 of them Django's template language took a third of the time, looking
sixty names up for each.
"""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from library import words
from library.templatetags.videothek import icon
from playback.queries import Named, Tile
from playback.templatetags.opinions import stars

register = template.Library()
_NOTHING = mark_safe("")
_DRAWN = mark_safe(' alt="" loading="lazy" decoding="async">')


@register.simple_tag(takes_context=True)
def tile(
    context: Any, one: Tile, *, is_row: bool = False, is_swap: bool = False, takes_focus: bool = False
) -> SafeString:
    """A list item. `is_row` is for the rows of the home page, `is_swap` for what htmx puts in place of an older one.
    `takes_focus` says that it is the first of what "Show more" appended, but in a whole page (`is_page`) nothing was.
    """
    state = " missing" if one.is_missing else " failed" if one.is_failed else " working" if one.is_working else ""
    key, perms = one.video.pk, context.get("perms")
    marks = [_NOTHING if is_row else format_html(' id="tile-{}"', str(key))]
    if is_swap:
        marks.append(mark_safe(' hx-swap-oob="true"'))
    inside = [
        format_html(
            '<a href="{}{}"{}>{}<h{level}>{}</h{level}>{}</a>',
            one.address,
            context.get("watch_query", ""),
            " autofocus" if takes_focus and not context.get("is_page") else "",
            _picture(one),
            one.video.title,
            _facts(one.facts),
            level=3 if is_row else 2,
        )
    ]
    if perms and perms["playback"]["change_playlist"]:
        inside.append(_offer(one))
    inside.append(_names(one))
    if one.is_working and not is_row:
        inside.append(format_html('<input type="hidden" name="tile" value="{}">', str(key)))
    return format_html('<li class="tile{}"{}>{}</li>', state, _joined(marks), _joined(inside))


def _joined(parts: Sequence[SafeString]) -> SafeString:
    return mark_safe("".join(parts))


def _facts(facts: Sequence[str]) -> SafeString:
    return format_html('<span class="m">{}</span>', " · ".join(facts)) if facts else _NOTHING


def _picture(one: Tile) -> SafeString:
    """The frame with the still, what is written on it, and what plays when a pointer rests on it."""
    video, card, made = one.video, one.card, one.pictures
    plays: list[SafeString] = []
    if made.storyboard and not one.is_missing:
        board = made.storyboard
        plays.append(
            format_html(
                ' data-sprite="{}" data-count="{}" data-columns="{}" data-width="{}" data-height="{}"'
                ' data-interval="{}"',
                board.sprite.url,
                str(board.tile_count),
                str(board.columns),
                str(board.tile_width),
                str(board.tile_height),
                f"{board.interval_seconds:.6f}".rstrip("0").rstrip("."),
            )
        )
    if made.preview and not one.is_missing:
        plays.append(format_html(' data-preview="{}"', made.preview.clip.url))
    parts = [_still(one), _words_on(one)]
    if card.resolution and (special := words.badge(video)):
        parts.append(format_html('<span class="badge l">{}</span>', special))
    if card.length and video.duration_seconds is not None and not one.is_failed:
        parts.append(format_html('<span class="badge">{}</span>', words.clock(video.duration_seconds)))
    parts.append(_opinion(one))
    if card.progress and (percent := one.watched_percent):
        parts.append(
            format_html(
                '<span class="seen" style="--at:{}%"></span><span class="unseen">{} % watched</span>', percent, percent
            )
        )
    return format_html('<span class="p{}"{}>{}</span>', " fills" if one.fills else "", _joined(plays), _joined(parts))


def _still(one: Tile) -> SafeString:
    if one.video.cover:
        return format_html('<img src="{}"{}', one.video.cover.url, _DRAWN)
    picture = one.pictures.thumbnail
    if picture is None:
        return _NOTHING
    size = (str(picture.small_width), str(picture.small_height))
    return format_html('<img src="{}" width="{}" height="{}"{}', picture.small.url, *size, _DRAWN)


def _words_on(one: Tile) -> SafeString:
    """Why there is no picture, or why it doesn't play."""
    if one.is_missing:
        said = icon("unplugged"), "The disk or file is not there right now"
    elif one.is_failed:
        said = icon("warning"), one.error
    elif one.pictures.thumbnail or one.video.cover:
        return _NOTHING
    elif one.is_working:
        said = icon("film"), "Its pictures are being made. It plays already."
    else:
        said = icon("film"), "No picture"
    return format_html('<span class="say">{}<span>{}</span></span>', *said)


def _opinion(one: Tile) -> SafeString:
    """What the one who looks thinks of it: a heart, the stars, or both."""
    liked, given = one.opinion.is_favorite, one.opinion.stars
    if not liked and not given:
        return _NOTHING
    heart = format_html('{}<span class="unseen">Favourite</span>', icon("heart")) if liked else _NOTHING
    number = format_html('{}<span class="unseen"> stars</span>', stars(given)) if given else _NOTHING
    star = icon("star") if given and not liked else _NOTHING
    return format_html('<span class="badge mine">{}{}{}</span>', heart, number, star)


def _offer(one: Tile) -> SafeString:
    return format_html(
        '<button class="tile-more" type="button" data-offer="{}" aria-haspopup="dialog" aria-label="Playlists of {}"'
        " hidden>{}</button>",
        one.playlists_address,
        one.video.title,
        icon("playlist"),
    )


def _names(one: Tile) -> SafeString:
    """Whom and what it is about."""
    links = [*_links(one.shown_people), *_links(one.shown_studios)]
    links += [format_html('<a class="t" href="{}">{}</a>', tag.address, tag.name) for tag in one.shown_tags]
    return format_html('<p class="who">{}</p>', mark_safe(" ".join(links))) if links else _NOTHING


def _links(rows: Sequence[Named]) -> list[SafeString]:
    return [format_html('<a href="{}">{}</a>', row.address, row.name) for row in rows]
