"""How a file is played in a browser: sent as it is, put into another container, or converted, and why."""

from playback.services.decisions.capabilities import Capabilities, read_capabilities
from playback.services.decisions.deciding import decide
from playback.services.decisions.media import Media, media_of
from playback.services.decisions.outcome import Decision, Method, Quality, Reason, TrackOutcome
from playback.services.decisions.wishes import Wish, read_wish

__all__ = [
    "Capabilities",
    "Decision",
    "Media",
    "Method",
    "Quality",
    "Reason",
    "TrackOutcome",
    "Wish",
    "decide",
    "media_of",
    "read_capabilities",
    "read_wish",
]
