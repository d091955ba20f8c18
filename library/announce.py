"""Telling people what was changed, with a way back."""

from django.contrib import messages
from django.http import HttpRequest

from library.models import ChangeBatch


def announce(request: HttpRequest, text: str, batch: ChangeBatch | None = None) -> None:
    """A message on the next page. With a batch that changed something it carries an undo button, in admin and web
    pages alike: the tag `undo-ID` (`redo-ID` where the batch is an undo) tells the message templates which batch."""
    can_undo = batch is not None and batch.change_count > 0 and batch.can_undo
    kind = "redo" if batch is not None and batch.undoes_id else "undo"
    messages.success(request, text, extra_tags=f"{kind}-{batch.pk}" if can_undo and batch else "")
