"""The first pages of moving in: which system, where it lies, and where its paths lie here."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from importers.admin.shared import go, render, system_title
from importers.exceptions import ImportersError
from importers.models import ImportRun
from importers.queries.runs import State, state_of
from importers.registry import System, find_system, systems
from importers.services.ordering import order, paths_of, prepare_run, repeat_dry_run, set_options
from importers.services.proposing import Mapping, check_path_map, propose_path_map
from importers.services.receiving import MOST_UPLOAD_BYTES, receive_source, remove_received
from library.access import current_user
from library.models import User

# Lines of the path map that a page sends at most, and of accounts.
_MOST_LINES = 200
_MOST_ACCOUNTS = 500


class SourceForm(forms.Form):
    """Where the other system's data are: a path or an address, or a file that the browser sends."""

    location = forms.CharField(required=False, max_length=2_000)
    upload = forms.FileField(required=False, max_length=255)
    secret = forms.CharField(required=False, max_length=500)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if bool(values.get("location")) == bool(values.get("upload")):
            raise forms.ValidationError("Give either a path or address, or a file.")
        return values


def systems_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The systems to choose from."""
    return render(model_admin, request, "systems", title="Move in", systems=systems())


def source_view(model_admin: Any, request: HttpRequest, system: str) -> HttpResponse:
    """GET: asks where the source is. POST: opens it, and goes on to the path map; or says why it can't be read."""
    known = find_system(system)
    if known is None:
        raise Http404("There is no such system.")
    form = SourceForm(request.POST or None, request.FILES or None)
    error = ""
    if request.method == "POST":
        if form.is_valid():
            run, error = _prepared(request, known, form.cleaned_data)
            if run is not None:
                return go("prepare", run.pk)
        else:
            error = " ".join(str(one) for errors in form.errors.values() for one in errors)
    return render(
        model_admin,
        request,
        "source",
        title=f"Move in from {known.title}",
        system=known,
        # What was typed comes back, but for a password: an address may hold one.
        location="" if "://" in form.data.get("location", "") else form.data.get("location", ""),
        error=error,
        most_gigabytes=MOST_UPLOAD_BYTES // 1024**3,
    )


def _prepared(request: HttpRequest, system: System, values: dict[str, Any]) -> tuple[ImportRun | None, str]:
    """The run that waits for its path map, or the sentence why there is none."""
    upload: UploadedFile | None = values["upload"]
    location = values["location"].strip()
    try:
        if upload is not None:
            location = str(receive_source(upload))
        run = prepare_run(system=system.name, location=location, secret=values["secret"], user=current_user(request))
    except ImportersError as refused:
        if upload is not None and location:
            remove_received(location)
        return None, str(refused)
    return run, ""


def prepare_view(model_admin: Any, request: HttpRequest, run_id: int) -> HttpResponse:
    """GET: the path map as proposed, or as it was chosen, and whose account is the owner's. POST: `check` counts what
    is found by the lines as they stand, anything else begins the dry run."""
    run = get_object_or_404(ImportRun, pk=run_id)
    if not run.is_dry_run:
        return go("change", run.pk)
    paths, error = _paths(run)
    if request.method == "POST":
        pairs, user_map = _pairs(request), _user_map(request.POST.get("users", ""))
        owner = User.objects.filter(pk=_number(request.POST.get("owner", ""))).first()
        if request.POST.get("do") != "check":
            return _begin(request, run, pairs, user_map, owner)
        mapping, chosen, users = check_path_map(pairs, paths), owner, request.POST.get("users", "")
    else:
        stored = [(old, new) for old, new in run.options.get("path_map", [])]
        mapping = check_path_map(stored, paths) if stored else propose_path_map(paths)
        chosen = run.owner
        users = "\n".join(f"{theirs} = {ours}" for theirs, ours in run.options.get("user_map", {}).items())
    return render(
        model_admin,
        request,
        "prepare",
        title=f"Move in from {system_title(run)}",
        run=run,
        error=error,
        mapping=[*mapping, Mapping("", "", 0, 0)],
        looked=len(paths),
        is_proposed=request.method != "POST" and not run.options.get("path_map"),
        accounts=User.objects.filter(is_active=True).order_by("username")[:_MOST_ACCOUNTS],
        owner=chosen,
        users=users,
    )


def _begin(
    request: HttpRequest,
    run: ImportRun,
    pairs: list[tuple[str, str]],
    user_map: dict[str, str],
    owner: User | None,
) -> HttpResponse:
    user = current_user(request)
    try:
        if state_of(run).state == State.PREPARING:
            set_options(run=run, path_map=pairs, user_map=user_map, owner=owner)
            order(run=run, user=user)
        else:
            run = repeat_dry_run(dry_run=run, user=user, path_map=pairs, user_map=user_map, owner=owner)
    except ImportersError as refused:
        messages.error(request, str(refused))
        return go("prepare", run.pk)
    return go("change", run.pk)


def _paths(run: ImportRun) -> tuple[list[str], str]:
    try:
        return paths_of(run), ""
    except ImportersError as refused:
        return [], str(refused)


def _pairs(request: HttpRequest) -> list[tuple[str, str]]:
    pairs = zip(request.POST.getlist("old"), request.POST.getlist("new"), strict=False)
    return [(old.strip(), new.strip()) for old, new in pairs if old.strip()][:_MOST_LINES]


def _user_map(text: str) -> dict[str, str]:
    """ "theirs = ours" in each line."""
    lines = [line.partition("=") for line in text.splitlines()[:_MOST_LINES]]
    return {theirs.strip(): ours.strip() for theirs, _, ours in lines if theirs.strip() and ours.strip()}


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 18 else 0
