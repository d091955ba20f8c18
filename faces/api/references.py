"""What people are known by: their reference faces, and photos that are being learned from."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from faces.addresses import reference_crop
from faces.api.shared import LOOK, find_person
from faces.models import FaceReference, ReferencePhoto
from faces.models.reference import ReferenceSource
from faces.models.reference_photo import PhotoState
from faces.services.known import remove_reference, show_reference
from faces.services.photos import add_photo, choose_face
from library.api.answers import NamedSerializer
from library.api.base import ApiView
from library.api.pages import paged
from library.api.rows import find_row

ADD = (*LOOK, "faces.add_facereference")


class FaceReferenceSerializer(serializers.Serializer[Any]):
    """A face that is surely this person's."""

    id = serializers.IntegerField(source="pk")
    person = NamedSerializer(source="creator")
    source = serializers.ChoiceField(ReferenceSource.choices)
    video = serializers.IntegerField(source="video_id", allow_null=True)
    time_seconds = serializers.FloatField(allow_null=True)
    quality = serializers.FloatField(allow_null=True, help_text="0 to 1.")
    is_primary = serializers.BooleanField(help_text="The face that stands for them.")
    crop = serializers.SerializerMethodField(help_text="Address of a picture of the face.")

    def get_crop(self, row: FaceReference) -> str:
        return reference_crop(row)


class AddReferenceSerializer(serializers.Serializer[Any]):
    """A photo of a person, as a form (multipart/form-data)."""

    person = serializers.UUIDField()
    picture = serializers.FileField()


class FaceBoxSerializer(serializers.Serializer[Any]):
    """A box as fractions of the picture."""

    left = serializers.FloatField()
    top = serializers.FloatField()
    width = serializers.FloatField()
    height = serializers.FloatField()


class ReferencePhotoSerializer(serializers.Serializer[Any]):
    """How far a photo is. With "several", `faces` are to be chosen from: POST the number, from 1. `batch` undoes it."""

    id = serializers.UUIDField(source="public_id")
    person = NamedSerializer(source="creator")
    name = serializers.CharField()
    state = serializers.ChoiceField(PhotoState.choices)
    error = serializers.CharField()
    faces = FaceBoxSerializer(many=True)
    picture = serializers.SerializerMethodField(help_text="Address of the photo; empty once it is learned.")
    reference = serializers.IntegerField(source="reference_id", allow_null=True)
    batch = serializers.UUIDField(source="batch_id", allow_null=True)

    def get_picture(self, row: ReferencePhoto) -> str:
        return reverse("reference_photo", args=(row.public_id,)) if row.picture else ""


class ChosenFaceSerializer(serializers.Serializer[Any]):
    """Which of the faces it is."""

    number = serializers.IntegerField(min_value=1, max_value=1000)


def references() -> Any:
    """Known faces of people in use, with what their serializer reads."""
    rows = FaceReference.objects.filter(creator__trashed_at=None)
    return rows.select_related("creator").defer("embedding")


def find_reference(reference_id: int) -> FaceReference:
    """Raises NotFound."""
    row: FaceReference = find_row(references(), reference_id, noun="face")
    return row


class FaceReferences(ApiView):
    required_permissions = {"GET": LOOK, "POST": ADD}
    parser_classes = [MultiPartParser, JSONParser]
    ordering = ("creator_id", "-is_primary", "-pk")

    @extend_schema(
        parameters=[OpenApiParameter("person", UUID, description="Only this person's.")],
        responses=paged(FaceReferenceSerializer),
    )
    def get(self, request: Request) -> Response:
        """Known faces, person by person, the one that stands for them first."""
        rows = references()
        wanted = request.query_params.get("person", "")
        if wanted:
            rows = rows.filter(creator__public_id=serializers.UUIDField().run_validation(wanted))
        return self.page(rows, FaceReferenceSerializer)

    @extend_schema(request={"multipart/form-data": AddReferenceSerializer}, responses={202: ReferencePhotoSerializer})
    def post(self, request: Request) -> Response:
        """Has a worker learn a person's face from a photo; ask the answer's photo how far it is."""
        values = self.body(AddReferenceSerializer)
        person, picture = find_person(values["person"]), values["picture"]
        row = add_photo(creator=person, picture=picture.read(), name=picture.name or "photo", user=self.account)
        return Response(ReferencePhotoSerializer(row).data, status=HTTPStatus.ACCEPTED)


class FaceReferenceDetail(ApiView):
    required_permissions = {
        "GET": LOOK,
        "DELETE": (*LOOK, "faces.delete_facereference"),
    }

    @extend_schema(responses=FaceReferenceSerializer)
    def get(self, request: Request, reference_id: int) -> Response:
        """One known face."""
        return Response(FaceReferenceSerializer(find_reference(reference_id)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, reference_id: int) -> Response:
        """It isn't them, or too bad to know them by. Faces that nobody has named are compared anew."""
        row = find_reference(reference_id)
        with self.changing():
            remove_reference(reference=row, user=self.account)
        return Response(status=HTTPStatus.NO_CONTENT)


class PrimaryFaceReference(ApiView):
    required_permissions = (*LOOK, "faces.change_facereference")

    @extend_schema(request=None, responses=FaceReferenceSerializer)
    def post(self, request: Request, reference_id: int) -> Response:
        """Makes it the one that stands for them."""
        row = find_reference(reference_id)
        with self.changing():
            show_reference(reference=row, user=self.account)
        return Response(FaceReferenceSerializer(find_reference(reference_id)).data)


class ReferencePhotoView(ApiView):
    required_permissions = ADD

    def _find(self, public_id: UUID) -> ReferencePhoto:
        rows = ReferencePhoto.objects.filter(user=self.account).select_related("creator")
        row: ReferencePhoto = find_row(rows, public_id, lookup="public_id", noun="photo")
        return row

    @extend_schema(responses=ReferencePhotoSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        """How far one of your photos is."""
        return Response(ReferencePhotoSerializer(self._find(public_id)).data)

    @extend_schema(request=ChosenFaceSerializer, responses=ReferencePhotoSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Says which of several faces it is."""
        row = self._find(public_id)
        choose_face(photo=row, number=self.body(ChosenFaceSerializer)["number"])
        return Response(ReferencePhotoSerializer(self._find(public_id)).data)
