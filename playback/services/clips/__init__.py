"""Ranges of videos as films of their own: to download, or to be shared. Only `cutting` loads a decoder."""

from playback.services.clips.asking import (
    STAGE,
    ClipState,
    Form,
    clip_key,
    clip_state,
    covers,
    request_download,
    request_shared,
    shared_clip,
)
from playback.services.clips.ending import KEPT_DAYS, remove_old_clips, remove_unshared_clips

__all__ = [
    "KEPT_DAYS",
    "STAGE",
    "ClipState",
    "Form",
    "clip_key",
    "clip_state",
    "covers",
    "remove_old_clips",
    "remove_unshared_clips",
    "request_download",
    "request_shared",
    "shared_clip",
]
