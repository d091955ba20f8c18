"""What is edited in the row of a video: the cell, its small form, and saving it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from library.access import may
from library.admin.columns import NOTHING, chips
from library.admin.picking import KINDS, Kind, PickField
from library.exceptions import LibraryError
from library.models import Video
from library.models.names import clean_name
from library.services.changes import change_batch
from library.services.tagging import edit_tags
from people.exceptions import PeopleError
from people.services.credits import edit_credits, edit_studios

EDIT: dict[str, Callable[..., Any]] = {"tags": edit_tags, "people": edit_credits, "studios": edit_studios}
ICONS = {"tags": "sell", "people": "person", "studios": "apartment"}
PARTS = ("title", *EDIT)
MOST_CHIPS = 4
# The header by which the page learns that there is something to tell.
SAVED = "HX-Trigger"


@dataclass(frozen=True, slots=True)
class Link:
    """A tag, person or studio of a video."""

    pk: int
    name: str
    color: str = ""


def links_of(video: Any, part: str) -> list[Link]:
    """From what the list has prefetched (`shown_tags`, `shown_people`, `shown_studios`)."""
    rows = getattr(video, f"shown_{part}")
    column = KINDS[part].column
    targets = [getattr(row, column) for row in rows]
    return [Link(one.pk, str(one), getattr(one, "color", "")) for one in targets]


def title_cell(video: Video, *, may_edit: bool) -> SafeString:
    """The title as the link that opens the video, with a small button to write another."""
    link = format_html(
        '<a href="{}" data-open title="{}">{}</a>',
        reverse("admin:library_video_change", args=(video.pk,)),
        video.title,
        video.title,
    )
    button = _button(video.pk, "title", "Rename") if may_edit else ""
    return format_html('<b class="v-title" id="{}">{}{}</b>', _cell_id(video.pk, "title"), link, button)


def links_cell(video_id: int, part: str, links: list[Link], *, may_edit: bool) -> SafeString:
    """Chips; pressed, they open the form."""
    inside = chips(((one.name, one.color) for one in links), most=MOST_CHIPS) if links else ""
    icon = format_html('<span class="material-symbols-outlined" aria-hidden="true">{}</span>', ICONS[part])
    kind = KINDS[part]
    if not may_edit:
        shown = format_html("{}{}", icon, inside or NOTHING)
        return format_html('<span class="v-links" id="{}">{}</span>', _cell_id(video_id, part), shown)
    return format_html(
        '<button type="button" class="v-links" id="{}" data-edit="{}" data-part="{}" aria-label="Edit {}">'
        "{}{}</button>",
        _cell_id(video_id, part),
        _address(video_id, part),
        part,
        f"{kind.many}: {', '.join(one.name for one in links)}" if links else kind.many,
        icon,
        inside or format_html('<span class="v-none">no {}</span>', kind.many),
    )


def _button(video_id: int, part: str, label: str) -> SafeString:
    return format_html(
        '<button type="button" class="v-pencil" data-edit="{}" data-part="{}" aria-label="{}" title="{}">'
        '<span class="material-symbols-outlined" aria-hidden="true">edit</span></button>',
        _address(video_id, part), part, label, label,
    )  # fmt: skip


def _address(video_id: int, part: str) -> str:
    return reverse("admin:library_video_cell", args=(video_id, part))


def _cell_id(video_id: int, part: str) -> str:
    return f"{part}-{video_id}"


class TitleForm(forms.Form):
    value = forms.CharField(max_length=500, label="Title")
    was = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)

    def clean_value(self) -> str:
        title = clean_name(self.cleaned_data["value"])
        if not title:
            raise ValidationError("A video needs a title.")
        return title


class LinksForm(forms.Form):
    def __init__(self, kind: Kind, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["value"] = PickField(kind, label=kind.many.capitalize())


def cell_view(request: HttpRequest, video_id: int, part: str) -> HttpResponse:
    """GET: the small form. POST: saves and answers with the cell; the page then fetches what there is to tell.

    The caller has checked that the user may change videos.
    """
    video = Video.objects.filter(pk=video_id).first()
    if video is None or part not in PARTS:
        raise Http404
    return _title_view(request, video) if part == "title" else _links_view(request, video, KINDS[part])


def _title_view(request: HttpRequest, video: Video) -> HttpResponse:
    form = TitleForm(_posted(request), initial={"value": video.title, "was": video.title})
    if request.method == "POST" and form.is_valid():
        title = form.cleaned_data["value"]
        with change_batch(summary=f"Renamed {video.title} to {title}", user=request.user):
            # Only over the title that was shown: what somebody else wrote meanwhile isn't overwritten.
            rows = Video.objects.filter(pk=video.pk, title=form.cleaned_data["was"] or video.title)
            is_written = rows.update(title=title) == 1
        video.refresh_from_db(fields=["title"])
        if is_written:
            return _saved(title_cell(video, may_edit=True))
        form.add_error("value", f"Somebody else has renamed it to “{video.title}” meanwhile. Open this again.")
    return _form(request, form, video, "title", "Title")


def _links_view(request: HttpRequest, video: Video, kind: Kind) -> HttpResponse:
    linked: Any = kind.link
    rows = linked._default_manager.filter(video=video).select_related(kind.column).order_by("pk")
    current = [getattr(row, f"{kind.column}_id") for row in rows]
    form = LinksForm(kind, _posted(request), initial={"value": current})
    if request.method == "POST" and form.is_valid():
        names = form.cleaned_data["value"].names
        if names and not may(request, kind.add_permission):
            form.add_error("value", f"Your role doesn't allow making a new {kind.one}.")
        else:
            try:
                with change_batch(summary=f"Changed the {kind.many} of {video.title}", user=request.user):
                    add, remove = form.cleaned_data["value"].difference(kind, request.user)
                    EDIT[kind.key](video_ids=[video.pk], add=add, remove=remove, user=request.user)
            except (LibraryError, PeopleError) as error:
                form.add_error("value", str(error))
            else:
                targets = [getattr(row, kind.column) for row in rows.all()]
                links = [Link(one.pk, str(one), getattr(one, "color", "")) for one in targets]
                return _saved(links_cell(video.pk, kind.key, links, may_edit=True))
    return _form(request, form, video, kind.key, kind.many.capitalize())


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _saved(cell: SafeString) -> HttpResponse:
    return HttpResponse(cell, headers={SAVED: "v-saved"})


def _form(request: HttpRequest, form: forms.Form, video: Video, part: str, label: str) -> HttpResponse:
    context = {
        "form": form,
        "video": video,
        "label": label,
        "address": _address(video.pk, part),
        "cell": _cell_id(video.pk, part),
    }
    response = render(request, "admin/library/video/cell_form.html", context)
    if form.errors:
        # The form stands where it is; the row stays as it was.
        response["HX-Retarget"], response["HX-Reswap"] = "#v-pop", "innerHTML"
    return response
