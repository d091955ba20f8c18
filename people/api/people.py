"""People and studios: their lists, one of them, and what hangs on them."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.answers import AliasesSerializer, DoneSerializer, PublicIdsSerializer, done
from library.api.base import ApiView
from library.api.pages import MOST_AT_ONCE, PAGE_SIZE
from library.api.rows import RowsView, RowView, find_row, write
from library.api.tags import edit_aliases
from library.services.merging import merge
from library.services.trash import trash
from people import queries
from people.api.fields import (
    CardPageSerializer,
    CardSerializer,
    CreatorPictureSerializer,
    CreatorSerializer,
    LinkSerializer,
    PlatformSerializer,
    ProfileSerializer,
    StudioSerializer,
)
from people.models import Creator, CreatorPicture, CreatorProfile, Platform, SocialLink, Studio
from people.services.creators import similar_creators
from people.services.studios import move_studio, similar_studios

LOOK = ("library.view_video",)
CHANGE_CREATOR = ("library.view_video", "people.change_creator")
CHANGE_STUDIO = ("library.view_video", "people.change_studio")


class CardsQuerySerializer(serializers.Serializer[Any]):
    q = serializers.CharField(required=False, allow_blank=True, max_length=200)
    sort = serializers.ChoiceField(list(queries.ORDERS), default="name")
    cursor = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MOST_AT_ONCE)


def creators() -> QuerySet[Creator]:
    """People in use, with what their serializer reads."""
    rows = Creator.objects.in_use()
    return rows.prefetch_related("aliases", "pictures", "profiles__platform", "social_links")


def studios() -> QuerySet[Studio]:
    """Studios in use, with what their serializer reads."""
    rows = Studio.objects.in_use().select_related("parent", "network")
    return rows.prefetch_related("aliases", "social_links")


def find_creator(public_id: UUID, *, is_locking: bool = False) -> Creator:
    """Raises NotFound."""
    row: Creator = find_row(
        Creator.objects.in_use(), public_id, lookup="public_id", noun="person", is_locking=is_locking
    )
    return row


def find_studio(public_id: UUID, *, is_locking: bool = False) -> Studio:
    """Raises NotFound."""
    row: Studio = find_row(Studio.objects.in_use(), public_id, lookup="public_id", noun="studio", is_locking=is_locking)
    return row


class _CardsView(RowsView):
    """GET is a list of cards by its own places, POST makes a row."""

    is_list = False
    read: Callable[..., queries.CardPage]

    def cards(self, request: Request) -> Response:
        asked = self.query(CardsQuerySerializer)
        limit, text = asked.get("limit", PAGE_SIZE), asked.get("q", "").strip()
        page = type(self).read(order=asked["sort"], text=text, after=asked.get("cursor", ""), limit=limit)
        following = None
        if page.next_place:
            parts = {"q": text, "sort": asked["sort"], "limit": limit, "cursor": page.next_place}
            following = f"{request.path}?{urlencode({name: value for name, value in parts.items() if value})}"
        body = {"results": page.cards, "next": following, "next_cursor": page.next_place}
        return Response(CardPageSerializer(body).data)


class Creators(_CardsView):
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


class Studios(_CardsView):
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


class RelatedSerializer(serializers.Serializer[Any]):
    """Who works with whom."""

    people = CardSerializer(many=True, help_text="The count is of videos together.")
    studios = CardSerializer(many=True)


class CreatorRelated(ApiView):
    required_permissions = LOOK

    @extend_schema(responses=RelatedSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        """Who is in videos together with them, and the studios that they work with."""
        creator = find_creator(public_id)
        body = {"people": queries.costars(creator), "studios": queries.studios_of(creator)}
        return Response(RelatedSerializer(body).data)


class StudioRelated(ApiView):
    required_permissions = LOOK

    @extend_schema(responses=RelatedSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        """The people who work with a studio, and the studios that are part of it."""
        studio = find_studio(public_id)
        parts = queries.studio_cards(list(Studio.objects.in_use().filter(parent=studio).order_by("name", "pk")[:60]))
        return Response(RelatedSerializer({"people": queries.people_of(studio), "studios": parts}).data)


class SimilarNamedSerializer(serializers.Serializer[Any]):
    """One that may be meant."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField(source="__str__")


_NAME = OpenApiParameter("name", str, required=True)


class CreatorsSimilar(ApiView):
    required_permissions = LOOK

    @extend_schema(parameters=[_NAME], responses=SimilarNamedSerializer(many=True))
    def get(self, request: Request) -> Response:
        """People who may be meant by `name`: case, accents, spaces or a letter or two differ."""
        return Response(SimilarNamedSerializer(similar_creators(_asked_name(request)), many=True).data)


class StudiosSimilar(ApiView):
    required_permissions = LOOK

    @extend_schema(parameters=[_NAME], responses=SimilarNamedSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Studios that may be meant by `name`."""
        return Response(SimilarNamedSerializer(similar_studios(_asked_name(request)), many=True).data)


def _asked_name(request: Request) -> str:
    return request.query_params.get("name", "")[:200].replace("\0", "")


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


class LinksEditSerializer(serializers.Serializer[Any]):
    """Links to add, and ids of links to remove."""

    add = LinkSerializer(many=True, required=False)
    remove = serializers.ListField(child=serializers.IntegerField(), max_length=100, required=False)


class CreatorLinks(ApiView):
    required_permissions = {"POST": CHANGE_CREATOR}

    @extend_schema(request=LinksEditSerializer, responses=CreatorSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Links of a person."""
        row = find_creator(public_id)
        _edit_links(self, row, "creator")
        return Response(CreatorSerializer(creators().get(pk=row.pk)).data)


class StudioLinks(ApiView):
    required_permissions = {"POST": CHANGE_STUDIO}

    @extend_schema(request=LinksEditSerializer, responses=StudioSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Links of a studio."""
        row = find_studio(public_id)
        _edit_links(self, row, "studio")
        return Response(StudioSerializer(studios().get(pk=row.pk)).data)


def _edit_links(view: ApiView, row: Any, owner: str) -> None:
    values = view.body(LinksEditSerializer)
    with view.changing(f"Changed the links of {row}"):
        SocialLink.objects.filter(**{owner: row}, pk__in=values.get("remove", [])).delete()
        for one in values.get("add", [])[:100]:
            link = SocialLink(**{owner: row}, **one)
            link.full_clean()
            link.save()


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


class Platforms(RowsView):
    """Sites where people have profiles."""

    required_permissions = {"GET": LOOK, "POST": ("library.view_video", "people.add_platform")}
    serializer_class = PlatformSerializer
    noun = "platform"
    ordering = ("name", "pk")

    def rows(self) -> QuerySet[Any]:
        return Platform.objects.all()


class PlatformDetail(RowView):
    """A site where people have profiles; its profiles go with it."""

    required_permissions = {
        "GET": LOOK,
        "PATCH": ("library.view_video", "people.change_platform"),
        "DELETE": ("library.view_video", "people.delete_platform"),
    }
    serializer_class = PlatformSerializer
    noun = "platform"

    def rows(self) -> QuerySet[Any]:
        return Platform.objects.all()
