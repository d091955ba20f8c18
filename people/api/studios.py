"""Studios: their list, one of them, and what hangs on them."""

from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.answers import AliasesSerializer, DoneSerializer, PublicIdsSerializer, done
from library.api.base import ApiView
from library.api.rows import RowView, find_row, write
from library.api.tags import edit_aliases
from library.services.merging import merge
from library.services.trash import trash
from people import queries
from people.api.fields import (
    CardPageSerializer,
    StudioSerializer,
)
from people.api.shared import (
    CHANGE_STUDIO,
    LOOK,
    NAME,
    CardsQuerySerializer,
    CardsView,
    LinksEditSerializer,
    RelatedSerializer,
    SimilarNamedSerializer,
    asked_name,
    edit_named_links,
)
from people.models import Studio
from people.services.studios import move_studio, similar_studios


def studios() -> QuerySet[Studio]:
    """Studios in use, with what their serializer reads."""
    rows = Studio.objects.in_use().select_related("parent", "network")
    return rows.prefetch_related("aliases", "social_links")


def find_studio(public_id: UUID, *, is_locking: bool = False) -> Studio:
    """Raises NotFound."""
    row: Studio = find_row(Studio.objects.in_use(), public_id, lookup="public_id", noun="studio", is_locking=is_locking)
    return row


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


class StudioRelated(ApiView):
    required_permissions = LOOK

    @extend_schema(responses=RelatedSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        """The people who work with a studio, and the studios that are part of it."""
        studio = find_studio(public_id)
        parts = queries.studio_cards(list(Studio.objects.in_use().filter(parent=studio).order_by("name", "pk")[:60]))
        return Response(RelatedSerializer({"people": queries.people_of(studio), "studios": parts}).data)


class StudiosSimilar(ApiView):
    required_permissions = LOOK

    @extend_schema(parameters=[NAME], responses=SimilarNamedSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Studios that may be meant by `name`."""
        return Response(SimilarNamedSerializer(similar_studios(asked_name(request)), many=True).data)


class StudioAliases(ApiView):
    required_permissions = {"POST": CHANGE_STUDIO}

    @extend_schema(request=AliasesSerializer, responses=StudioSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Other names of a studio."""
        values = self.body(AliasesSerializer)
        with self.changing() as batch:
            row = find_studio(public_id, is_locking=True)
            batch.summary = f"Changed the other names of {row}"
            edit_aliases(row.aliases, values, studio=row)
        return Response(StudioSerializer(studios().get(pk=row.pk)).data)


class StudioMerge(ApiView):
    required_permissions = {"POST": (*CHANGE_STUDIO, "people.delete_studio")}

    @extend_schema(request=PublicIdsSerializer, responses=DoneSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Merges studios into this one, with everything that hangs on them."""
        keep = find_studio(public_id)
        others = [find_studio(one) for one in dict.fromkeys(self.body(PublicIdsSerializer)["ids"][:100])]
        with self.changing() as batch:
            merge("studio", keep=keep, others=others, user=self.account)
        return Response(done(len(others), batch.summary, batch))


class StudioLinks(ApiView):
    required_permissions = {"POST": CHANGE_STUDIO}

    @extend_schema(request=LinksEditSerializer, responses=StudioSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Links of a studio."""
        row = find_studio(public_id)
        edit_named_links(self, row, "studio")
        return Response(StudioSerializer(studios().get(pk=row.pk)).data)


class StudioPictureSerializer(serializers.Serializer[Any]):
    """Which picture of a studio, and the picture (multipart/form-data); without one it is taken away."""

    which = serializers.ChoiceField(["logo", "favicon", "poster"])
    picture = serializers.FileField(required=False)


class StudioPicture(ApiView):
    required_permissions = {"POST": CHANGE_STUDIO}
    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": StudioPictureSerializer}, responses=StudioSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Keeps a studio's logo, favicon or poster, or takes it away."""
        values = self.body(StudioPictureSerializer)
        picture: UploadedFile | str = values.get("picture", "")
        with self.changing() as batch:
            studio = find_studio(public_id, is_locking=True)
            batch.summary = f"Chose the {values['which']} of {studio}"
            setattr(studio, values["which"], picture)
            studio.save(update_fields=[values["which"]])
        return Response(StudioSerializer(studios().get(pk=studio.pk)).data)
