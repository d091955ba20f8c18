"""Finding people by a photo, and the moments in which somebody is to be seen."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from faces.api.shared import LOOK, find_person
from faces.models import PhotoSearch
from faces.models.photo_search import PhotoSearchStatus
from faces.queries.moments import MOST_ON_PAGE, PAGE_SIZE, moments_of, videos_together
from faces.services.photo_search import start_photo_search
from library.api.base import ApiView
from library.api.pages import paged
from library.api.rows import find_row
from library.models import Video

SEARCH = (*LOOK, "faces.search_by_photo")


class LikenessSerializer(serializers.Serializer[Any]):
    """A person, and how like them the face is: cosine, -1 to 1."""

    creator = serializers.CharField(help_text="Their name.")
    public_id = serializers.UUIDField()
    similarity = serializers.FloatField()


class LikeTrackSerializer(serializers.Serializer[Any]):
    """An appearance that is like the face."""

    id = serializers.IntegerField()
    video_id = serializers.IntegerField()
    similarity = serializers.FloatField()


class FoundFaceSerializer(serializers.Serializer[Any]):
    """A face of the photo: left, top, right, bottom in px, the five likest people, and the likest appearances."""

    box = serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4)
    matches = LikenessSerializer(many=True)
    tracks = LikeTrackSerializer(many=True)


class PhotoSearchSerializer(serializers.Serializer[Any]):
    """A search by photo; its faces are there once it is done. It goes after a day."""

    id = serializers.UUIDField(source="public_id")
    status = serializers.ChoiceField(PhotoSearchStatus.choices)
    error = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    picture = serializers.SerializerMethodField(help_text="Address of the photo.")
    faces = FoundFaceSerializer(many=True)
    created_at = serializers.DateTimeField()

    def get_picture(self, row: PhotoSearch) -> str:
        return reverse("photo_search_picture", args=(row.public_id,))


class PhotoSerializer(serializers.Serializer[Any]):
    """A photo, as a form (multipart/form-data)."""

    picture = serializers.FileField()


class MomentsQuerySerializer(serializers.Serializer[Any]):
    """Whose moments: `with` limits them to videos that both are in."""

    person = serializers.UUIDField()
    other = serializers.UUIDField(required=False, help_text="Only where this person is to be seen too.")
    page = serializers.IntegerField(required=False, min_value=1, max_value=100_000)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MOST_ON_PAGE)


class PersonsMomentSerializer(serializers.Serializer[Any]):
    """From when to when. `is_likely`: nobody confirmed it; of two people `track` is null."""

    track = serializers.IntegerField(allow_null=True)
    start_seconds = serializers.FloatField()
    end_seconds = serializers.FloatField()
    similarity = serializers.FloatField(allow_null=True)
    is_likely = serializers.BooleanField()


class VideoOfMomentsSerializer(serializers.Serializer[Any]):
    """A video by its id."""

    id = serializers.IntegerField(source="pk")
    title = serializers.CharField()
    duration_seconds = serializers.FloatField(allow_null=True)


class VideoMomentsSerializer(serializers.Serializer[Any]):
    """A video and the moments in it."""

    video = VideoOfMomentsSerializer()
    moments = PersonsMomentSerializer(many=True)


class MomentsPageSerializer(serializers.Serializer[Any]):
    """A page of videos; `next_page` is null on the last."""

    results = VideoMomentsSerializer(many=True)
    next_page = serializers.IntegerField(allow_null=True)


class PhotoSearches(ApiView):
    required_permissions = SEARCH
    reading_methods = ("POST",)
    parser_classes = [MultiPartParser]
    ordering = ("-pk",)

    @extend_schema(responses=paged(PhotoSearchSerializer))
    def get(self, request: Request) -> Response:
        """Your searches by photo of the last day, the latest first."""
        return self.page(PhotoSearch.objects.filter(user=self.account), PhotoSearchSerializer)

    @extend_schema(request={"multipart/form-data": PhotoSerializer}, responses={202: PhotoSearchSerializer})
    def post(self, request: Request) -> Response:
        """Has a worker look whose faces a photo shows; ask the answer's search how far it is."""
        picture = self.body(PhotoSerializer)["picture"]
        row = start_photo_search(picture=picture.read(), user=self.account)
        return Response(PhotoSearchSerializer(row).data, status=HTTPStatus.ACCEPTED)


class OnePhotoSearch(ApiView):
    required_permissions = SEARCH
    reading_methods = ("DELETE",)

    def _find(self, public_id: UUID) -> PhotoSearch:
        rows = PhotoSearch.objects.filter(user=self.account)
        row: PhotoSearch = find_row(rows, public_id, lookup="public_id", noun="search")
        return row

    @extend_schema(responses=PhotoSearchSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        """One of your searches."""
        return Response(PhotoSearchSerializer(self._find(public_id)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: UUID) -> Response:
        """Forgets the photo and what was found."""
        self._find(public_id).delete()
        return Response(status=HTTPStatus.NO_CONTENT)


class FaceMoments(ApiView):
    required_permissions = LOOK

    @extend_schema(parameters=[MomentsQuerySerializer], responses=MomentsPageSerializer)
    def get(self, request: Request) -> Response:
        """The videos in which somebody is to be seen, with the moments; or two people, with when both are at once."""
        asked = self.query(MomentsQuerySerializer)
        person, page, limit = find_person(asked["person"]), asked.get("page", 1), asked.get("limit", PAGE_SIZE)
        results: list[dict[str, Any]]
        if "other" in asked:
            both = videos_together(one=person, other=find_person(asked["other"]), page=page, per_page=limit)
            results = [_row(one.video, [_moment(None, start, end) for start, end in one.spans]) for one in both.videos]
            has_more = both.has_more
        else:
            found = moments_of(creator=person, page=page, per_page=limit)
            results = [
                _row(
                    one.video,
                    [
                        _moment(m.track_id, m.start_seconds, m.end_seconds, m.similarity, m.is_likely)
                        for m in one.moments
                    ],
                )
                for one in found.videos
            ]
            has_more = found.has_more
        return Response(MomentsPageSerializer({"results": results, "next_page": page + 1 if has_more else None}).data)


def _row(video: Video, moments: list[dict[str, Any]]) -> dict[str, Any]:
    return {"video": video, "moments": moments}


def _moment(
    track: int | None, start: float, end: float, similarity: float | None = None, is_likely: bool = False
) -> dict[str, Any]:
    return {
        "track": track, "start_seconds": start, "end_seconds": end, "similarity": similarity, "is_likely": is_likely,
    }  # fmt: skip
