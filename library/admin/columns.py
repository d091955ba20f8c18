"""What lists and detail pages show: small pieces of HTML, every value escaped by `format_html`. No queries."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from library import words

NOTHING = "–"


def badge(text: str, tone: str = "calm") -> SafeString:
    """A state in a word. `tone`: calm, now, ok, warn, bad or info."""
    return format_html('<span class="v-badge v-{}">{}</span>', tone, text)


def duration(seconds: float | None) -> str:
    """ "1:02:03", "2:05"; a dash for None."""
    return words.clock(seconds) or NOTHING


def file_size(size_bytes: int) -> str:
    """ "1.4 GB"."""
    return words.size(size_bytes)


def bit_rate(bits_per_second: int | None) -> str:
    """ "4.2 Mbit/s"; a dash for None."""
    return words.bit_rate(bits_per_second) or NOTHING


def resolution(width: int | None, height: int | None) -> str:
    """ "1920 × 1080"; a dash while it isn't known."""
    return f"{width} × {height}" if width and height else NOTHING


def when(moment: datetime | None, never: str = NOTHING) -> SafeString | str:
    """ "3 hours ago", with the exact time for whoever points at it."""
    if moment is None:
        return never
    exact = timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S %Z")
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, naturaltime(moment))


def exactly(moment: datetime | None) -> str:
    """ "2026-11-20 15:42:07 UTC"; a dash for None."""
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S %Z") if moment else NOTHING


def progress(done: int, total: int) -> SafeString | str:
    """A bar with its figures; a dash while nobody knows how much there is."""
    if not total:
        return NOTHING
    percent = min(100, done * 100 // total)
    return format_html(
        '<span class="v-progress"><progress max="100" value="{}">{} %</progress><small>{} %</small></span>',
        percent,
        percent,
        percent,
    )


def sentence(text: str) -> SafeString | str:
    """A message, wrapped and cut by the page; whole when pointed at."""
    return format_html('<span class="v-sentence" title="{}">{}</span>', text, text) if text else NOTHING


def picture(thumbnail: Any, link: str = "") -> SafeString:
    """The small still of a file at list size; an empty frame while there is none."""
    if thumbnail is None:
        inside = format_html('<span class="v-picture {}" aria-hidden="true"></span>', "v-empty")
    else:
        inside = format_html(
            '<img class="v-picture" src="{}" width="{}" height="{}" alt="" loading="lazy">',
            thumbnail.small.url,
            thumbnail.small_width,
            thumbnail.small_height,
        )
    return format_html('<a href="{}" tabindex="-1" aria-hidden="true">{}</a>', link, inside) if link else inside


def strip(storyboard: Any) -> SafeString | str:
    """A few tiles of the storyboard in a row, drawn by curation.js once the row is in view; empty without one."""
    if storyboard is None:
        return ""
    return format_html(
        '<span class="v-strip" aria-hidden="true" data-sprite="{}" data-count="{}" data-columns="{}" data-rows="{}"'
        ' data-ratio="{}"></span>',
        storyboard.sprite.url,
        storyboard.tile_count,
        storyboard.columns,
        storyboard.rows,
        f"{storyboard.tile_width}/{storyboard.tile_height}",
    )


def tag_chip(text: str, color: str = "", link: str = "") -> SafeString:
    """A name in a pill; `color` (#rrggbb) marks it with a dot."""
    style = format_html(' style="--tag:{}"', color) if color else ""
    if link:
        return format_html('<a class="v-tag" href="{}"{}>{}</a>', link, style, text)
    return format_html('<span class="v-tag"{}>{}</span>', style, text)


def chips(items: Iterable[tuple[str, str]], *, most: int = 6) -> SafeString:
    """Pills of (name, colour) pairs; how many more there are after `most`."""
    listed = list(items)
    shown = format_html_join("", "{}", ((tag_chip(text, color),) for text, color in listed[:most]))
    rest = format_html(
        '<small title="{}">+{}</small>', ", ".join(text for text, _ in listed[most:]), len(listed) - most
    )
    return format_html("{}{}", shown, rest if len(listed) > most else "")


def stars(value: Any) -> SafeString | str:
    """ "★ 4.5"; a dash for None."""
    if value is None:
        return NOTHING
    return format_html('<span class="v-stars" title="{} of 5 stars">★ {}</span>', f"{value:g}", f"{float(value):g}")


def two_lines(first: str, second: str, link: str = "") -> SafeString:
    """A name and, smaller, what tells it from others."""
    head = format_html('<a href="{}">{}</a>', link, first) if link else format_html("{}", first)
    return format_html(
        '<span class="v-two"><b title="{}">{}</b><small title="{}">{}</small></span>', first, head, second, second
    )


def link_to(address: str, text: str) -> SafeString:
    """A link in the accent's colour."""
    return format_html('<a class="v-link" href="{}">{}</a>', address, text)


def post_button(address: str, text: str, icon: str) -> SafeString:
    """A button of a list's row: it posts the list's form, which carries the CSRF token, to its own address."""
    return format_html(
        '<button class="v-button" type="submit" formaction="{}" formmethod="post" formnovalidate data-once>'
        '<span class="material-symbols-outlined" aria-hidden="true">{}</span>{}</button>',
        address,
        icon,
        text,
    )


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> SafeString:
    """A plain table; each cell is escaped."""
    head = format_html_join("", "<th scope=col>{}</th>", ((header,) for header in headers))
    body = format_html_join(
        "", "<tr>{}</tr>", ((format_html_join("", "<td>{}</td>", ((cell,) for cell in row)),) for row in rows)
    )
    return format_html(
        '<div class="v-scroll"><table class="v-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>',
        head,
        body,
    )
