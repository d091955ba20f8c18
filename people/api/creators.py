"""People: their list, one of them, and what hangs on them."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

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
    CreatorPictureSerializer,
    CreatorSerializer,
    ProfileSerializer,
)
from people.api.shared import (
    CHANGE_CREATOR,
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
from people.models import Creator, CreatorPicture, CreatorProfile
from people.services.creators import similar_creators


def creators() -> QuerySet[Creator]:
    """People in use, with what their serializer reads."""
    rows = Creator.objects.in_use()
    return rows.prefetch_related("aliases", "pictures", "profiles__platform", "social_links")


def find_creator(public_id: UUID, *, is_locking: bool = False) -> Creator:
    """Raises NotFound."""
    row: Creator = find_row(
        Creator.objects.in_use(), public_id, lookup="public_id", noun="person", is_locking=is_locking
    )
    return row


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


class CreatorRelated(ApiView):
    required_permissions = LOOK

    @extend_schema(responses=RelatedSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        """Who is in videos together with them, and the studios that they work with."""
        creator = find_creator(public_id)
        body = {"people": queries.costars(creator), "studios": queries.studios_of(creator)}
        return Response(RelatedSerializer(body).data)


class CreatorsSimilar(ApiView):
    required_permissions = LOOK

    @extend_schema(parameters=[NAME], responses=SimilarNamedSerializer(many=True))
    def get(self, request: Request) -> Response:
        """People who may be meant by `name`: case, accents, spaces or a letter or two differ."""
        return Response(SimilarNamedSerializer(similar_creators(asked_name(request)), many=True).data)


class CreatorAliases(ApiView):
    required_permissions = {"POST": CHANGE_CREATOR}

    @extend_schema(request=AliasesSerializer, responses=CreatorSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Other names of a person."""
        values = self.body(AliasesSerializer)
        with self.changing() as batch:
            row = find_creator(public_id, is_locking=True)
            batch.summary = f"Changed the other names of {row}"
            edit_aliases(row.aliases, values, creator=row)
        return Response(CreatorSerializer(creators().get(pk=row.pk)).data)


class CreatorMerge(ApiView):
    required_permissions = {"POST": (*CHANGE_CREATOR, "people.delete_creator")}

    @extend_schema(request=PublicIdsSerializer, responses=DoneSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Merges people into this one, with everything that hangs on them."""
        keep = find_creator(public_id)
        others = [find_creator(one) for one in dict.fromkeys(self.body(PublicIdsSerializer)["ids"][:100])]
        with self.changing() as batch:
            merge("creator", keep=keep, others=others, user=self.account)
        return Response(done(len(others), batch.summary, batch))


class CreatorLinks(ApiView):
    required_permissions = {"POST": CHANGE_CREATOR}

    @extend_schema(request=LinksEditSerializer, responses=CreatorSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Links of a person."""
        row = find_creator(public_id)
        edit_named_links(self, row, "creator")
        return Response(CreatorSerializer(creators().get(pk=row.pk)).data)


class CreatorProfiles(ApiView):
    required_permissions = {"POST": CHANGE_CREATOR}

    @extend_schema(request=ProfileSerializer, responses={201: ProfileSerializer})
    def post(self, request: Request, public_id: UUID) -> Response:
        """A profile of theirs on a platform; a primary one takes the place of the one before."""
        values = self.body(ProfileSerializer)
        with self.changing() as batch:
            creator = find_creator(public_id, is_locking=True)
            batch.summary = f"Added a profile of {creator}"
            if values.get("is_primary"):
                creator.profiles.filter(is_primary=True).update(is_primary=False)
            row = CreatorProfile(creator=creator, **values)
            row.full_clean()
            row.save()
        return Response(ProfileSerializer(row).data, status=HTTPStatus.CREATED)


class CreatorProfileDetail(ApiView):
    required_permissions = {"DELETE": CHANGE_CREATOR}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: UUID, row_id: int) -> Response:
        """Forgets a profile."""
        creator = find_creator(public_id)
        with self.changing(f"Removed a profile of {creator}"):
            find_row(creator.profiles.all(), row_id, noun="profile").delete()
        return Response(status=HTTPStatus.NO_CONTENT)


class PictureUploadSerializer(serializers.Serializer[Any]):
    """A picture, as a form (multipart/form-data). The first one is the primary one."""

    picture = serializers.FileField()
    is_primary = serializers.BooleanField(default=False)


class CreatorPictures(ApiView):
    required_permissions = {"POST": CHANGE_CREATOR}
    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": PictureUploadSerializer}, responses={201: CreatorPictureSerializer})
    def post(self, request: Request, public_id: UUID) -> Response:
        """Keeps a picture of them: as WebP, upright, without what cameras write into it."""
        values = self.body(PictureUploadSerializer)
        with self.changing() as batch:
            creator = find_creator(public_id, is_locking=True)
            batch.summary = f"Added a picture of {creator}"
            is_primary = values["is_primary"] or not creator.pictures.exists()
            if is_primary:
                creator.pictures.filter(is_primary=True).update(is_primary=False)
            row = CreatorPicture.objects.create(creator=creator, image=values["picture"], is_primary=is_primary)
        return Response(CreatorPictureSerializer(row).data, status=HTTPStatus.CREATED)


class CreatorPictureDetail(ApiView):
    required_permissions = {"POST": CHANGE_CREATOR, "DELETE": CHANGE_CREATOR}

    @extend_schema(request=None, responses=CreatorPictureSerializer)
    def post(self, request: Request, public_id: UUID, row_id: int) -> Response:
        """Makes it the one that stands for them."""
        with self.changing() as batch:
            creator = find_creator(public_id, is_locking=True)
            batch.summary = f"Chose the picture of {creator}"
            row = find_row(creator.pictures.all(), row_id, noun="picture")
            creator.pictures.filter(is_primary=True).exclude(pk=row.pk).update(is_primary=False)
            write(row, {"is_primary": True})
        return Response(CreatorPictureSerializer(row).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: UUID, row_id: int) -> Response:
        """Takes a picture away; another one stands for them then."""
        with self.changing() as batch:
            creator = find_creator(public_id, is_locking=True)
            batch.summary = f"Removed a picture of {creator}"
            row = find_row(creator.pictures.all(), row_id, noun="picture")
            row.delete()
            heir = creator.pictures.order_by("pk").first()
            if row.is_primary and heir is not None:
                write(heir, {"is_primary": True})
        return Response(status=HTTPStatus.NO_CONTENT)
