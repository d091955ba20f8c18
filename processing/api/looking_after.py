"""Problems with files, and plugins."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.base import ApiView
from library.api.pages import paged
from library.api.versions import check_version, version_of
from processing.models import IntegrityFinding, Plugin
from processing.models.integrity import PROBLEMS, FindingCode, FindingKind, Severity
from processing.models.plugin import PluginHealth, PluginState
from processing.plugins.schema import properties_of
from processing.services.plugins import check_plugins, sync_plugins, update_plugin

VIEW_PLUGIN, CHANGE_PLUGIN = "processing.view_plugin", "processing.change_plugin"
_HIDDEN = "********"


class FindingSerializer(serializers.Serializer[Any]):
    """Something that is wrong or odd about a file."""

    id = serializers.IntegerField(source="pk")
    file = serializers.IntegerField(source="file_id")
    video = serializers.IntegerField(source="file.video_id", allow_null=True)
    folder = serializers.IntegerField(source="file.folder_id")
    path = serializers.CharField(source="file.shown_path")
    kind = serializers.ChoiceField(FindingKind.choices)
    code = serializers.ChoiceField(FindingCode.choices)
    severity = serializers.ChoiceField(Severity.choices)
    sentence = serializers.CharField()
    found_at = serializers.DateTimeField()


class FindingFilterSerializer(serializers.Serializer[Any]):
    severity = serializers.ChoiceField(Severity.choices, required=False)
    code = serializers.ChoiceField(FindingCode.choices, required=False)
    kind = serializers.ChoiceField(FindingKind.choices, required=False)
    file = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class Findings(ApiView):
    required_permissions = ("processing.view_integrityfinding",)

    @extend_schema(parameters=[FindingFilterSerializer], responses=paged(FindingSerializer))
    def get(self, request: Request) -> Response:
        """Problems with files, the latest first; notes only where `severity=info` asks for them. To have files looked
        at: /files/{id}/rerun/, or many at once by /bulk-edits/ (`reprocess`)."""
        asked = self.query(FindingFilterSerializer)
        rows = IntegrityFinding.objects.select_related("file").filter(**asked)
        if "severity" not in asked:
            rows = rows.filter(severity__in=PROBLEMS)
        return self.page(rows, FindingSerializer)


class PluginSerializer(serializers.Serializer[Any]):
    """What somebody else adds to Videothek. Passwords among the settings are never told."""

    name = serializers.CharField(read_only=True)
    version = serializers.SerializerMethodField(help_text="The ETag: send it as If-Match with a change.")
    title = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    release = serializers.CharField(source="version", read_only=True)
    package = serializers.CharField(read_only=True)
    capabilities = serializers.ListField(child=serializers.CharField(), read_only=True)
    state = serializers.ChoiceField(PluginState.choices, read_only=True)
    error = serializers.CharField(read_only=True)
    health = serializers.ChoiceField(PluginHealth.choices, read_only=True)
    health_note = serializers.CharField(read_only=True)
    health_checked_at = serializers.DateTimeField(read_only=True, allow_null=True)
    settings_schema = serializers.JSONField(read_only=True)
    settings = serializers.DictField(required=False)
    is_enabled = serializers.BooleanField(required=False)

    def get_version(self, row: Plugin) -> str:
        return version_of(row, ("settings", "is_enabled"))

    def to_representation(self, instance: Plugin) -> dict[str, Any]:
        told = dict(super().to_representation(instance))
        secret = _secrets(instance)
        told["settings"] = {name: _HIDDEN if name in secret else value for name, value in told["settings"].items()}
        return told


def _secrets(plugin: Plugin) -> set[str]:
    rules = properties_of(plugin.settings_schema)
    return {name for name, rule in rules.items() if rule.get("format") == "password"}


class Plugins(ApiView):
    required_permissions = (VIEW_PLUGIN,)
    ordering = ("title", "pk")

    @extend_schema(responses=paged(PluginSerializer))
    def get(self, request: Request) -> Response:
        """Plugins that are installed, or were."""
        sync_plugins()
        return self.page(Plugin.objects.all(), PluginSerializer)


class PluginDetail(ApiView):
    required_permissions = {"GET": (VIEW_PLUGIN,), "PATCH": (VIEW_PLUGIN, CHANGE_PLUGIN)}
    has_version = True

    @extend_schema(responses=PluginSerializer)
    def get(self, request: Request, name: str) -> Response:
        """One plugin."""
        return _show(_plugins(), name)

    @extend_schema(request=PluginSerializer, responses=PluginSerializer)
    def patch(self, request: Request, name: str) -> Response:
        """Switches it on or off, and sets its settings: those that are sent, others stay."""
        plugin = _find(_plugins(), name)
        check_version(request, plugin, ("settings", "is_enabled"))
        values = self.body(PluginSerializer, partial=True)
        secret = _secrets(plugin)
        sent = values.get("settings", {})
        # What was read back hidden isn't meant to be the password.
        fresh = {key: value for key, value in sent.items() if not (key in secret and value == _HIDDEN)}
        update_plugin(
            plugin=plugin,
            is_enabled=values.get("is_enabled", plugin.is_enabled),
            settings={**plugin.settings, **fresh},
            user=self.account,
            request=request._request,
        )
        return _show(_plugins(), name)


class PluginHealthCheck(ApiView):
    required_permissions = {"POST": (VIEW_PLUGIN, CHANGE_PLUGIN)}

    @extend_schema(request=None, responses=PluginSerializer)
    def post(self, request: Request, name: str) -> Response:
        """Asks it how it is, for ten seconds at most."""
        _find(_plugins(), name)
        check_plugins(names=[name])
        return _show(_plugins(), name)


def _plugins() -> QuerySet[Plugin]:
    return Plugin.objects.all()


def _find(rows: QuerySet[Plugin], name: str) -> Plugin:
    row = rows.filter(name=name).first()
    if row is None:
        raise NotFound("There is no such plugin.")
    return row


def _show(rows: QuerySet[Plugin], name: str) -> Response:
    data = PluginSerializer(_find(rows, name)).data
    return Response(data, headers={"ETag": data["version"]})
