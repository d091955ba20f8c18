"""Editing many videos: the form, what it would do, and how far it is."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from library.access import may
from library.admin.base import counted
from library.admin.picking import KINDS, PickField
from library.bulk_steps import sample_titles
from library.exceptions import LibraryError
from library.models import BulkEdit, Video
from library.models.video import Origin, VideoType
from library.services.background import submit_background
from library.services.bulk_edit import (
    MOST_IN_REQUEST,
    Operation,
    apply_bulk_edit,
    check_operation,
    confirm_bulk_edit,
    preview_bulk_edit,
)
from library.services.changes import current_batch
from people.exceptions import PeopleError
from playback.queries_playlists import own_lists
from processing.models import Job
from processing.models.job import TargetKind
from processing.services import cancel_jobs

LEAVE = ""
MODES = [
    (LEAVE, "Leave as they are"),
    ("add", "Add these"),
    ("remove", "Take these away"),
    ("replace", "Have only these"),
]
_AS_IT_IS = (LEAVE, "Leave as it is")
SAMPLE = 6


def _choices(choices: Any) -> list[tuple[str, str]]:
    # The unknown type is stored as an empty text, which means "leave" here.
    return [_AS_IT_IS, *((value or "-", label) for value, label in choices)]


class BulkForm(forms.Form):
    """What is to be done; what isn't said is left as it is. Fields that the role can't use are left out."""

    tags_mode = forms.ChoiceField(choices=MODES, required=False, label="Tags", widget=UnfoldAdminSelectWidget)
    tags = PickField(KINDS["tags"], label="Which tags")
    people_mode = forms.ChoiceField(choices=MODES, required=False, label="People", widget=UnfoldAdminSelectWidget)
    people = PickField(KINDS["people"], label="Which people")
    studios_mode = forms.ChoiceField(choices=MODES, required=False, label="Studios", widget=UnfoldAdminSelectWidget)
    studios = PickField(KINDS["studios"], label="Which studios")
    type = forms.ChoiceField(choices=_choices(VideoType.choices), required=False, widget=UnfoldAdminSelectWidget)
    origin = forms.ChoiceField(choices=_choices(Origin.choices), required=False, widget=UnfoldAdminSelectWidget)
    release_date = forms.DateField(
        required=False, widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}), label="Release date"
    )
    no_release_date = forms.BooleanField(required=False, label="Take the release date away", widget=UnfoldBooleanWidget)
    find = forms.CharField(
        required=False, max_length=200, strip=False, label="In titles, replace", widget=UnfoldAdminTextInputWidget
    )
    replace = forms.CharField(
        required=False, max_length=200, strip=False, label="by", widget=UnfoldAdminTextInputWidget
    )
    reprocess = forms.ChoiceField(
        choices=[
            _AS_IT_IS,
            ("probe", "Read the files again"),
            ("frames", "Make the pictures again"),
            ("preview", "Make a preview clip"),
            ("verify", "Compare the files with their checksums"),
            ("check", "Look for damage"),
        ],
        required=False,
        label="Files",
        widget=UnfoldAdminSelectWidget,
    )
    playlist = forms.ChoiceField(required=False, label="Into your playlist", widget=UnfoldAdminSelectWidget)
    trash = forms.BooleanField(required=False, label="Move to the trash", widget=UnfoldBooleanWidget)

    def __init__(self, request: HttpRequest, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not may(request, "library.change_video"):
            for name in [name for name in self.fields if name not in ("reprocess", "playlist", "trash")]:
                del self.fields[name]
        if not may(request, "library.reprocess_video"):
            del self.fields["reprocess"]
        if not may(request, "library.trash_video"):
            del self.fields["trash"]
        lists = own_lists(_user(request)) if may(request, "playback.change_playlist") else []
        if lists:
            self.fields["playlist"].choices = [(LEAVE, "In none"), *lists]  # type: ignore[attr-defined]
        else:
            del self.fields["playlist"]
        self.request = request

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for key, kind in KINDS.items():
            picked = cleaned.get(key)
            if not picked or key not in self.fields:
                continue
            if (picked.ids or picked.names) and not cleaned.get(f"{key}_mode"):
                self.add_error(f"{key}_mode", f"Say what is to happen with the {kind.many}.")
            if picked.names and not may(self.request, kind.add_permission):
                self.add_error(key, f"Your role doesn't allow making a new {kind.one}.")
        if cleaned.get("replace") and not cleaned.get("find"):
            self.add_error("find", "Say which words are to be replaced.")
        return cleaned

    def operation(self) -> Operation:
        """For `check_operation`; empty when nothing is asked for."""
        data = self.cleaned_data
        wanted: Operation = {
            key: {"mode": data[f"{key}_mode"], **data[key].as_json()} for key in KINDS if data.get(f"{key}_mode")
        }
        for name in ("type", "origin"):
            if data.get(name):
                wanted[name] = data[name].replace("-", "") if data[name] == "-" else data[name]
        if data.get("no_release_date"):
            wanted["release_date"] = None
        elif data.get("release_date"):
            wanted["release_date"] = data["release_date"].isoformat()
        if data.get("find"):
            wanted["title"] = {"find": data["find"], "replace": data.get("replace", "")}
        if data.get("reprocess"):
            wanted["reprocess"] = data["reprocess"]
        if data.get("playlist"):
            wanted["playlist"] = int(data["playlist"])
        if data.get("trash"):
            wanted["trash"] = True
        return wanted


@dataclass(frozen=True, slots=True)
class Preview:
    """What an operation would do; `key` is sent back by the button, so that only what was shown is done."""

    effects: list[Any]
    titles: list[tuple[str, str]]
    key: str


def bulk_view(model_admin: Any, request: HttpRequest, edit_id: int) -> HttpResponse:
    """One edit of many videos, only for who began it: the form, its preview, the progress, the end."""
    edit = BulkEdit.objects.filter(pk=edit_id, user=request.user.pk).select_related("batch").first()
    if edit is None:
        raise Http404
    if edit.confirmed_at is not None:
        return _progress_view(model_admin, request, edit)
    form = BulkForm(request, request.POST if request.method == "POST" else None)
    preview = None
    if request.method == "POST" and form.is_valid():
        try:
            operation = check_operation(form.operation(), user=_user(request))
            preview = _preview(edit, operation)
            if request.POST.get("apply") == preview.key:
                return _order(model_admin, request, edit, operation)
        except (LibraryError, PeopleError) as error:
            form.add_error(None, str(error))
    videos = Video.objects.filter(pk__in=edit.video_ids[:SAMPLE]).order_by("pk")
    context = {
        "title": f"Edit {counted(len(edit.video_ids), 'video', 'videos')}",
        "form": form,
        "edit": edit,
        "preview": preview,
        "sample": [video.title for video in videos],
        "more": max(0, len(edit.video_ids) - SAMPLE),
        "by_job": len(edit.video_ids) > MOST_IN_REQUEST,
    }
    return _page(model_admin, request, "admin/library/video/bulk.html", context)


def _user(request: HttpRequest) -> Any:
    return request.user


def _preview(edit: BulkEdit, operation: Operation) -> Preview:
    effects = preview_bulk_edit(video_ids=edit.video_ids, operation=operation)
    titles = sample_titles(edit.video_ids[:1000], operation["title"]) if "title" in operation else []
    key = hashlib.sha256(json.dumps(operation, sort_keys=True).encode()).hexdigest()[:16]
    return Preview(effects, titles, key)


def _order(model_admin: Any, request: HttpRequest, edit: BulkEdit, operation: Operation) -> HttpResponse:
    user = _user(request)
    with transaction.atomic():
        is_first = confirm_bulk_edit(edit=edit, operation=operation, user=user)
        if is_first and len(edit.video_ids) > MOST_IN_REQUEST:
            submit_background("bulk_edit", edit.pk, requested_by_id=user.pk)
        elif is_first:
            apply_bulk_edit(edit_id=edit.pk)
            batch = current_batch()
            model_admin.message_user(request, f"{batch.summary if batch else 'Done'}.", messages.SUCCESS)
    return HttpResponseRedirect(_address(request, edit))


def _progress_view(model_admin: Any, request: HttpRequest, edit: BulkEdit) -> HttpResponse:
    jobs = Job.objects.filter(target_kind=TargetKind.BULK_EDIT, target_id=edit.pk)
    job = jobs.order_by("-pk").first()
    if request.method == "POST":
        if "cancel" not in request.POST:
            raise PermissionDenied
        if cancel_jobs(job_ids=list(jobs.values_list("pk", flat=True)), requested_by=_user(request)):
            messages.success(request, "Cancelled. Nothing was changed.")
        return HttpResponseRedirect(_address(request, edit))
    is_over = edit.applied_at is not None or job is None or job.status not in ("pending", "running")
    context = {
        "title": "Edit of many videos",
        "edit": edit,
        "job": job,
        "is_over": is_over,
        "video_total": len(edit.video_ids),
    }
    name = "progress_part.html" if request.headers.get("HX-Request") else "progress.html"
    return _page(model_admin, request, f"admin/library/video/bulk_{name}", context)


def _page(model_admin: Any, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    back = reverse("admin:library_video_changelist")
    query = request.GET.get("_changelist_filters", "")
    shared = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "back": f"{back}?{query}" if query else back,
        "address": _address(request, context["edit"]),
        "media": model_admin.media + context["form"].media if "form" in context else model_admin.media,
    }
    return TemplateResponse(request, template, {**shared, **context})


def _address(request: HttpRequest, edit: BulkEdit) -> str:
    query = request.GET.urlencode()
    return reverse("admin:library_bulkedit_change", args=(edit.pk,)) + (f"?{query}" if query else "")
