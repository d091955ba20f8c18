"""Subtitles of a video as WebVTT: those inside the file, and files beside it. Loads no decoder."""

from playback.services.subtitles.delivering import subtitle_text
from playback.services.subtitles.listing import SubtitleTrack, list_subtitles

__all__ = ["SubtitleTrack", "list_subtitles", "subtitle_text"]
