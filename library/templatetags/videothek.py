"""How the pages write things (library.words and dates), and their icons."""

from functools import lru_cache
from typing import Any

from django import template
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from library import words
from library.devices import device_name

register = template.Library()

for _filter in (
    words.clock,
    words.position,
    words.time_left,
    words.size,
    words.bit_rate,
    words.frame_rate,
    words.codec,
    words.container,
    words.hdr_format,
    words.resolution,
    words.badge,
    words.ago,
):
    register.filter(_filter.__name__, _filter)


register.filter("device", device_name)


@register.filter
def magnitude(number: int) -> int:
    """A number without its sign, where words say which one it has."""
    return abs(number)


@register.filter
def plain(number: float | None) -> str:
    """A number for a machine to read: no thousands separator; empty without one."""
    return (
        "" if number is None else f"{number:.6f}".rstrip("0").rstrip(".") if isinstance(number, float) else f"{number}"
    )


@register.filter
def percent(ratio: float) -> str:
    """0.153 as 15, for a progress element."""
    return f"{100 * ratio:.0f}"


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of the sprite's drawings; it says nothing to a screen reader, the words beside it do."""
    return _drawn(name)


@lru_cache(maxsize=500)
def _drawn(name: str) -> SafeString:
    # Looking the sheet's address up took longer than all else of a hundred icons.
    sheet = static("videothek/img/icons.svg")
    return format_html('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>', sheet, name)


@receiver(setting_changed)
def _forget(**about: Any) -> None:
    """Tests have several storages of static files, with other addresses."""
    _drawn.cache_clear()
