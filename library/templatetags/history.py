"""The undo button of messages."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse

register = template.Library()
_LABELS = {"undo": "Undo", "redo": "Do it again"}


@dataclass(frozen=True, slots=True)
class UndoButton:
    """Where a button posts to, and what it says."""

    address: str
    label: str


@register.filter
def undo_button(message: Any) -> UndoButton | None:
    """The button of a message that `library.announce` made; None for others."""
    for tag in (message.extra_tags or "").split():
        kind, _, batch_id = tag.partition("-")
        if kind in _LABELS and batch_id:
            return UndoButton(reverse("undo", args=(batch_id,)), _LABELS[kind])
    return None
