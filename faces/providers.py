"""Faces in the inbox: matching writes the rows, an answer names the face. Loaded when Django starts."""

from collections import defaultdict
from collections.abc import Sequence

from faces.models import FaceTrack
from faces.models.track import TrackStatus
from faces.services.matching import PROVIDER
from faces.services.naming import name_tracks, reject_match
from library.models import Suggestion, User
from library.services.suggestions import SuggestionProvider, register_provider
from people.models import Creator


def reason(suggestion: Suggestion) -> str:
    """Where the face is seen, and how alike it is."""
    seconds = int(suggestion.evidence.get("from") or 0)
    return f"A face at {seconds // 60}:{seconds % 60:02} looks {suggestion.confidence:.0%} like theirs."


def accept(suggestions: Sequence[Suggestion], user: User | None) -> None:
    """The tracks are that person."""
    tracks_of: dict[int, list[int]] = defaultdict(list)
    for row in suggestions:
        tracks_of[row.object_id].append(_track_id(row))
    creators = Creator.objects.in_use().in_bulk(tracks_of)
    for creator_id, track_ids in sorted(tracks_of.items()):
        if creator_id in creators:
            # Those that somebody set aside or named meanwhile have had their answer.
            free = FaceTrack.objects.pending().filter(pk__in=track_ids)
            name_tracks(track_ids=free.values_list("pk", flat=True), creator=creators[creator_id], user=user)


def reject(suggestions: Sequence[Suggestion], user: User | None) -> None:
    """The tracks are somebody else; the next likely person is proposed."""
    creators = Creator.objects.in_bulk({row.object_id for row in suggestions})
    tracks = FaceTrack.objects.select_related("video").in_bulk({_track_id(row) for row in suggestions})
    for row in suggestions:
        track, creator = tracks.get(_track_id(row)), creators.get(row.object_id)
        if track is not None and creator is not None and track.status == TrackStatus.PENDING:
            reject_match(track=track, creator=creator, user=user)


def _track_id(suggestion: Suggestion) -> int:
    return int(suggestion.evidence.get("track") or 0)


register_provider(SuggestionProvider(PROVIDER, "Faces", reason, accept=accept, reject=reject))
