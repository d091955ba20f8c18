"""What stands around the admin's pages. By Python: Unfold's templates took as long for it as for a whole list."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_TINTS = {
    "info": "bg-blue-100 text-blue-700 dark:bg-blue-500/20 dark:text-blue-400",
    "success": "bg-green-100 text-green-700 dark:bg-green-500/20 dark:text-green-400",
    "warning": "bg-orange-100 text-orange-700 dark:bg-orange-500/20 dark:text-orange-400",
    "primary": "bg-primary-100 text-primary-700 dark:bg-primary-500/20 dark:text-primary-400",
    "danger": "bg-red-100 text-red-700 dark:bg-red-500/20 dark:text-red-400",
}
_ACTIVE = "bg-base-100 font-semibold text-primary-600 dark:bg-white/[.06] dark:text-primary-500 active"


@register.simple_tag
def sidebar_groups(groups: Iterable[Mapping[str, Any]]) -> SafeString:
    """The groups of `config.admin_site.navigation`."""
    return mark_safe("".join(_group(group) for group in groups if group["items"]))


def _group(group: Mapping[str, Any]) -> str:
    lines = [
        _line(item["title"], item["icon"], item["link"], item["active"], item["badge"], item["badge_variant"])
        for item in group["items"]
    ]
    return (
        f'<div class="hidden mb-1.5 has-[ol]:has-[li]:block">{_heading(group["title"])}'
        f'<ol class="flex flex-col gap-0.5 px-6">{"".join(lines)}</ol></div>'
    )


@lru_cache(maxsize=100)
def _heading(title: str | None) -> SafeString:
    if not title:
        return mark_safe("")
    return format_html(
        '<h2 class="font-semibold flex flex-row group items-center mb-1 mx-3 py-1.5 px-3 select-none'
        ' text-font-important-light text-sm dark:text-font-important-dark">{}</h2>',
        title,
    )


@lru_cache(maxsize=1_000)
def _line(title: str, icon: str, link: str, is_active: bool, badge: str, tint: str) -> SafeString:
    mark = ""
    if badge:
        mark = format_html(
            '<span class="font-semibold h-[18px] leading-[18px] ml-2 px-1 relative rounded-xs text-center text-[11px]'
            ' whitespace-nowrap uppercase min-w-[18px] {}">{}</span>',
            _TINTS[tint],
            badge,
        )
    return format_html(
        '<li><a href="{}" class="flex h-[38px] items-center -mx-3 px-3 rounded-default hover:text-primary-600'
        ' dark:hover:text-primary-500 {}"><span class="material-symbols-outlined md-18 mr-3 w-[18px]">{}</span>'
        "<span>{}</span>{}</a></li>",
        link,
        _ACTIVE if is_active else "",
        icon,
        title,
        mark,
    )
