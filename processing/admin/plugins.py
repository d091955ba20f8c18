"""Plugins in the admin: what they are, how they are, their settings."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from library.access import current_user
from library.admin.base import ReadOnlyAdmin, back, counted, may, say
from library.admin.columns import NOTHING, badge, link_to, two_lines, when
from library.announce import announce
from library.exceptions import LibraryError
from processing.models import Plugin, PluginMetadata
from processing.models.plugin import PluginHealth, PluginState
from processing.plugins.schema import SettingsError, clean_settings, properties_of
from processing.services.enriching import submit_enriching, take_over
from processing.services.plugins import check_plugins, sync_plugins, update_plugin
from processing.services.submit import MANUAL

PREFIX = "setting_"
_YES_NO = {True: "yes", False: "no"}
_STATES = {PluginState.LOADED: "ok", PluginState.FAILED: "bad", PluginState.GONE: "warn"}
_HEALTHS = {
    PluginHealth.UNKNOWN: "calm", PluginHealth.OK: "ok", PluginHealth.DEGRADED: "warn", PluginHealth.BAD: "bad",
}  # fmt: skip


def setting_field(name: str, rules: Mapping[str, Any], value: Any, *, is_required: bool) -> forms.Field:
    """A form field for one setting of a schema, filled with what is set."""
    options: dict[str, Any] = {
        "label": rules.get("title") or name.replace("_", " ").capitalize(),
        "help_text": _help(rules),
        "required": is_required and "default" not in rules and rules["type"] != "boolean",
        "initial": value if value is not None else rules.get("default"),
    }
    kind = rules["type"]
    if "enum" in rules:
        choices = [("", "As by default"), *((str(one), str(one)) for one in rules["enum"])]
        return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget, **options)
    if kind == "boolean":
        return forms.BooleanField(widget=UnfoldBooleanSwitchWidget, **options)
    if kind in ("integer", "number"):
        options |= {"min_value": rules.get("minimum"), "max_value": rules.get("maximum")}
        if kind == "integer":
            return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget, **options)
        return forms.FloatField(widget=UnfoldAdminDecimalFieldWidget, **options)
    if kind == "array":
        options["initial"] = "\n".join(options["initial"] or [])
        return forms.CharField(widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}), **options)
    if rules.get("format") == "password":
        is_set = bool(options.pop("initial"))
        options["help_text"] = f"{options['help_text']} {'It is set; empty keeps it.' if is_set else ''}".strip()
        options["required"] = options["required"] and not is_set
        return forms.CharField(widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}), **options)
    return forms.CharField(max_length=rules.get("maxLength"), widget=UnfoldAdminTextInputWidget, **options)


def _help(rules: Mapping[str, Any]) -> str:
    parts = [str(rules.get("description", ""))]
    if rules["type"] == "array":
        parts.append("One on each line.")
    default = rules.get("default")
    if default not in (None, "", []) and rules.get("format") != "password":
        told = ", ".join(default) if isinstance(default, list) else default
        parts.append(f"Default: {_YES_NO.get(told, told) if isinstance(told, bool) else told}.")
    return " ".join(filter(None, parts))


class PluginForm(forms.ModelForm):  # type: ignore[type-arg]
    """Whether it is switched on, and one field for each of its settings."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            self.settings = clean_settings(self.instance.settings_schema, self._values(cleaned))
        except SettingsError as error:
            for name, problem in error.problems.items():
                self.add_error(f"{PREFIX}{name}" if f"{PREFIX}{name}" in self.fields else None, problem)
        return cleaned

    def _values(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        """As the schema wants them; what was left empty is not set."""
        values: dict[str, Any] = {}
        for name, rules in properties_of(self.instance.settings_schema).items():
            value = cleaned.get(f"{PREFIX}{name}")
            if rules["type"] == "array":
                value = [line.strip() for line in (value or "").splitlines() if line.strip()]
            elif "enum" in rules:
                value = next((one for one in rules["enum"] if str(one) == value), None)
            elif rules.get("format") == "password" and not value:
                value = self.instance.settings.get(name)
            values[name] = value if value != "" else None
        return values


@admin.register(Plugin)
class PluginAdmin(ModelAdmin):
    """Installed packages; `pip` adds and removes them, so nothing is added or deleted here."""

    list_display = ["names", "adds", "state_badge", "health_badge", "is_enabled"]
    empty_sentence = "No plugin is installed. docs/plugins.md says how to get or write one."
    readonly_fields = [
        "title", "description", "version", "package", "adds", "state_badge", "health_badge", "health_said",
        "asked",
    ]  # fmt: skip
    actions = ["ask"]
    change_form_outer_before_template = "admin/processing/plugin/panel.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # ---- the form ---------------------------------------------------------------------------------------------------
    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None and self.has_change_permission(request, obj):
            required = set(obj.settings_schema.get("required", ()))
            fields = {
                f"{PREFIX}{name}": setting_field(name, rules, obj.settings.get(name), is_required=name in required)
                for name, rules in properties_of(obj.settings_schema).items()
            }
            kwargs["form"] = type("PluginSettingsForm", (PluginForm,), fields)
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        about = ["title", "description", "version", "package", "adds", "state_badge"]
        # Why it failed stands above.
        how = [] if obj is not None and obj.error else ["health_badge", "health_said", "asked"]
        sets = [(None, {"fields": [*about, *how]}), ("Use it", {"fields": ["is_enabled"]})]
        names = list(properties_of(obj.settings_schema)) if obj is not None else []
        if names and self.has_change_permission(request, obj):
            sets.append(("Settings", {"fields": [f"{PREFIX}{name}" for name in names]}))
        return sets

    def save_model(self, request: HttpRequest, obj: Plugin, form: Any, change: bool) -> None:
        before = Plugin.objects.get(pk=obj.pk)
        update_plugin(plugin=before, is_enabled=obj.is_enabled, settings=form.settings, request=request)

    # ---- columns ----------------------------------------------------------------------------------------------------
    @admin.display(description="Plugin", ordering="title")
    def names(self, plugin: Plugin) -> SafeString:
        return two_lines(plugin.title, f"{plugin.name} {plugin.version}".strip())

    @admin.display(description="Adds")
    def adds(self, plugin: Plugin) -> str:
        return "; ".join(plugin.capabilities) or NOTHING

    @admin.display(description="State", ordering="state")
    def state_badge(self, plugin: Plugin) -> SafeString:
        return badge(plugin.get_state_display(), _STATES[PluginState(plugin.state)])

    @admin.display(description="How it is", ordering="health")
    def health_badge(self, plugin: Plugin) -> SafeString:
        return badge(plugin.get_health_display(), _HEALTHS[PluginHealth(plugin.health)])

    @admin.display(description="What it said")
    def health_said(self, plugin: Plugin) -> str:
        return plugin.health_note or NOTHING

    @admin.display(description="Asked")
    def asked(self, plugin: Plugin) -> SafeString | str:
        return when(plugin.health_checked_at, never="Not yet")

    # ---- actions and pages ------------------------------------------------------------------------------------------
    @admin.action(description="Ask how they are", permissions=["change"])
    def ask(self, request: HttpRequest, queryset: QuerySet[Plugin]) -> None:
        count = check_plugins(names=list(queryset.values_list("name", flat=True)))
        say(request, f"{counted(count, 'plugin was', 'plugins were')} asked.", is_done=count > 0)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.check_view))
        return [path("<int:object_id>/check/", view, name="processing_plugin_check"), *super().get_urls()]

    def check_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """POST: asks one plugin how it is."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        plugin = Plugin.objects.filter(pk=object_id).first()
        if plugin is None:
            raise Http404
        count = check_plugins(names=[plugin.name])
        told = f"{plugin.title} was asked." if count else f"{plugin.title} is off or not loaded, so it was not asked."
        say(request, told, is_done=bool(count))
        return back(request, reverse("admin:processing_plugin_change", args=(object_id,)))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        sync_plugins()
        return super().changelist_view(request, extra_context)  # type: ignore[no-any-return]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        plugin = Plugin.objects.filter(pk=object_id).first() if object_id.isdecimal() else None
        context = {"plugin": plugin, "may_ask": self.has_change_permission(request)}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})  # type: ignore[no-any-return]


@admin.register(PluginMetadata)
class PluginMetadataAdmin(ReadOnlyAdmin):
    """What plugins found out, for looking up; a video's own page has what belongs to it."""

    list_display = ["said", "about", "sure", "found_in", "fetched", "taken"]
    list_filter = ["plugin"]
    ordering = ["-pk"]
    list_select_related = ["video", "plugin"]
    search_fields = ["value"]
    show_full_result_count = False
    paginator = InfinitePaginator
    empty_sentence = "No plugin has found anything yet. Plugins are asked when a file is new, and from a video's page."
    fields = ["video", "plugin", "field", "value", "confidence", "source", "fetched_at", "taken_at"]

    @admin.display(description="Video")
    def about(self, fact: PluginMetadata) -> SafeString:
        return link_to(reverse("admin:library_video_change", args=(fact.video_id,)), fact.video.title)

    @admin.display(description="Fact")
    def said(self, fact: PluginMetadata) -> SafeString:
        return two_lines(fact.value[:200], f"{fact.field.replace('_', ' ')} · {fact.plugin.title}")

    @admin.display(description="How sure")
    def sure(self, fact: PluginMetadata) -> str:
        return f"{fact.percent} %"

    @admin.display(description="Found in")
    def found_in(self, fact: PluginMetadata) -> str:
        return fact.source[:120] or NOTHING

    @admin.display(description="Found")
    def fetched(self, fact: PluginMetadata) -> SafeString | str:
        return when(fact.fetched_at)

    @admin.display(description="Taken over")
    def taken(self, fact: PluginMetadata) -> SafeString | str:
        return when(fact.taken_at)

    def get_urls(self) -> list[URLPattern]:
        take, ask = (self.admin_site.admin_view(require_POST(view)) for view in (self.take_view, self.ask_view))
        return [
            path("<int:object_id>/take/", take, name="processing_pluginmetadata_take"),
            path("ask/<int:video_id>/", ask, name="processing_pluginmetadata_ask"),
            *super().get_urls(),
        ]

    def ask_view(self, request: HttpRequest, video_id: int) -> HttpResponse:
        """POST: has plugins look for facts about one video."""
        if not may(request, "library", "reprocess", "video"):
            raise PermissionDenied
        user = current_user(request)
        count = submit_enriching(video_ids=[video_id], priority=MANUAL, requested_by_id=user.pk)
        told = "Plugins look for facts now; they stand here in a moment." if count else "They are looking already."
        say(request, told, is_done=bool(count))
        return back(request, reverse("admin:library_video_change", args=(video_id,)))

    def take_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """POST: writes one fact into its video."""
        if not may(request, "library", "change", "video"):
            raise PermissionDenied
        fact = PluginMetadata.objects.select_related("plugin", "video").filter(pk=object_id).first()
        if fact is None:
            messages.warning(request, "A plugin has looked again since, and doesn't say that any more.")
            return back(request, reverse("admin:library_video_changelist"))
        try:
            batch = take_over(fact=fact, user=current_user(request))
            announce(request, f"{batch.summary}.", batch)
        except LibraryError as error:
            messages.error(request, str(error))
        return back(request, reverse("admin:library_video_change", args=(fact.video_id,)))
