"""The preferences of the account."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.base import ApiView
from playback.cards import card_of
from playback.homepage import as_config
from playback.models.user_settings import PAGE_SIZES, AutoAdvance, TagSort
from playback.services.home import home_sections
from playback.services.user_settings import change_settings, settings_of


class PreferencesSerializer(serializers.Serializer[Any]):
    """How the account likes the player, the lists, the tiles and the home page. A PATCH changes what it names.

    `card_config` says yes or no for the parts of a tile, `sort_preferences` gives the orders of other lists,
    `homepage_config` has `sections`, {} for the ones that everybody begins with, `parsing_rules` has `presets` and
    `activePresetId`.
    """

    autoplay = serializers.BooleanField()
    default_volume = serializers.IntegerField(min_value=0, max_value=100)
    loop = serializers.BooleanField()
    ab_loop_controls = serializers.BooleanField()
    playlist_auto_advance = serializers.ChoiceField(choices=AutoAdvance.choices)
    playlist_countdown_seconds = serializers.IntegerField(min_value=3, max_value=15)
    marker_thumbnail_cycling = serializers.BooleanField()
    videos_per_page = serializers.ChoiceField(choices=[(size, str(size)) for size in PAGE_SIZES])
    show_page_size_selector = serializers.BooleanField()
    default_sort_order = serializers.CharField(max_length=30)
    default_tag_sort = serializers.ChoiceField(choices=TagSort.choices)
    card_config = serializers.DictField(child=serializers.BooleanField())
    sort_preferences = serializers.DictField(child=serializers.CharField(max_length=30))
    parsing_rules = serializers.JSONField()
    homepage_config = serializers.JSONField()


class Preferences(ApiView):
    """`/api/v1/me/settings/`: the preferences of the account."""

    required_permissions = ()

    @extend_schema(responses=PreferencesSerializer)
    def get(self, request: Request) -> Response:
        return Response(self._as_json())

    @extend_schema(request=PreferencesSerializer(partial=True), responses=PreferencesSerializer)
    def patch(self, request: Request) -> Response:
        given = PreferencesSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        if given.validated_data:
            change_settings(user=self.account, **given.validated_data)
        return Response(self._as_json())

    def _as_json(self) -> dict[str, Any]:
        row = settings_of(self.account)
        names = (str(name) for name in PreferencesSerializer().fields)
        whole: dict[str, Any] = {name: getattr(row, name) for name in names}
        whole["card_config"] = card_of(row.card_config).as_json()
        whole["homepage_config"] = as_config(home_sections(self.account))
        return whole
