"""Two pages of the admin: what to convert together and how, and what is worth converting."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanWidget

from library import words
from library.access import current_user
from library.admin.base import counted
from processing.exceptions import ProcessingError
from processing.models import ConversionBatch, Preset
from processing.services.conversions.batches import begin_batch, confirm_batch
from processing.services.conversions.request import Forecast, forecast
from processing.services.conversions.suggestions import suggest_conversions

SHOWN = 12
DEFAULT_PRESET = "original_av1"


class ConvertForm(forms.Form):
    """By which preset, and what becomes of the originals."""

    preset = forms.ModelChoiceField(Preset.objects.all(), widget=UnfoldAdminSelectWidget, empty_label=None)
    is_replacing = forms.BooleanField(
        required=False,
        label="Replace the originals",
        help_text="Once a new file is checked it is played from then on, and the original goes into the trash.",
        widget=UnfoldBooleanWidget,
    )


def batch_view(model_admin: Any, request: HttpRequest, batch_id: int) -> HttpResponse:
    """A draft of its maker: GET and POST show what would happen, POST with `convert` asks for it."""
    user = current_user(request)
    batch = ConversionBatch.objects.select_related("preset").filter(pk=batch_id, user=user).first()
    if batch is None:
        raise Http404
    done = HttpResponseRedirect(reverse("admin:processing_conversion_changelist"))
    if batch.confirmed_at is not None:
        messages.info(request, "These conversions were asked for already.")
        return done
    preset = batch.preset or Preset.objects.filter(key=DEFAULT_PRESET).first() or Preset.objects.first()
    is_replacing = batch.is_replacing
    form = ConvertForm(request.POST or None, initial={"preset": preset, "is_replacing": is_replacing})
    if request.method == "POST" and form.is_valid():
        preset, is_replacing = form.cleaned_data["preset"], form.cleaned_data["is_replacing"]
        if "convert" in request.POST and _convert(request, form, batch, preset, is_replacing=is_replacing):
            return done
    plan = forecast(preset=preset, video_ids=batch.video_ids, is_replacing=is_replacing) if preset else Forecast()
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": f"Convert {counted(len(batch.video_ids), 'video', 'videos')}",
        "media": model_admin.media + form.media,
        "form": form,
        "batch": batch,
        "preset": preset,
        "is_replacing": is_replacing,
        "plan": plan,
        "titles": [candidate.file.video.title for candidate in plan.candidates[:SHOWN] if candidate.file.video],
        "more": max(0, len(plan.candidates) - SHOWN),
        "refusals": plan.refusals[:SHOWN],
        "more_refusals": max(0, len(plan.refusals) - SHOWN),
        "saved_percent": round(100 * plan.saved_bytes / plan.bytes_before) if plan.bytes_before else 0,
        "is_possible": bool(plan.candidates) and not plan.problem and plan.full_disk is None,
    }
    return TemplateResponse(request, "admin/processing/conversion/batch.html", context)


def _convert(
    request: HttpRequest, form: ConvertForm, batch: ConversionBatch, preset: Preset, *, is_replacing: bool
) -> bool:
    """Whether it was asked for; otherwise the form says why not."""
    try:
        asked = confirm_batch(batch=batch, preset=preset, is_replacing=is_replacing, user=current_user(request))
    except ProcessingError as error:
        form.add_error(None, str(error))
        return False
    if asked is None:
        messages.info(request, "These conversions were asked for already.")
        return True
    count = len(asked.conversion_ids)
    if count:
        messages.success(request, f"{counted(count, 'conversion waits', 'conversions wait')} now.")
    if asked.refusals:
        left = counted(len(asked.refusals), "video was", "videos were")
        messages.warning(request, f"{left} left out: {asked.refusals[0].title}: {asked.refusals[0].sentence}")
    return True


def suggestions_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET: the list. POST `id`s, or `all` of those shown: a draft with the preset that most of them need."""
    suggestions = suggest_conversions()
    if request.method == "POST":
        return _begin(request, suggestions)
    saved = sum(one.saved_bytes for one in suggestions)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Worth converting",
        "media": model_admin.media,
        "suggestions": [(one, words.resolution(one), words.codec(one.codec)) for one in suggestions],
        "bytes_before": sum(one.size_bytes for one in suggestions),
        "saved_bytes": saved,
    }
    return TemplateResponse(request, "admin/processing/conversion/suggestions.html", context)


def _begin(request: HttpRequest, suggestions: list[Any]) -> HttpResponse:
    asked = {int(pk) for pk in request.POST.getlist("id") if pk.isdecimal() and len(pk) < 19}
    chosen = [one for one in suggestions if request.POST.get("all") or one.video_id in asked]
    keys = [one.preset.key for one in chosen]
    try:
        preset = next((one.preset for one in chosen if one.preset.key == max(set(keys), key=keys.count)), None)
        batch = begin_batch(video_ids=[one.video_id for one in chosen], user=current_user(request), preset=preset)
    except ProcessingError as error:
        messages.warning(request, str(error))
        return HttpResponseRedirect(reverse("admin:processing_conversion_suggestions"))
    return HttpResponseRedirect(reverse("admin:processing_conversion_batch", args=(batch.pk,)))
