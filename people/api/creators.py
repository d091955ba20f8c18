"""People: their list, one of them, and what hangs on them."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.answers import AliasesSerializer
from library.api.rows import RowView, find_row, write
from library.services.trash import trash
from people import queries
from people.api.fields import (
    CardPageSerializer,
    CreatorPictureSerializer,
    CreatorSerializer,
    ProfileSerializer,
)
from people.api.shared import (
    CHANGE_CREATOR,
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
from people.models import Creator, CreatorPicture, CreatorProfile
from people.services.creators import similar_creators


def creators() -> QuerySet[Creator]:
    """People in use, with what their serializer reads."""
    rows = Creator.objects.in_use()
    return rows.prefetch_related("aliases", "pictures", "profiles__platform", "social_links")


class Creators(CardsView):
    required_permissions = {"GET": LOOK, "POST": ("library.view_video", "people.add_creator")}
    serializer_class = CreatorSerializer
    noun = "person"
    read = staticmethod(queries.list_creators)

    def rows(self) -> QuerySet[Any]:
        return creators()

    @extend_schema(parameters=[CardsQuerySerializer], responses=CardPageSerializer)
    def get(self, request: Request) -> Response:
        """People with their pictures, by name, by number of videos, or the newest."""
        return self.cards(request)

    @extend_schema(responses={201: CreatorSerializer})
    def post(self, request: Request) -> Response:
        """Makes a person; /people/similar/ tells before whether somebody of that name is there."""
        return super().post(request)


class CreatorDetail(RowView):
    required_permissions = {
        "GET": LOOK,
        "PATCH": CHANGE_CREATOR,
        "DELETE": ("library.view_video", "people.delete_creator"),
    }
    serializer_class = CreatorSerializer
    noun = "person"
    lookup = "public_id"

    def rows(self) -> QuerySet[Any]:
        return creators()

    def remove(self, row: Any) -> None:
        """Into the trash."""
        trash(kind="creator", ids=[row.pk], user=self.account)


class _OfCreator(NamedView):
    kind, noun, serializer_class = "creator", "person", CreatorSerializer

    def rows(self) -> QuerySet[Any]:
        return creators()


class CreatorRelated(_OfCreator):
    required_permissions = LOOK

    @extend_schema(responses=RelatedSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        """Who is in videos together with them, and the studios that they work with."""
        creator = self.find(public_id)
        body = {"people": queries.costars(creator), "studios": queries.studios_of(creator)}
        return Response(RelatedSerializer(body).data)


class CreatorsSimilar(_OfCreator, SimilarView):
    required_permissions = LOOK
    similar = staticmethod(similar_creators)


@extend_schema_view(post=extend_schema(request=AliasesSerializer, responses=CreatorSerializer))
class CreatorAliases(_OfCreator, AliasesView):
    required_permissions = {"POST": CHANGE_CREATOR}


class CreatorMerge(_OfCreator, MergeView):
    required_permissions = {"POST": (*CHANGE_CREATOR, "people.delete_creator")}


@extend_schema_view(post=extend_schema(request=LinksEditSerializer, responses=CreatorSerializer))
class CreatorLinks(_OfCreator, LinksView):
    required_permissions = {"POST": CHANGE_CREATOR}


class CreatorProfiles(_OfCreator):
    required_permissions = {"POST": CHANGE_CREATOR}

    @extend_schema(request=ProfileSerializer, responses={201: ProfileSerializer})
    def post(self, request: Request, public_id: UUID) -> Response:
        """A profile of theirs on a platform; a primary one takes the place of the one before."""
        values = self.body(ProfileSerializer)
        with self.changing() as batch:
            creator = self.find(public_id, is_locking=True)
            batch.summary = f"Added a profile of {creator}"
            if values.get("is_primary"):
                creator.profiles.filter(is_primary=True).update(is_primary=False)
            row = CreatorProfile(creator=creator, **values)
            row.full_clean()
            row.save()
        return Response(ProfileSerializer(row).data, status=HTTPStatus.CREATED)


class CreatorProfileDetail(_OfCreator):
    required_permissions = {"DELETE": CHANGE_CREATOR}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: UUID, row_id: int) -> Response:
        """Forgets a profile."""
        creator = self.find(public_id)
        with self.changing(f"Removed a profile of {creator}"):
            find_row(creator.profiles.all(), row_id, noun="profile").delete()
        return Response(status=HTTPStatus.NO_CONTENT)


class PictureUploadSerializer(serializers.Serializer[Any]):
    """A picture, as a form (multipart/form-data). The first one is the primary one."""

    picture = serializers.FileField()
    is_primary = serializers.BooleanField(default=False)


class CreatorPictures(_OfCreator):
    required_permissions = {"POST": CHANGE_CREATOR}
    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": PictureUploadSerializer}, responses={201: CreatorPictureSerializer})
    def post(self, request: Request, public_id: UUID) -> Response:
        """Keeps a picture of them: as WebP, upright, without what cameras write into it."""
        values = self.body(PictureUploadSerializer)
        with self.changing() as batch:
            creator = self.find(public_id, is_locking=True)
            batch.summary = f"Added a picture of {creator}"
            is_primary = values["is_primary"] or not creator.pictures.exists()
            if is_primary:
                creator.pictures.filter(is_primary=True).update(is_primary=False)
            row = CreatorPicture.objects.create(creator=creator, image=values["picture"], is_primary=is_primary)
        return Response(CreatorPictureSerializer(row).data, status=HTTPStatus.CREATED)


class CreatorPictureDetail(_OfCreator):
    required_permissions = {"POST": CHANGE_CREATOR, "DELETE": CHANGE_CREATOR}

    @extend_schema(request=None, responses=CreatorPictureSerializer)
    def post(self, request: Request, public_id: UUID, row_id: int) -> Response:
        """Makes it the one that stands for them."""
        with self.changing() as batch:
            creator = self.find(public_id, is_locking=True)
            batch.summary = f"Chose the picture of {creator}"
            row = find_row(creator.pictures.all(), row_id, noun="picture")
            creator.pictures.filter(is_primary=True).exclude(pk=row.pk).update(is_primary=False)
            write(row, {"is_primary": True})
        return Response(CreatorPictureSerializer(row).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: UUID, row_id: int) -> Response:
        """Takes a picture away; another one stands for them then."""
        with self.changing() as batch:
            creator = self.find(public_id, is_locking=True)
            batch.summary = f"Removed a picture of {creator}"
            row = find_row(creator.pictures.all(), row_id, noun="picture")
            row.delete()
            heir = creator.pictures.order_by("pk").first()
            if row.is_primary and heir is not None:
                write(heir, {"is_primary": True})
        return Response(status=HTTPStatus.NO_CONTENT)
