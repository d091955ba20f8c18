"""Settings of stages in the admin: one page that shows them all, a form for each."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from library.admin.base import ReadOnlyAdmin, may, say
from library.admin.settings_row import CHANGES_SHOWN, Change, label_of, shown, who_changed
from processing.admin.jobs import stage_label
from processing.exceptions import CronError, ProcessingError, UnknownStageError
from processing.models import StageConfig, Trigger
from processing.services.cron import parse_cron
from processing.services.stage_settings import (
    check_config,
    config_of,
    follows_kind,
    load_config,
    reset_config,
    save_config,
    stages_as_set,
)
from processing.stages import Stage, all_stages, get_stage

_GROUPS = (
    ("When it begins", ("is_enabled", "trigger", "after", "cron")),
    ("Where and how many", ("queue", "slots", "is_heavy", "timeout_seconds")),
    ("After errors that may pass", ("max_retries", "first_delay_seconds", "delay_factor", "max_delay_seconds")),
)


class StageForm(forms.ModelForm):  # type: ignore[type-arg]
    """A stage's settings; checked beside those of the others."""

    after = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple, label="After")

    class Meta:
        model = StageConfig
        fields = [name for _, names in _GROUPS for name in names]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stage = get_stage(self.instance.stage)
        defaults = config_of(stage)
        labels: Any = self.fields["trigger"]
        labels.choices = [(name, label) for name, label in Trigger.choices if name in stage.triggers]
        before: Any = self.fields["after"]
        before.choices = [
            (one.name, one.label)
            for one in all_stages()
            if one.name != stage.name and follows_kind(one.target_kind, stage.target_kind)
        ]
        before.help_text = "Any of these having ended well."
        for name, value in self.initial.items():
            if isinstance(value, float):
                self.initial[name] = f"{value:g}"
        for name, field in self.fields.items():
            column: Any = StageConfig._meta.get_field(name)
            if name != "after":
                field.label = label_of(column)
            default = getattr(defaults, name)
            if name not in ("after", "cron") and default is not None:
                field.help_text = f"{field.help_text} Default: {shown(column, default)}.".strip()
            css = {"select": "v-select", "checkbox": ""}.get(getattr(field.widget, "input_type", "text"), "v-input")
            if css:
                field.widget.attrs["class"] = css

    def clean(self) -> dict[str, Any]:
        """Details of a trigger that wasn't chosen are forgotten, not refused."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("trigger") != Trigger.AFTER:
            cleaned["after"] = []
        elif not cleaned.get("after"):
            self.add_error("after", "Say after which stages it begins.")
        if cleaned.get("trigger") != Trigger.CRON:
            cleaned["cron"] = ""
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            try:
                check_config(self.instance)
            except ProcessingError as error:
                self.add_error(None, ValidationError(str(error)))

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields as the page shows them."""
        return [(title, [self[name] for name in names]) for title, names in _GROUPS]


@admin.register(StageConfig)
class StageConfigAdmin(ReadOnlyAdmin):
    """Instead of a list of rows, all stages with what holds for them."""

    def has_control_permission(self, request: HttpRequest) -> bool:
        """Whether the user may change settings of stages: processing.change_stageconfig."""
        return may(request, "processing", "change", "stageconfig")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.stage_view)
        return [path("stage/<slug:stage>/", view, name="processing_stage"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        changed = set(StageConfig.objects.values_list("stage", flat=True))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Stages",
            "stages": [(stage, _begins(stage), stage.name in changed) for stage in stages_as_set().values()],
        }
        return TemplateResponse(request, "admin/processing/stage/list.html", context)

    def stage_view(self, request: HttpRequest, stage: str) -> HttpResponse:
        """GET: the form of a stage. POST: saves it, or with `reset` forgets what was set."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            known = get_stage(stage)
        except UnknownStageError:
            raise Http404 from None
        may_control = self.has_control_permission(request)
        form = StageForm(request.POST or None, instance=load_config(stage))
        if request.method == "POST":
            if not may_control:
                raise PermissionDenied
            if (response := _save(request, known, form)) is not None:
                return response
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": known.label,
            "stage": known,
            "form": form,
            "is_changed": form.instance.pk is not None,
            "may_control": may_control,
            "next_time": _next_time(form.instance),
            "zone": timezone.get_current_timezone_name(),
            "changes": changes_of(stage),
        }
        return TemplateResponse(request, "admin/processing/stage/form.html", context)


def _save(request: HttpRequest, stage: Stage, form: StageForm) -> HttpResponse | None:
    here = HttpResponseRedirect(reverse("admin:processing_stage", args=(stage.name,)))
    try:
        if "reset" in request.POST:
            reset_config(stage.name)
            say(request, "The defaults hold again.", is_done=True)
            return here
        if not form.is_valid():
            return None
        save_config(form.instance)
    except (ProcessingError, ValidationError) as error:
        form.add_error(None, str(error) if isinstance(error, ProcessingError) else error)
        return None
    say(request, "Saved. It counts from the next job on; nothing needs a restart.", is_done=True)
    return here


def _begins(stage: Stage) -> str:
    if not stage.is_enabled:
        return "Off"
    if stage.trigger == Trigger.AFTER:
        return "After: " + ", ".join(stage_label(name) for name in stage.after)
    if stage.trigger == Trigger.CRON:
        return f"At set times: {stage.cron}"
    return str(Trigger(stage.trigger).label)


def _next_time(config: StageConfig) -> Any:
    if config.trigger != Trigger.CRON or not config.cron:
        return None
    try:
        return parse_cron(config.cron).next(after=timezone.now(), zone=timezone.get_current_timezone())
    except CronError:
        return None


def changes_of(stage: str) -> list[Change]:
    """The last changes of a stage's settings, newest first; two queries. A reset is told as changes back."""
    model: Any = StageConfig
    events = list(
        model.pgh_event_model.objects.filter(stage=stage)
        .select_related("pgh_context")
        .order_by("-pgh_id")[: CHANGES_SHOWN + 1]
    )
    names = who_changed(events)
    columns: list[Any] = [StageConfig._meta.get_field(name) for _, group in _GROUPS for name in group]
    defaults = config_of(get_stage(stage))
    changes = []
    for index, event in enumerate(events[:CHANGES_SHOWN]):
        older = events[index + 1] if index + 1 < len(events) else None
        before: Any = defaults if older is None or older.pgh_label == "delete" else older
        after: Any = defaults if event.pgh_label == "delete" else event
        pairs = [(column, getattr(before, column.name), getattr(after, column.name)) for column in columns]
        told = [(label_of(column), _said(column, old), _said(column, new)) for column, old, new in pairs if old != new]
        if told:
            changes.append(Change(event.pgh_created_at, names[event.pk], told))
    return changes


def _said(column: Any, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(stage_label(name) for name in value) or "nothing"
    return "no limit" if value is None else shown(column, value) or "nothing"
