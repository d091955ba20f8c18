"""The model that is installed, how often matching is right, and where the lines are drawn."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from faces.exceptions import NoModelError
from faces.ml.pack import licence_of
from faces.models import FaceSettings
from faces.queries.report import CreatorFaces, FaceStats, face_stats
from faces.services.accuracy import PrecisionCurve, WishedThreshold, precision_curve, threshold_for
from faces.services.models import installed_pack
from faces.services.naming import rematch_later
from faces.services.trying import other_models, try_thresholds, videos_waiting
from library.access import check
from processing.models import Job, JobStatus

_MOST_PEOPLE = 100
# The drawing's size and margins, in its own units.
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 640, 260, 56, 12, 12, 34


class LinesForm(forms.Form):
    """Where the two lines are drawn."""

    match = forms.FloatField(min_value=0, max_value=1)
    auto = forms.FloatField(min_value=0, max_value=1)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("match", 0) > values.get("auto", 1):
            raise forms.ValidationError("Naming without asking needs at least the likeness that a proposal needs.")
        return values


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the drawing: an SVG path."""

    name: str
    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A likeness or a share at the edge of the drawing."""

    at: float
    words: str


def accuracy_page(request: HttpRequest) -> HttpResponse:
    """`/admin/faces/accuracy/`: GET `?match=&auto=` tries lines, `?wish=` asks for a precision; POST sets them."""
    settings = FaceSettings.load()
    if request.method == "POST":
        return _set(request, settings)
    wished = _wished(request)
    lines = {"match": settings.match_threshold, "auto": settings.auto_tag_threshold}
    if wished is not None and wished.threshold is not None:
        auto = min(1.0, max(0.0, wished.threshold))
        lines = {"match": min(settings.match_threshold, auto), "auto": auto}
    form = LinesForm(request.GET if "match" in request.GET else lines)
    if form.is_valid():
        lines = {name: form.cleaned_data[name] for name in lines}
    curve = precision_curve()
    stats = face_stats()
    user: Any = request.user
    context = {
        **admin.site.each_context(request),
        "title": "How well faces are recognised",
        **_model_state(),
        "stats": stats,
        "settings": settings,
        "curve": curve,
        "drawing": _drawing(curve),
        "lines": {name: _x(value) for name, value in lines.items()},
        "band": _x(lines["auto"]) - _x(lines["match"]),
        "table": [point for point in curve.points if round(point.threshold * 100) % 5 == 0],
        "wished": wished,
        "wish": request.GET.get("wish", ""),
        "form": form,
        "match": lines["match"],
        "auto": lines["auto"],
        "is_other": (lines["match"], lines["auto"]) != (settings.match_threshold, settings.auto_tag_threshold),
        "trial": try_thresholds(match=lines["match"], auto=lines["auto"]),
        "people": _worst_first(stats)[:_MOST_PEOPLE],
        "may_set": user.has_perm("faces.change_facesettings"),
    }
    return TemplateResponse(request, "admin/faces/accuracy.html", context)


def _set(request: HttpRequest, settings: FaceSettings) -> HttpResponse:
    check(request, "faces.change_facesettings")
    form = LinesForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(one) for errors in form.errors.values() for one in errors))
        return HttpResponseRedirect(reverse("face_accuracy"))
    settings.match_threshold, settings.auto_tag_threshold = form.cleaned_data["match"], form.cleaned_data["auto"]
    if settings._state.adding:
        settings.save(force_insert=True)
    else:
        settings.save(update_fields=["match_threshold", "auto_tag_threshold"])
    rematch_later()
    messages.success(request, "Saved. Faces that nobody has named are compared anew; what was named stays.")
    return HttpResponseRedirect(reverse("face_accuracy"))


def _wished(request: HttpRequest) -> WishedThreshold | None:
    """The likeness for `?wish=`, in percent; None when nothing was wished for."""
    text = request.GET.get("wish", "").strip().replace(",", ".")
    try:
        percent = float(text)
    except ValueError:
        return None
    return threshold_for(percent / 100) if 0 < percent < 100 else None


def _model_state() -> dict[str, Any]:
    """What is installed, on what it last ran, and what waits for it."""
    state: dict[str, Any] = {"waiting": videos_waiting(), "old": other_models()}
    try:
        pack = installed_pack()
    except NoModelError as error:
        return state | {"pack": None, "problem": str(error)}
    done = Job.objects.filter(stage="faces", status=JobStatus.COMPLETED).order_by("-pk")
    facts = done.values_list("result", flat=True).first() or {}
    return state | {"pack": pack, "licence": licence_of(pack), "device": facts.get("device", "")}


def _worst_first(stats: FaceStats) -> list[CreatorFaces]:
    """People of whom proposals were answered, those that were wrong most often first."""

    def order(row: CreatorFaces) -> tuple[float, int, str]:
        return row.precision or 0.0, -(row.accepted + row.rejected), row.creator.name

    return sorted((row for row in stats.creators if row.precision is not None), key=order)


# ---- the drawing -----------------------------------------------------------------------------------------------------
_FROM, _TO = 0.3, 0.95


def _x(likeness: float) -> float:
    share = (min(max(likeness, _FROM), _TO) - _FROM) / (_TO - _FROM)
    return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)


def _y(share: float) -> float:
    return round(_TOP + (1 - min(max(share, 0.0), 1.0)) * (_HEIGHT - _TOP - _BOTTOM), 1)


def _drawing(curve: PrecisionCurve) -> dict[str, Any]:
    """Two lines over the likeness: how many named faces would be right, and how many would be found."""

    def path(name: str) -> str:
        places = [f"{_x(point.threshold)} {_y(getattr(point, name))}" for point in curve.points if point.answers]
        return f"M{'L'.join(places)}" if len(places) > 1 else ""

    return {
        "width": _WIDTH,
        "height": _HEIGHT,
        "left": _LEFT,
        "right": _WIDTH - _RIGHT,
        "top": _TOP,
        "bottom": _HEIGHT - _BOTTOM,
        "lines": [Line("right", "right", path("precision")), Line("found", "found", path("recall"))],
        "across": [Mark(_x(percent / 100), f"{percent} %") for percent in range(30, 100, 10)],
        "up": [Mark(_y(percent / 100), f"{percent} %") for percent in (0, 25, 50, 75, 100)],
    }
