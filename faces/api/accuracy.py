"""How often matching is right, the lines that follow from it, and wiping."""

from dataclasses import asdict
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from faces.api.shared import BIGGEST_ID
from faces.models import FaceSettings
from faces.queries.report import face_stats
from faces.services.accuracy import precision_curve, threshold_for
from faces.services.naming import rematch_later
from faces.services.trying import try_thresholds
from faces.services.wiping import Wiped, count_faces, wipe_everything, wipe_folder, wipe_person
from library.access import check
from library.api.answers import NamedSerializer
from library.api.base import ApiView
from library.api.rows import VersionedSerializer
from library.api.settings_rows import SettingsView
from library.models import Folder
from people.models import Creator

_SEE = ("faces.view_facesettings",)
_MOST_PEOPLE = 1_000
_LINES = ("match_threshold", "auto_tag_threshold")


class AccuracyQuerySerializer(serializers.Serializer[Any]):
    """Of whom, what precision is wished for (0 to 1), and which lines are to be tried."""

    person = serializers.UUIDField(required=False)
    wish = serializers.FloatField(min_value=0.5, max_value=1, required=False)
    match = serializers.FloatField(min_value=0, max_value=1, required=False)
    auto = serializers.FloatField(min_value=0, max_value=1, required=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("match", 0.0) > values.get("auto", 1.0):
            raise serializers.ValidationError("`match` can't be above `auto`.")
        return values


class CurvePointSerializer(serializers.Serializer[Any]):
    """What matching from a likeness on would have been."""

    threshold = serializers.FloatField()
    precision = serializers.FloatField(allow_null=True)
    recall = serializers.FloatField(allow_null=True)


class CurveSerializer(serializers.Serializer[Any]):
    """From answered faces: `named` by people, `rejected` names. Few answers say little (`is_enough`)."""

    named = serializers.IntegerField()
    rejected = serializers.IntegerField()
    is_enough = serializers.BooleanField()
    points = CurvePointSerializer(many=True)


class WishedSerializer(serializers.Serializer[Any]):
    """The lowest likeness that was as precise as wished; null where the answers don't tell."""

    threshold = serializers.FloatField(allow_null=True)
    sentence = serializers.CharField()
    answers = serializers.IntegerField()


class TriedSerializer(serializers.Serializer[Any]):
    """What becomes of the faces that wait."""

    waiting = serializers.IntegerField()
    tried = serializers.IntegerField(help_text="The latest of them, which speak for all.")
    named = serializers.IntegerField()
    proposed = serializers.IntegerField()


class TrialSerializer(serializers.Serializer[Any]):
    """With the lines that count now, and with those that are tried."""

    now = TriedSerializer()
    then = TriedSerializer()
    below_line = serializers.IntegerField(help_text="Names that would have been asked about; they stay.")


class AccuracyOfPersonSerializer(serializers.Serializer[Any]):
    """A person's faces, and the share of proposals about them that were right (null where none was answered)."""

    person = NamedSerializer(source="creator")
    references = serializers.IntegerField()
    tracks = serializers.IntegerField()
    videos = serializers.IntegerField()
    accepted = serializers.IntegerField()
    rejected = serializers.IntegerField()
    precision = serializers.FloatField(allow_null=True)


class AccuracySerializer(serializers.Serializer[Any]):
    """How well faces are recognised in this library."""

    curve = CurveSerializer()
    wished = WishedSerializer(allow_null=True)
    trial = TrialSerializer()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="As `manage.py face_stats` tells them.")
    people = AccuracyOfPersonSerializer(many=True)


class FaceAccuracy(ApiView):
    """`/api/v1/faces/accuracy/`: measured by this library's own answers."""

    required_permissions = _SEE

    @extend_schema(parameters=[AccuracyQuerySerializer], responses=AccuracySerializer)
    def get(self, request: Request) -> Response:
        """The curve of one person or all, and what other lines would do. Changes nothing."""
        asked, now = self.query(AccuracyQuerySerializer), FaceSettings.load()
        creator = Creator.objects.in_use().filter(public_id=asked["person"]).first() if "person" in asked else None
        if "person" in asked and creator is None:
            raise NotFound("There is no such person.")
        curve = precision_curve(creator=creator)
        wished = threshold_for(asked["wish"], creator=creator) if "wish" in asked else None
        trial = try_thresholds(
            match=asked.get("match", now.match_threshold), auto=asked.get("auto", now.auto_tag_threshold)
        )
        stats = face_stats()
        return Response(
            {
                "curve": CurveSerializer(curve).data,
                "wished": WishedSerializer(wished).data if wished else None,
                "trial": TrialSerializer(trial).data,
                "counts": stats.counts,
                "people": AccuracyOfPersonSerializer(stats.creators[:_MOST_PEOPLE], many=True).data,
            }
        )


class FaceSettingsSerializer(VersionedSerializer):
    """How faces are found and what likeness is enough."""

    class Meta:
        model = FaceSettings
        fields = (
            "version", "is_enabled", "match_threshold", "auto_tag_threshold", "appearance_threshold",
            "cluster_threshold", "frames_per_video", "most_frames_per_video", "min_face_size",
        )  # fmt: skip

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        def after(name: str) -> Any:
            return values.get(name, getattr(self.instance or FaceSettings(), name))

        if after("match_threshold") > after("auto_tag_threshold"):
            raise serializers.ValidationError(
                {"auto_tag_threshold": ["Naming without asking needs at least the likeness that a proposal needs."]}
            )
        if after("frames_per_video") > after("most_frames_per_video"):
            raise serializers.ValidationError({"most_frames_per_video": ["The most can't be fewer than the fewest."]})
        return values


class FaceSettingsRow(SettingsView):
    required_permissions = {"GET": _SEE, "PATCH": ("faces.change_facesettings",)}
    serializer_class = FaceSettingsSerializer

    @extend_schema(responses=FaceSettingsSerializer)
    def get(self, request: Request) -> Response:
        """The settings as they hold now."""
        return super().get(request)

    @extend_schema(request=FaceSettingsSerializer, responses=FaceSettingsSerializer)
    @transaction.atomic
    def patch(self, request: Request) -> Response:
        """Changes settings; with other lines, faces that nobody has named are compared anew."""
        before = FaceSettings.load()
        answer = super().patch(request)
        after = FaceSettings.load()
        if any(getattr(before, name) != getattr(after, name) for name in _LINES):
            rematch_later()
        return answer


class WipeSerializer(serializers.Serializer[Any]):
    """What to wipe: a folder's faces, a person's, or with `everything` all of them."""

    folder = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID, required=False)
    person = serializers.UUIDField(required=False)
    everything = serializers.BooleanField(default=False)
    is_trial = serializers.BooleanField(default=False, help_text="Only counts.")

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if sum((bool(values.get("folder")), bool(values.get("person")), values["everything"])) != 1:
            raise serializers.ValidationError("Say one of `folder`, `person` and `everything`.")
        return values


class WipedSerializer(serializers.Serializer[Any]):
    """How many rows of each kind went, or would go."""

    wiped = serializers.DictField(child=serializers.IntegerField())


class FaceWipe(ApiView):
    """`/api/v1/faces/wipe/`: for good; there is no undo."""

    required_permissions = {"POST": ("faces.wipe_faces",)}

    @extend_schema(request=WipeSerializer, responses=WipedSerializer)
    def post(self, request: Request) -> Response:
        """Wipes embeddings, pictures, appearances and what was learned. Credits stay."""
        asked = self.body(WipeSerializer)
        folder = self._folder(asked["folder"]) if "folder" in asked else None
        creator = self._person(asked["person"]) if "person" in asked else None
        return Response({"wiped": asdict(self._wipe(folder, creator, is_trial=asked["is_trial"]))})

    def _wipe(self, folder: Folder | None, creator: Creator | None, *, is_trial: bool) -> Wiped:
        if is_trial:
            return count_faces(folder=folder, creator=creator)
        if folder is not None:
            return wipe_folder(folder=folder, user=self.account)
        if creator is not None:
            return wipe_person(creator=creator, user=self.account)
        return wipe_everything(user=self.account)

    def _folder(self, key: int) -> Folder:
        check(self.request, "library.view_folder")
        folder = Folder.objects.in_library().filter(pk=key).first()
        if folder is None:
            raise NotFound("There is no such folder.")
        return folder

    def _person(self, key: Any) -> Creator:
        creator = Creator.objects.filter(public_id=key).first()
        if creator is None:
            raise NotFound("There is no such person.")
        return creator
