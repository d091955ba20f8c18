"""Studios: their list, one of them, and what hangs on them."""

from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.answers import AliasesSerializer
from library.api.rows import RowView, write
from library.services.trash import trash
from people import queries
from people.api.fields import (
    CardPageSerializer,
    StudioSerializer,
)
from people.api.shared import (
    CHANGE_STUDIO,
    LOOK,
    AliasesView,
    CardsQuerySerializer,
    CardsView,
    LinksEditSerializer,
    LinksView,
    MergeView,
    NamedView,
    RelatedSerializer,
    SimilarView,
)
from people.models import Studio
from people.services.studios import move_studio, similar_studios


def studios() -> QuerySet[Studio]:
    """Studios in use, with what their serializer reads."""
    rows = Studio.objects.in_use().select_related("parent", "network")
    return rows.prefetch_related("aliases", "social_links")


class Studios(CardsView):
    required_permissions = {"GET": LOOK, "POST": ("library.view_video", "people.add_studio")}
    serializer_class = StudioSerializer
    noun = "studio"
    read = staticmethod(queries.list_studios)

    def rows(self) -> QuerySet[Any]:
        return studios()

    @extend_schema(parameters=[CardsQuerySerializer], responses=CardPageSerializer)
    def get(self, request: Request) -> Response:
        """Studios with their logos, by name, by number of videos, or the newest."""
        return self.cards(request)

    @extend_schema(responses={201: StudioSerializer})
    def post(self, request: Request) -> Response:
        """Makes a studio; /studios/similar/ tells before whether one of that name is there."""
        return super().post(request)


class StudioDetail(RowView):
    required_permissions = {
        "GET": LOOK,
        "PATCH": CHANGE_STUDIO,
        "DELETE": ("library.view_video", "people.delete_studio"),
    }
    serializer_class = StudioSerializer
    noun = "studio"
    lookup = "public_id"

    def rows(self) -> QuerySet[Any]:
        return studios()

    def change(self, row: Any, values: dict[str, Any]) -> None:
        above = {name: values.pop(name) for name in ("parent", "network") if name in values}
        if above:
            move_studio(
                studio=row,
                parent=above.get("parent", row.parent),
                network=above.get("network", row.network),
                user=self.account,
            )
        write(row, values)

    def remove(self, row: Any) -> None:
        """Into the trash."""
        trash(kind="studio", ids=[row.pk], user=self.account)


class _OfStudio(NamedView):
    kind, noun, serializer_class = "studio", "studio", StudioSerializer

    def rows(self) -> QuerySet[Any]:
        return studios()


class StudioRelated(_OfStudio):
    required_permissions = LOOK

    @extend_schema(responses=RelatedSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        """The people who work with a studio, and the studios that are part of it."""
        studio = self.find(public_id)
        parts = queries.studio_cards(list(Studio.objects.in_use().filter(parent=studio).order_by("name", "pk")[:60]))
        return Response(RelatedSerializer({"people": queries.people_of(studio), "studios": parts}).data)


class StudiosSimilar(_OfStudio, SimilarView):
    required_permissions = LOOK
    similar = staticmethod(similar_studios)


@extend_schema_view(post=extend_schema(request=AliasesSerializer, responses=StudioSerializer))
class StudioAliases(_OfStudio, AliasesView):
    required_permissions = {"POST": CHANGE_STUDIO}


class StudioMerge(_OfStudio, MergeView):
    required_permissions = {"POST": (*CHANGE_STUDIO, "people.delete_studio")}


@extend_schema_view(post=extend_schema(request=LinksEditSerializer, responses=StudioSerializer))
class StudioLinks(_OfStudio, LinksView):
    required_permissions = {"POST": CHANGE_STUDIO}


class StudioPictureSerializer(serializers.Serializer[Any]):
    """Which picture of a studio, and the picture (multipart/form-data); without one it is taken away."""

    which = serializers.ChoiceField(["logo", "favicon", "poster"])
    picture = serializers.FileField(required=False)


class StudioPicture(_OfStudio):
    required_permissions = {"POST": CHANGE_STUDIO}
    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": StudioPictureSerializer}, responses=StudioSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Keeps a studio's logo, favicon or poster, or takes it away."""
        values = self.body(StudioPictureSerializer)
        picture: UploadedFile | str = values.get("picture", "")
        with self.changing() as batch:
            studio = self.find(public_id, is_locking=True)
            batch.summary = f"Chose the {values['which']} of {studio}"
            setattr(studio, values["which"], picture)
            studio.save(update_fields=[values["which"]])
        return self.show(studio)
