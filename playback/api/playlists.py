"""Playlists by their public ids."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.permissions import Permissions
from library.models import SavedSearch, VideoFile
from library.queries import CursorError
from library.services.saved_searches import find_search
from playback.api.curated import (
    BIGGEST_ID,
    CuratedApi,
    ListedIdsSerializer,
    ShownTagSerializer,
    found,
    id_of,
    number_in,
    sent,
)
from playback.models import Playlist
from playback.models.playlist import Visibility
from playback.queries_playlists import (
    PlaylistCard,
    card_of,
    entries_of,
    find_playlist,
    following_in,
    list_playlists,
    progress_in,
    totals_of,
)
from playback.services import playlists as service

_SEE = ("library.view_video",)
_CHANGE = ("library.view_video", "playback.change_playlist")


class PlaylistFieldsSerializer(serializers.Serializer[Any]):
    """What can be said of a playlist. With `saved_search` (its public id) it is a smart one, for good."""

    name = serializers.CharField(max_length=service.LONGEST_NAME)
    description = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    visibility = serializers.ChoiceField(choices=Visibility.values, required=False)
    saved_search = serializers.UUIDField(required=False)


class NewPlaylistSerializer(PlaylistFieldsSerializer):
    """A playlist, perhaps with its first videos."""

    videos = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=BIGGEST_ID),
        required=False, max_length=service.MOST_ITEMS,
    )  # fmt: skip


class ChangedPlaylistSerializer(PlaylistFieldsSerializer):
    """What is to be changed; `tags` are all of its tags, by id."""

    name = serializers.CharField(max_length=service.LONGEST_NAME, required=False)
    tags = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=BIGGEST_ID), required=False, max_length=service.MOST_TAGS
    )


class PlaylistSerializer(serializers.Serializer[Any]):
    """A playlist. A smart one has neither count nor length in lists; `batch` is the change just made."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    visibility = serializers.CharField()
    owner = serializers.CharField()
    is_own = serializers.BooleanField()
    is_smart = serializers.BooleanField()
    saved_search = serializers.UUIDField(allow_null=True)
    is_liked = serializers.BooleanField()
    like_count = serializers.IntegerField()
    video_count = serializers.IntegerField(allow_null=True)
    seconds = serializers.FloatField()
    covers = serializers.ListField(child=serializers.CharField())
    tags = ShownTagSerializer(many=True)
    batch = serializers.UUIDField(allow_null=True)


class PlaylistsSerializer(serializers.Serializer[Any]):
    """A page of playlists, by name."""

    results = PlaylistSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="For `after` of the next page; null on the last.")


class EntrySerializer(serializers.Serializer[Any]):
    """A video in a playlist."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    duration_seconds = serializers.FloatField(allow_null=True)
    is_missing = serializers.BooleanField()


class EntriesSerializer(serializers.Serializer[Any]):
    """A part of a playlist in its order. `problem` says why a smart one shows nothing."""

    results = EntrySerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="For `after` of the next part; null at the end.")
    problem = serializers.CharField()


class AddedSerializer(serializers.Serializer[Any]):
    """How many came in or went out, and the change."""

    count = serializers.IntegerField()
    batch = serializers.UUIDField(allow_null=True)


class MoveSerializer(serializers.Serializer[Any]):
    """Where a video goes: right after the one with this id, first with null."""

    after = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID, allow_null=True)


class NameSerializer(serializers.Serializer[Any]):
    """The name of the copy; without one, the first that is free."""

    name = serializers.CharField(required=False, allow_blank=True, max_length=service.LONGEST_NAME)


class PlaylistPlaceSerializer(serializers.Serializer[Any]):
    """Where you are in a playlist."""

    video = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID, allow_null=True)
    position_seconds = serializers.FloatField(min_value=0, required=False)


class DeletedPlaylistSerializer(serializers.Serializer[Any]):
    """The change by which it comes back."""

    batch = serializers.UUIDField(allow_null=True)


def playlist_body(card: PlaylistCard, batch: str | None = None) -> dict[str, Any]:
    """A card as JSON."""
    playlist = card.playlist
    search = playlist.saved_search
    return {
        "id": str(playlist.public_id),
        "name": playlist.name,
        "description": playlist.description,
        "visibility": playlist.visibility,
        "owner": playlist.user.username,
        "is_own": card.is_own,
        "is_smart": playlist.is_smart,
        "saved_search": str(search.public_id) if search and card.is_own else None,
        "is_liked": card.is_liked,
        "like_count": card.like_count,
        "video_count": card.video_count,
        "seconds": card.seconds,
        "covers": card.covers,
        "tags": ShownTagSerializer(card.tags, many=True).data,
        "batch": batch,
    }


def entry_body(file: VideoFile) -> dict[str, Any]:
    """A file of a playlist as JSON."""
    return {
        "id": file.video_id,
        "title": str(file.video),
        "duration_seconds": file.duration_seconds,
        "is_missing": file.missing_since is not None,
    }


class PlaylistApi(CuratedApi):
    """What all of them share."""

    required_permissions: Permissions | Mapping[str, Permissions] = _SEE

    def playlist(self, public_id: UUID) -> Playlist:
        """One that the account may see. Raises NotFound."""
        return found(find_playlist(self.account, public_id), "playlist")

    def shown(self, playlist: Playlist, batch: Any = None, *, status: int = HTTPStatus.OK) -> Response:
        fresh = found(find_playlist(self.account, playlist.public_id), "playlist")
        return Response(playlist_body(card_of(fresh, self.account), id_of(batch)), status=status)

    def search(self, body: dict[str, Any]) -> SavedSearch | None:
        """The search that is asked for, if it may be used. Raises NotFound."""
        wanted = body.get("saved_search")
        return found(find_search(self.account, wanted), "search") if wanted else None


class Playlists(PlaylistApi):
    """`/playlists/`"""

    required_permissions = {"GET": _SEE, "POST": ("library.view_video", "playback.add_playlist")}

    @extend_schema(
        parameters=[
            OpenApiParameter("which", str, enum=["own", "public", "liked"], description="By itself own."),
            OpenApiParameter("q", str, description="Words in name or description."),
            OpenApiParameter("tag", int, description="A tag's id."),
            OpenApiParameter("after", int, description="How many to pass over: `next` of the page before."),
        ],
        responses=PlaylistsSerializer,
        operation_id="playlists_list",
    )
    def get(self, request: Request) -> Response:
        """Your own playlists, others' public ones, or those you like."""
        asked, after = request.query_params, min(number_in(request, "after") or 0, 1_000_000)
        which = asked.get("which", "own")
        cards, has_more = list_playlists(
            self.account, which=which if which in ("public", "liked") else "own",
            text=asked.get("q", ""), tag_id=number_in(request, "tag"), after=after,
        )  # fmt: skip
        return Response({"results": list(map(playlist_body, cards)), "next": after + len(cards) if has_more else None})

    @extend_schema(request=NewPlaylistSerializer, responses={201: PlaylistSerializer})
    def post(self, request: Request) -> Response:
        """Makes a playlist."""
        body = sent(NewPlaylistSerializer, request)
        search = self.search(body)
        body.pop("saved_search", None)
        ids = body.pop("videos", [])
        playlist, batch = service.create_playlist(user=self.account, saved_search=search, video_ids=ids, **body)
        return self.shown(playlist, batch, status=HTTPStatus.CREATED)


class PlaylistView(PlaylistApi):
    """`/playlists/{id}/`"""

    required_permissions = {
        "GET": _SEE, "PATCH": _CHANGE, "DELETE": ("library.view_video", "playback.delete_playlist"),
    }  # fmt: skip

    @extend_schema(responses=PlaylistSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        """A playlist with how many videos it shows; of a smart one the first 1,000 count."""
        playlist = self.playlist(public_id)
        body = playlist_body(card_of(playlist, self.account))
        count, seconds = totals_of(playlist)
        return Response({**body, "video_count": count.number, "seconds": seconds})

    @extend_schema(request=ChangedPlaylistSerializer, responses=PlaylistSerializer)
    def patch(self, request: Request, public_id: UUID) -> Response:
        """Changes what is sent and nothing else."""
        playlist, body = self.playlist(public_id), sent(ChangedPlaylistSerializer, request)
        tags = body.pop("tags", None)
        if "saved_search" in body:
            body["saved_search"] = self.search(body)
        batch = service.edit_playlist(playlist, user=self.account, tag_ids=tags, **body)
        return self.shown(playlist, batch)

    @extend_schema(responses=DeletedPlaylistSerializer)
    def delete(self, request: Request, public_id: UUID) -> Response:
        """Deletes one of your own; its videos stay."""
        return Response({"batch": id_of(service.delete_playlist(self.playlist(public_id), user=self.account))})


class PlaylistVideos(PlaylistApi):
    """`/playlists/{id}/videos/`"""

    required_permissions = {"GET": _SEE, "POST": _CHANGE, "DELETE": _CHANGE}

    @extend_schema(
        parameters=[
            OpenApiParameter("after", str, description="Where to go on: `next` of the part before."),
            OpenApiParameter("shuffle", int, description="A number: shuffled, the same way for the same number."),
        ],
        responses=EntriesSerializer,
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        """The videos in their order, without those that can't be shown."""
        playlist, place = self.playlist(public_id), request.query_params.get("after", "")
        try:
            part = entries_of(playlist, place=place, seed=number_in(request, "shuffle"))
        except CursorError:
            return Response({"detail": "No part of this list ends there."}, status=HTTPStatus.BAD_REQUEST)
        body = {"results": list(map(entry_body, part.files)), "next": part.next_place, "problem": part.problem}
        return Response(body)

    @extend_schema(request=ListedIdsSerializer, responses=AddedSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Appends videos; those that are in it already stay where they are."""
        playlist, body = self.playlist(public_id), sent(ListedIdsSerializer, request)
        number, batch = service.add_videos(playlist, video_ids=body["ids"], user=self.account)
        return Response({"count": number, "batch": id_of(batch)})

    @extend_schema(request=ListedIdsSerializer, responses=AddedSerializer, operation_id="playlists_videos_remove")
    def delete(self, request: Request, public_id: UUID) -> Response:
        """Takes videos out."""
        playlist, body = self.playlist(public_id), sent(ListedIdsSerializer, request)
        batch = service.remove_videos(playlist, video_ids=body["ids"], user=self.account)
        return Response({"count": batch.change_count if batch else 0, "batch": id_of(batch)})


class PlaylistVideo(PlaylistApi):
    """`/playlists/{id}/videos/{video}/`"""

    required_permissions = {"PATCH": _CHANGE, "DELETE": _CHANGE}

    @extend_schema(request=MoveSerializer, responses=AddedSerializer)
    def patch(self, request: Request, public_id: UUID, video_id: int) -> Response:
        """Moves a video right after another one."""
        playlist, body = self.playlist(public_id), sent(MoveSerializer, request)
        batch = service.move_video(playlist, video_id=video_id, after_id=body["after"], user=self.account)
        return Response({"count": 1 if batch else 0, "batch": id_of(batch)})

    @extend_schema(responses=AddedSerializer)
    def delete(self, request: Request, public_id: UUID, video_id: int) -> Response:
        """Takes one video out."""
        batch = service.remove_videos(self.playlist(public_id), video_ids=[video_id], user=self.account)
        return Response({"count": 1 if batch else 0, "batch": id_of(batch)})


class PlaylistFollowing(PlaylistApi):
    """`/playlists/{id}/videos/{video}/following/`"""

    @extend_schema(
        parameters=[
            OpenApiParameter("limit", int, description="1 to 50, by itself 10."),
            OpenApiParameter("shuffle", int, description="The number of the shuffle."),
        ],
        responses=EntrySerializer(many=True),
    )
    def get(self, request: Request, public_id: UUID, video_id: int) -> Response:
        """What comes after a video."""
        limit = min(max(number_in(request, "limit") or 10, 1), 50)
        seed = number_in(request, "shuffle")
        files = following_in(self.playlist(public_id), min(video_id, BIGGEST_ID), self.account, limit, seed=seed)
        return Response(list(map(entry_body, files)))


class PlaylistLikeOf(PlaylistApi):
    """`/playlists/{id}/like/`"""

    @extend_schema(request=None, responses=PlaylistSerializer)
    def put(self, request: Request, public_id: UUID) -> Response:
        """You like it."""
        playlist = self.playlist(public_id)
        return self.shown(playlist, service.like_playlist(playlist, user=self.account, is_liked=True))

    @extend_schema(responses=PlaylistSerializer)
    def delete(self, request: Request, public_id: UUID) -> Response:
        """You don't like it any more."""
        playlist = self.playlist(public_id)
        return self.shown(playlist, service.like_playlist(playlist, user=self.account, is_liked=False))


class PlaylistCopy(PlaylistApi):
    """`/playlists/{id}/duplicate/`"""

    required_permissions = ("library.view_video", "playback.add_playlist")

    @extend_schema(request=NameSerializer, responses={201: PlaylistSerializer})
    def post(self, request: Request, public_id: UUID) -> Response:
        """A private copy of your own."""
        playlist, body = self.playlist(public_id), sent(NameSerializer, request)
        copy, batch = service.duplicate_playlist(playlist, user=self.account, name=body.get("name", ""))
        return self.shown(copy, batch, status=HTTPStatus.CREATED)


class PlaylistPlace(PlaylistApi):
    """`/playlists/{id}/progress/`"""

    @extend_schema(responses=PlaylistPlaceSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        """Where you are in it; `video` is null before you began."""
        row = progress_in(self.account, self.playlist(public_id))
        return Response(
            {"video": row.video_id if row else None, "position_seconds": row.position_seconds if row else 0}
        )

    @extend_schema(request=PlaylistPlaceSerializer, responses=PlaylistPlaceSerializer)
    def put(self, request: Request, public_id: UUID) -> Response:
        """The player tells where you are."""
        playlist, body = self.playlist(public_id), sent(PlaylistPlaceSerializer, request)
        video = self.video(body["video"] or 0)
        seconds = body.get("position_seconds", 0.0)
        service.record_playlist_place(user=self.account, playlist=playlist, video_id=video.pk, position_seconds=seconds)
        return Response({"video": video.pk, "position_seconds": seconds})
