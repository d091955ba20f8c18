"""Addresses of filters, for the chips."""

from django import template

from library.wishes import Wish

register = template.Library()


@register.simple_tag
def filtered(wish: Wish, code: str) -> str:
    """The library with another filter and the same words and order."""
    return wish.filtered(code)
