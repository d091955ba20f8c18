"""The admin's sidebar and command palette. Called once per page by django-unfold; see `config.unfold`."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib import admin
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from faces.queries.inbox import open_questions
from library.models import Folder, User, Video, VideoFile
from library.models.file import FileState
from library.paths import encode_path
from processing.models import DeadLetter, IntegrityFinding, Job, JobStatus, LetterStatus
from processing.models.integrity import PROBLEMS

# A badge answers "is there something, and is it a lot": counting stops here.
MOST_COUNTED = 1000
HITS_PER_KIND = 6
# Filters that have a line of their own in the sidebar.
_SPECIAL = {"state": "failed", "missing": "yes"}


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the sidebar. `permission` is "app.codename", or "superuser"; None is for everyone who is staff.

    `badge` names the number that it carries (`_badges`).
    """

    title: str
    icon: str
    link: str
    permission: str | None = None
    badge: str = ""
    badge_variant: str = "primary"


def bounded_counts(*several: QuerySet[Any]) -> list[int]:
    """The number of rows of each, or MOST_COUNTED + 1 when there are more, in one statement; costs no more than that
    many rows."""
    if not several:
        return []
    parts = [rows.order_by().values("pk")[: MOST_COUNTED + 1].query.sql_with_params() for rows in several]
    with connection.cursor() as cursor:
        counted = ", ".join(f"(SELECT count(*) FROM ({sql}) AS counted)" for sql, _ in parts)
        cursor.execute(f"SELECT {counted}", [value for _, values in parts for value in values])
        return list(cursor.fetchone())


def _badges(request: HttpRequest) -> dict[str, int]:
    """The numbers that the user may see. One statement."""
    counted: dict[str, tuple[str, QuerySet[Any]]] = {
        "failed": ("library.view_videofile", VideoFile.objects.filter(state=FileState.FAILED)),
        "missing": ("library.view_videofile", Video.objects.in_library().missing()),
        "running": ("processing.view_job", Job.objects.filter(status=JobStatus.RUNNING)),
        "letters": ("processing.view_deadletter", DeadLetter.objects.filter(status=LetterStatus.PENDING_REVIEW)),
        "problems": (
            "processing.view_integrityfinding", IntegrityFinding.objects.filter(severity__in=PROBLEMS)
        ),
        "faces": ("faces.view_facecluster", open_questions()),
    }  # fmt: skip
    names = [name for name, (permission, _) in counted.items() if may(request, permission)]
    numbers = bounded_counts(*(counted[name][1] for name in names))
    return dict.fromkeys(counted, 0) | dict(zip(names, numbers, strict=True))


def badge_text(count: int) -> str | None:
    """What a badge shows: nothing for zero, "1,000+" when counting stopped."""
    if count == 0:
        return None
    return f"{MOST_COUNTED:,}+" if count > MOST_COUNTED else f"{count:,}"


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the sidebar with what the user may see. One statement."""
    badges = _badges(request)
    result = []
    for title, places in _groups():
        items = [_item(request, place, badges) for place in places if may(request, place.permission)]
        if items:
            result.append({"title": title, "items": items})
    return result


@cache
def _groups() -> tuple[tuple[str | None, tuple[Place, ...]], ...]:
    """The sidebar of someone who may see everything. Once in a process: sixty addresses take long to look up."""
    return (
        (None, (Place("Overview", "space_dashboard", reverse("admin:index")), _library_link())),
        ("Library", tuple(_library_places())),
        ("Names", tuple(_names_places())),
        ("Faces", tuple(_faces_places())),
        ("Work", tuple(_work_places())),
        ("What people think and watch", tuple(_playback_places())),
        ("People who log in", tuple(_people_places())),
        ("Settings", tuple(_settings_places())),
    )


def may(request: HttpRequest, permission: str | None) -> bool:
    """Whether the one who asks has the permission."""
    if permission is None:
        return True
    if permission == "superuser":
        return bool(getattr(request.user, "is_superuser", False))
    change = permission.replace(".view_", ".change_")
    user: Any = request.user
    return bool(user.has_perm(permission) or user.has_perm(change))


def _library_link() -> Place:
    return Place("Open the library", "play_circle", reverse("library"))


def _library_places() -> list[Place]:
    files = reverse("admin:library_videofile_changelist")
    view = "library.view_videofile"
    return [
        Place("Triage", "bolt", reverse("triage"), "library.triage_video"),
        Place("Videos", "movie", reverse("admin:library_video_changelist"), "library.view_video"),
        Place("Files", "video_file", files, view),
        Place("Failed files", "error", f"{files}?state=failed", view, "failed", "danger"),
        Place("Missing videos", "search_off", reverse("missing"), "library.view_video", "missing", "warning"),
        Place("Trash", "delete", reverse("trash"), "library.trash_video"),
        Place("Changes", "undo", reverse("admin:library_changebatch_changelist"), "library.view_changebatch"),
        Place(
            "Duplicates", "difference", reverse("admin:library_duplicatepair_changelist"), "library.view_duplicatepair"
        ),
        Place("Rules", "rule", reverse("admin:library_rule_changelist"), "library.view_rule"),
        Place("By evidence", "checklist", reverse("admin:library_rule_evidence"), "library.view_rule"),
        Place(
            "Rename files",
            "drive_file_rename_outline",
            reverse("admin:library_renamerun_changelist"),
            "library.rename_files",
        ),
        Place("Folders", "folder", reverse("admin:library_folder_changelist"), "library.view_folder"),
        Place("Uploads", "upload", reverse("admin:library_upload_changelist"), "library.view_upload"),
        Place("Scans", "radar", reverse("admin:library_scanlog_changelist"), "library.view_scanlog"),
        Place("Moving in", "move_to_inbox", reverse("admin:importers_importrun_changelist"), "importers.run_imports"),
    ]


def _names_places() -> list[Place]:
    return [
        Place("Tags", "sell", reverse("admin:library_tag_changelist"), "library.view_tag"),
        Place("People", "groups", reverse("admin:people_creator_changelist"), "people.view_creator"),
        Place("Studios", "apartment", reverse("admin:people_studio_changelist"), "people.view_studio"),
        Place("Platforms", "public", reverse("admin:people_platform_changelist"), "people.view_platform"),
    ]


def _faces_places() -> list[Place]:
    view = "faces.view_facecluster"
    rows = [
        ("faces", "facetrack", "Appearances", "ar_on_you"),
        ("faces", "facecluster", "Groups of faces", "group_work"),
        ("faces", "facereference", "Known faces", "face"),
        ("faces", "facedetection", "Single faces", "center_focus_strong"),
        ("faces", "differentpeople", "Told apart", "person_remove"),
        ("library", "suggestion", "Proposals", "lightbulb"),
        ("library", "rejection", "Rejected proposals", "do_not_disturb_on"),
        ("faces", "facelook", "Looks at files", "frame_inspect"),
        ("faces", "facemodel", "Models", "model_training"),
    ]
    return [
        Place("Face inbox", "familiar_face_and_zone", reverse("faces_inbox"), view, "faces"),
        Place("Unknown people", "person_search", reverse("faces_clusters"), view),
        Place("Same person?", "compare", reverse("faces_pairs"), view),
        *(
            Place(title, icon, reverse(f"admin:{app}_{model}_changelist"), f"{app}.view_{model}")
            for app, model, title, icon in rows
        ),
        Place("How well it works", "monitoring", reverse("face_accuracy"), "faces.view_facesettings"),
    ]


def _playback_places() -> list[Place]:
    rows = [
        ("playbacksession", "Now playing", "play_circle"),
        ("playlist", "Playlists", "playlist_play"),
        ("sharelink", "Shared links", "link"),
        ("marker", "Markers", "bookmark"),
        ("rating", "Ratings", "star"),
        ("favorite", "Favourites", "favorite"),
        ("tally", "Tallies", "exposure_plus_1"),
        ("watchprogress", "Progress", "hourglass_bottom"),
        ("watch", "Sittings", "history_toggle_off"),
        ("playcount", "Plays", "smart_display"),
        ("viewcount", "Views", "visibility"),
    ]
    return [
        Place(title, icon, reverse(f"admin:playback_{model}_changelist"), f"playback.view_{model}")
        for model, title, icon in rows
    ]


def _work_places() -> list[Place]:
    jobs = reverse("admin:processing_job_changelist")
    workers = reverse("admin:processing_workerprocess_changelist")
    dead = reverse("admin:processing_deadletter_changelist")
    ledger = reverse("admin:processing_stagerecord_changelist")
    findings = reverse("admin:processing_integrityfinding_changelist")
    conversions = reverse("admin:processing_conversion_changelist")
    encoders = reverse("admin:processing_encoderproof_changelist")
    return [
        Place("Queues", "speed", reverse("admin:processing_queuecontrol_changelist"), "processing.view_queuecontrol"),
        Place("Jobs", "manufacturing", jobs, "processing.view_job", "running"),
        Place(
            "Dead letters",
            "mark_email_unread",
            f"{dead}?status__exact=pending_review",
            "processing.view_deadletter",
            "letters",
            "danger",
        ),
        Place("Ledger", "receipt_long", ledger, "processing.view_stagerecord"),
        Place(
            "Problems with files",
            "healing",
            findings,
            "processing.view_integrityfinding",
            "problems",
            "warning",
        ),
        Place("Conversions", "movie_edit", conversions, "processing.view_conversion"),
        Place("Worth converting", "compress", f"{conversions}suggestions/", "processing.convert_video"),
        Place("Presets", "tune", reverse("admin:processing_preset_changelist"), "processing.view_preset"),
        Place("Encoders", "memory_alt", encoders, "processing.view_encoderproof"),
        Place("Workers", "memory", workers, "processing.view_workerprocess"),
        Place("Streams", "stream", reverse("admin:playback_streamsession_changelist"), "playback.view_streamsession"),
        Place("Plugins", "extension", reverse("admin:processing_plugin_changelist"), "processing.view_plugin"),
        Place(
            "Facts from plugins",
            "fact_check",
            reverse("admin:processing_pluginmetadata_changelist"),
            "processing.view_pluginmetadata",
        ),
        Place("Queues in Redis", "stacks", reverse("admin:django_rq_dashboard_changelist"), "superuser"),
    ]


def _people_places() -> list[Place]:
    return [
        Place("Users", "person", reverse("admin:library_user_changelist"), "library.view_user"),
        Place("Roles", "badge", reverse("admin:auth_group_changelist"), "auth.view_group"),
        Place("API tokens", "key", reverse("admin:library_apitoken_changelist"), "library.view_apitoken"),
        Place("Audit log", "history", reverse("admin:library_auditevent_changelist"), "library.view_auditevent"),
    ]


def _settings_places() -> list[Place]:
    rows = [
        ("library", "librarysettings", "Library", "folder_managed"),
        ("processing", "processingsettings", "Processing", "tune"),
        ("processing", "stageconfig", "Stages", "account_tree"),
        ("playback", "playbacksettings", "Playback", "smart_display"),
        ("faces", "facesettings", "Faces", "face"),
    ]
    return [
        Place(title, icon, reverse(f"admin:{app}_{model}_changelist"), f"{app}.view_{model}")
        for app, model, title, icon in rows
    ]


def _item(request: HttpRequest, place: Place, badges: dict[str, int]) -> dict[str, Any]:
    return {
        "title": place.title,
        "icon": place.icon,
        "link": place.link,
        "badge": badge_text(badges[place.badge]) or "" if place.badge else "",
        "badge_variant": place.badge_variant,
        "active": is_active(request, place.link),
    }


def is_active(request: HttpRequest, link: str) -> bool:
    """Whether the page that is shown belongs to the link; a filtered list is told apart from the whole one."""
    path, is_alone, wanted = _of_link(link)
    if is_alone:
        return request.path == path
    if not request.path.startswith(path) or (request.path.endswith("/suggestions/") and path != request.path):
        return False
    evidence = reverse("admin:library_rule_evidence")
    if request.path.startswith(evidence) and path != evidence:
        return False
    return {name: value for name, value in _SPECIAL.items() if request.GET.get(name) == value} == wanted


@cache
def _of_link(link: str) -> tuple[str, bool, dict[str, str]]:
    """Its path, whether only that very page belongs to it, and the filters that tell it apart."""
    path, _, query = link.partition("?")
    asked = dict(part.split("=") for part in query.split("&") if part)
    wanted = {name: value for name, value in asked.items() if name in _SPECIAL}
    return path, path in (reverse("admin:index"), reverse("library")), wanted


def search(request: HttpRequest, term: str) -> list[SearchResult]:
    """Hits of the command palette: a few per kind, and only of what the user may see. One bounded query per kind."""
    stored = encode_path(term)
    kinds: list[tuple[str, str, str, QuerySet[Any]]] = [
        ("library.view_video", "Video", "movie", Video.objects.filter(title__icontains=term).only("title")),
        ("library.view_folder", "Folder", "folder", Folder.objects.filter(name__icontains=term).only("name")),
        (
            "library.view_videofile",
            "File",
            "video_file",
            VideoFile.objects.filter(relative_path__icontains=stored).only("relative_path"),
        ),
        ("library.view_user", "User", "person", User.objects.filter(username__icontains=term).only("username")),
    ]
    return [
        SearchResult(title=str(row), description=kind, link=_change_url(row), icon=icon)
        for permission, kind, icon, rows in kinds
        if may(request, permission)
        for row in rows[:HITS_PER_KIND]
    ]


def _change_url(row: Any) -> str:
    return reverse(f"{admin.site.name}:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))
