"""Statistics: what the dashboard shows, for programs."""

from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.base import ApiView
from library.api.rows import VersionedSerializer
from library.api.settings_rows import SettingsView
from processing.services.submit import MANUAL, submit_jobs
from stats.models import StatsSettings
from stats.queries.entities import year_of
from stats.queries.export import history_csv, series_csv
from stats.queries.forecast import forecasts
from stats.queries.series import MOST_DAYS, MOST_POINTS, NoSuchSeriesError, as_dict, fields_of, history, series
from stats.queries.summary import summary
from stats.services.snapshots import KINDS
from stats.stages import WHOLE

_SEE = ("stats.view_statistics",)
_AS = OpenApiParameter("as", str, enum=["json", "csv"], description="json by itself.")


class CoverageSerializer(serializers.Serializer[Any]):
    """How many of the videos have something, in percent, now and before."""

    field = serializers.CharField()
    words = serializers.CharField()
    facet = serializers.CharField()
    percent = serializers.FloatField()
    before_percent = serializers.FloatField(allow_null=True)
    left = serializers.IntegerField()


class DiskSerializer(serializers.Serializer[Any]):
    """A disk and when it will be full."""

    path = serializers.CharField()
    folders = serializers.ListField(child=serializers.CharField())
    total_bytes = serializers.IntegerField()
    free_bytes = serializers.IntegerField()
    bytes_a_day = serializers.FloatField(allow_null=True)
    full_on = serializers.DateField(allow_null=True)


class StatsSerializer(serializers.Serializer[Any]):
    """The newest snapshot of each kind, null before the first."""

    storage = serializers.DictField(allow_null=True)
    library = serializers.DictField(allow_null=True)
    content = serializers.DictField(allow_null=True)
    usage = serializers.DictField(allow_null=True)
    coverage = CoverageSerializer(many=True)
    disks = DiskSerializer(many=True)


class DaysSerializer(serializers.Serializer[Any]):
    """How far back."""

    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=30)


class Stats(ApiView):
    """`/api/v1/stats/`: everything at a glance."""

    required_permissions = _SEE

    @extend_schema(parameters=[DaysSerializer], responses=StatsSerializer)
    def get(self, request: Request) -> Response:
        """The newest snapshots, compared with those of `days` ago."""
        found = summary(days=self.query(DaysSerializer)["days"])
        kinds = {kind: getattr(found, kind) for kind in KINDS}
        return Response(
            {
                **{kind: as_dict(row) if row else None for kind, row in kinds.items()},
                "coverage": [asdict(one) for one in found.coverage],
                "disks": [asdict(one) for one in forecasts()],
            }
        )


class FieldSerializer(serializers.Serializer[Any]):
    """A number of a kind of snapshot."""

    kind = serializers.CharField()
    field = serializers.CharField()
    label = serializers.CharField()


class Fields(ApiView):
    """`/api/v1/stats/fields/`: what `series` can tell."""

    required_permissions = _SEE

    @extend_schema(responses=FieldSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every number of every kind of snapshot."""
        return Response(
            [
                {"kind": kind, "field": field, "label": label}
                for kind in KINDS
                for field, label in fields_of(kind).items()
            ]
        )


class SeriesQuerySerializer(DaysSerializer):
    """Which series."""

    kind = serializers.CharField(max_length=20)
    field = serializers.CharField(max_length=60)
    points = serializers.IntegerField(min_value=2, max_value=MOST_POINTS, default=MOST_POINTS)
    ended_days_ago = serializers.IntegerField(
        min_value=0,
        max_value=MOST_DAYS,
        default=0,
        help_text="As many as `days`: the range before.",
    )


class PointSerializer(serializers.Serializer[Any]):
    """A figure of a day or an hour."""

    at = serializers.CharField()
    value = serializers.FloatField()


class SeriesSerializer(serializers.Serializer[Any]):
    """A field over time; `unit` is bytes, seconds, percent or count."""

    kind = serializers.CharField()
    field = serializers.CharField()
    label = serializers.CharField()
    unit = serializers.CharField()
    points = PointSerializer(many=True)


class SeriesView(ApiView):
    """`/api/v1/stats/series/`: one number over time."""

    required_permissions = _SEE

    @extend_schema(
        parameters=[SeriesQuerySerializer, _AS],
        responses={200: SeriesSerializer, 404: OpenApiResponse(description="No such number.")},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The oldest first; as CSV with `as=csv`."""
        asked = self.query(SeriesQuerySerializer)
        try:
            found = series(
                asked["kind"],
                asked["field"],
                days=asked["days"],
                ended_days_ago=asked["ended_days_ago"],
                most=asked["points"],
            )
        except NoSuchSeriesError as error:
            raise NotFound(str(error)) from None
        if request.query_params.get("as") == "csv":
            return _csv(series_csv(found), f"{found.kind}-{found.field}")
        return Response(asdict(found))


class HistoryQuerySerializer(serializers.Serializer[Any]):
    """How far back, and how many at most."""

    days = serializers.IntegerField(min_value=1, max_value=365, default=30)
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)


class History(ApiView):
    """`/api/v1/stats/history/<kind>/`: whole snapshots."""

    required_permissions = _SEE

    @extend_schema(
        operation_id="stats_history",
        parameters=[HistoryQuerySerializer, _AS],
        responses={200: OpenApiTypes.OBJECT, 404: OpenApiResponse(description="No such kind.")},
    )
    def get(self, request: Request, kind: str) -> HttpResponseBase:
        """The newest first, with every field; as CSV with `as=csv`."""
        asked = self.query(HistoryQuerySerializer)
        try:
            rows = history(kind, days=asked["days"], limit=asked["limit"])
        except NoSuchSeriesError as error:
            raise NotFound(str(error)) from None
        if request.query_params.get("as") == "csv":
            return _csv(history_csv(rows), kind)
        return Response({"results": rows})


class TakeSerializer(serializers.Serializer[Any]):
    """Which to take."""

    kind = serializers.ChoiceField(choices=["storage", "daily"], default="daily")


class Snapshots(ApiView):
    """`/api/v1/stats/snapshots/`: takes some now."""

    required_permissions = {"POST": ("stats.change_statssettings",)}

    @extend_schema(request=TakeSerializer, responses={202: OpenApiResponse(description="A worker takes it.")})
    def post(self, request: Request) -> Response:
        """`storage` is the disks, `daily` all others; one of the same hour or day is replaced."""
        stage = f"snapshot-{self.body(TakeSerializer)['kind']}"
        submit_jobs(stage=stage, target_ids=[WHOLE], priority=MANUAL, requested_by_id=self.account.pk)
        return Response({"detail": "A worker takes it now."}, status=202)


class StatsSettingsSerializer(VersionedSerializer):
    """How long snapshots are kept."""

    class Meta:
        model = StatsSettings
        fields = ("version", "storage_days", "daily_days", "derived_hours")


class StatsSettingsRow(SettingsView):
    required_permissions = {"GET": ("stats.view_statssettings",), "PATCH": ("stats.change_statssettings",)}
    serializer_class = StatsSettingsSerializer

    @extend_schema(responses=StatsSettingsSerializer)
    def get(self, request: Request) -> Response:
        """The settings as they hold now."""
        return super().get(request)

    @extend_schema(request=StatsSettingsSerializer, responses=StatsSettingsSerializer)
    def patch(self, request: Request) -> Response:
        """Changes settings; the audit log tells who changed what."""
        return super().patch(request)


class YearQuerySerializer(serializers.Serializer[Any]):
    """Which year."""

    year = serializers.IntegerField(min_value=1970, max_value=9998, required=False)


class TopSerializer(serializers.Serializer[Any]):
    """What was watched longest."""

    id = serializers.CharField()
    name = serializers.CharField()
    seconds = serializers.FloatField()


class YearSerializer(serializers.Serializer[Any]):
    """A user's year: seconds by month, and by day of the week (Monday first) and hour."""

    year = serializers.IntegerField()
    seconds = serializers.FloatField()
    sittings = serializers.IntegerField()
    videos = serializers.IntegerField()
    completed = serializers.IntegerField()
    months = serializers.ListField(child=serializers.FloatField())
    hours = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))
    top_videos = TopSerializer(many=True)
    top_people = TopSerializer(many=True)
    top_studios = TopSerializer(many=True)
    top_tags = TopSerializer(many=True)


class MyYear(ApiView):
    """`/api/v1/stats/me/`: what the account watched in a year. Nobody else's."""

    required_permissions = ("library.view_video",)

    @extend_schema(parameters=[YearQuerySerializer], responses=YearSerializer)
    def get(self, request: Request) -> Response:
        """This year without `year`."""
        found = year_of(self.account, self.query(YearQuerySerializer).get("year") or timezone.localdate().year)
        tops = {
            name: [
                {"id": str(getattr(thing, "public_id", thing.pk)), "name": str(thing), "seconds": seconds}
                for thing, seconds in getattr(found, name)
            ]
            for name in ("top_videos", "top_people", "top_studios", "top_tags")
        }
        plain = {name: getattr(found, name) for name in ("year", "seconds", "sittings", "videos", "completed")}
        return Response({**plain, "months": found.months, "hours": found.hours, **tops})


def _csv(text: str, name: str) -> HttpResponse:
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
