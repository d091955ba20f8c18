"""The owner's settings: one row for each app."""

from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.base import ApiView
from library.api.rows import VersionedSerializer, settable, write
from library.api.versions import check_version
from library.models import LibrarySettings
from library.services.duplicates.best import check_rules
from playback.models import PlaybackSettings
from processing.models import ProcessingSettings

_LEFT_OUT = ("id", "created_at", "updated_at")


def _columns(model: Any) -> list[str]:
    return ["version", *(field.name for field in model._meta.concrete_fields if field.name not in _LEFT_OUT)]


class LibrarySettingsSerializer(VersionedSerializer):
    """How folders are scanned, the trash, and which of several duplicates is the best."""

    class Meta:
        model = LibrarySettings
        fields = _columns(LibrarySettings)

    def validate_keep_rules(self, value: Any) -> Any:
        return check_rules(value)


class ProcessingSettingsSerializer(VersionedSerializer):
    """Sizes, qualities and limits of what is made, and how long jobs are kept."""

    class Meta:
        model = ProcessingSettings
        fields = _columns(ProcessingSettings)


class PlaybackSettingsSerializer(VersionedSerializer):
    """What counts as watched, and how videos are played."""

    class Meta:
        model = PlaybackSettings
        fields = _columns(PlaybackSettings)


class SettingsView(ApiView):
    """A row that is made by its first change; without one the defaults hold."""

    serializer_class: type[serializers.ModelSerializer[Any]]
    has_version = True

    def get(self, request: Request) -> Response:
        """The settings as they hold now."""
        return self._show(_model(self).load())

    @transaction.atomic
    def patch(self, request: Request) -> Response:
        """Changes settings; they count from the next use on. The audit log tells who changed what."""
        model = _model(self)
        model.objects.get_or_create(pk=1)
        row = model.objects.select_for_update().get(pk=1)
        check_version(request, row, settable(self.serializer_class))
        write(row, self.body(self.serializer_class, partial=True, row=row))
        return self._show(model.load())

    def _show(self, row: Any) -> Response:
        data = self.serializer_class(row).data
        return Response(data, headers={"ETag": data["version"]})


def _model(view: SettingsView) -> Any:
    return view.serializer_class.Meta.model


class LibrarySettingsRow(SettingsView):
    required_permissions = {"GET": ("library.view_librarysettings",), "PATCH": ("library.change_librarysettings",)}
    serializer_class = LibrarySettingsSerializer


class ProcessingSettingsRow(SettingsView):
    required_permissions = {
        "GET": ("processing.view_processingsettings",),
        "PATCH": ("processing.change_processingsettings",),
    }
    serializer_class = ProcessingSettingsSerializer


class PlaybackSettingsRow(SettingsView):
    required_permissions = {"GET": ("playback.view_playbacksettings",), "PATCH": ("playback.change_playbacksettings",)}
    serializer_class = PlaybackSettingsSerializer
