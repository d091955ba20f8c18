"""Receiving videos from browsers: piece by piece, hidden in their folder, until all is there."""

from library.services.receiving.begin import begin_upload, find_known
from library.services.receiving.ends import accept_duplicate, cancel_upload, purge_uploads
from library.services.receiving.pieces import offset_of, receive_piece
from library.services.receiving.taking import take_upload

__all__ = [
    "accept_duplicate",
    "begin_upload",
    "cancel_upload",
    "find_known",
    "offset_of",
    "purge_uploads",
    "receive_piece",
    "take_upload",
]
