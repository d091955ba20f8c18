"""Rules that were learned, what many videos have in common, what rules did, and how right each provider is."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from library.access import check, current_user
from library.admin.base import counted
from library.announce import announce
from library.exceptions import LibraryError
from library.models import Rule, RuleRun, Video, VideoFile
from library.models.rule import RuleKind, RuleOutcome, RuleRunStatus
from library.paths import display_path
from library.queries.suggestions import count_precision
from library.services.background import submit_background
from library.services.rules.applying import RULES_STAGE, begin_rule_run, plan_rules
from library.services.rules.learning import accept_learned, decline_learned, find_learned, learned_rules, say_learned
from library.services.suggesting.evidence import (
    apply_evidence,
    decline_evidence,
    evidence_batches,
    load_evidence,
    say_evidence,
)
from library.services.suggesting.refresh import EVERYTHING, SUGGEST_STAGE
from library.services.suggesting.targets import get_target, labels_of
from processing.models import Job

PER_PAGE = 20
# Of one batch, on its page.
MOST_SHOWN = 500
SHOWN = 100


def _page(model_admin: Any, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    frame = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts}
    return TemplateResponse(request, f"admin/library/rule/{template}.html", {**frame, **context})


def learned_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET: the learned rules, those first that would reach the most. POST `key` with `accept` or `decline`; `look`."""
    if request.method == "POST":
        return _answer_learned(model_admin, request)
    found = learned_rules()
    page: Any = Paginator(found or [], PER_PAGE).get_page(request.GET.get("page"))
    exceptions = {pk for one in page for pk in one.exceptions}
    titles = dict(Video.objects.filter(pk__in=exceptions).values_list("pk", "title"))
    rows = [
        (one, where, what, [(pk, titles[pk]) for pk in one.exceptions if pk in titles])
        for one, where, what in say_learned(page)
    ]
    return _page(
        model_admin, request, "learned", title="Learned rules", page=page, rows=rows, is_looked=found is not None
    )


def _answer_learned(model_admin: Any, request: HttpRequest) -> HttpResponse:
    check(request, "library.add_rule")
    here = HttpResponseRedirect(request.get_full_path())
    if "look" in request.POST:
        return look_again(model_admin, request)
    learned = find_learned(request.POST.get("key", ""))
    if learned is None:
        messages.warning(request, "That was answered already, or isn't so any more.")
        return here
    try:
        if "decline" in request.POST:
            decline_learned(learned=learned, user=current_user(request))
            model_admin.message_user(request, "It isn't proposed again.", messages.SUCCESS)
            return here
        rule = accept_learned(learned=learned, user=current_user(request))
    except LibraryError as refused:
        messages.error(request, str(refused))
        return here
    if "apply" in request.POST:
        check(request, "library.change_video")
        run = begin_rule_run(rules=[rule], user=current_user(request))
        return HttpResponseRedirect(reverse("admin:library_rule_run", args=(run.pk,)))
    model_admin.message_user(request, f"Made the rule {rule.name}. It counts for new videos.", messages.SUCCESS)
    return here


def look_again(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Asks for a new look at everything; a worker does it."""
    submit_background(SUGGEST_STAGE, EVERYTHING, requested_by_id=current_user(request).pk)
    messages.success(request, "The library is being looked at; what is found appears here in a minute or so.")
    return HttpResponseRedirect(request.get_full_path())


def evidence_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET: batches that can be answered at once, the largest first. POST `look`."""
    if request.method == "POST":
        return look_again(model_admin, request)
    found = evidence_batches()
    page: Any = Paginator(found or [], PER_PAGE).get_page(request.GET.get("page"))
    return _page(
        model_admin,
        request,
        "evidence",
        title="By evidence",
        page=page,
        rows=say_evidence(page),
        is_looked=found is not None,
    )


def evidence_batch_view(model_admin: Any, request: HttpRequest, key: str) -> HttpResponse:
    """GET: a batch, its exceptions first. POST: `apply` for the `video`s that are ticked (with `rest` for those that
    are not on the page, too), or `decline`."""
    full_key = f"evidence:{key}"
    back = HttpResponseRedirect(reverse("admin:library_rule_evidence"))
    try:
        detail = load_evidence(full_key)
        if request.method == "POST":
            check(request, "library.change_video")
            return _answer_evidence(model_admin, request, full_key, detail)
    except LibraryError as refused:
        messages.warning(request, str(refused))
        return back
    shown = [*detail.exceptions, *detail.hinted][:MOST_SHOWN]
    primary = VideoFile.objects.filter(is_primary=True).select_related("thumbnail")
    primary = primary.only("video_id", "relative_path", "thumbnail")
    rows: QuerySet[Any] = Video.objects.all()
    videos = rows.prefetch_related(Prefetch("files", primary, to_attr="primary_files")).in_bulk(shown)
    said = say_evidence([detail.evidence])[0]
    return _page(
        model_admin,
        request,
        "evidence_batch",
        title=f"{said[1][0].upper()}{said[1][1:]} in a whole folder",
        evidence=detail.evidence,
        what=said[1],
        where=said[2],
        hints=said[3],
        exceptions=[_card(videos[pk]) for pk in detail.exceptions if pk in videos],
        hinted=[_card(videos[pk]) for pk in detail.hinted if pk in videos],
        hidden=len(detail.exceptions) + len(detail.hinted) - len(shown),
    )


def _card(video: Any) -> dict[str, Any]:
    file = video.primary_files[0] if video.primary_files else None
    name = display_path(file.relative_path).rpartition("/")[2] if file else ""
    return {"video": video, "still": getattr(file, "thumbnail", None) if file else None, "name": name}


def _answer_evidence(model_admin: Any, request: HttpRequest, key: str, detail: Any) -> HttpResponse:
    user = current_user(request)
    if "decline" in request.POST:
        answered = decline_evidence(key=key, user=user)
        said = "It isn't asked again for this folder."
    else:
        ids = {int(pk) for pk in request.POST.getlist("video") if pk.isdecimal() and len(pk) < 19}
        hidden = [*detail.exceptions, *detail.hinted][MOST_SHOWN:]
        answered = apply_evidence(key=key, video_ids=[*ids, *hidden], user=user)
        said = f"Put on {counted(answered.accepted, 'video', 'videos')}."
        if answered.rejected:
            said += f" {counted(answered.rejected, 'other was', 'others were')} told apart."
    if hasattr(request, "told"):
        model_admin.message_user(request, said, messages.SUCCESS)
    else:
        announce(request, said, answered.batch)
    return HttpResponseRedirect(reverse("admin:library_rule_evidence"))


def apply_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET: what all enabled rules would do. POST: has them applied by a job."""
    rules = list(Rule.objects.filter(is_enabled=True).exclude(kind=RuleKind.MANUAL))
    if request.method == "POST":
        check(request, "library.change_video")
        try:
            run = begin_rule_run(rules=rules, user=current_user(request))
        except LibraryError as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(request.path)
        return HttpResponseRedirect(reverse("admin:library_rule_run", args=(run.pk,)))
    error, plan = "", None
    try:
        plan = plan_rules(rules, limit=SHOWN * 100)
    except LibraryError as refused:
        error = str(refused)
    rows = [(rule, plan.met.get(rule.pk, 0)) for rule in rules] if plan is not None else []
    titles = dict(
        Video.objects.filter(pk__in=[one.step.video_id for one in plan.conflicts[:SHOWN]]).values_list("pk", "title")
        if plan is not None
        else []
    )
    conflicts = [
        (one.step.video_id, titles.get(one.step.video_id, "?"), get_target(one.step.kind).links.one, one.why)
        for one in (plan.conflicts[:SHOWN] if plan is not None else [])
    ]
    return _page(
        model_admin,
        request,
        "apply",
        title="Apply all rules",
        rows=rows,
        plan=plan,
        error=error,
        conflicts=conflicts,
        hidden=max(0, len(plan.conflicts) - SHOWN) if plan is not None else 0,
    )


def runs_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """What rules did, the latest first."""
    page: Any = Paginator(RuleRun.objects.select_related("user", "batch"), PER_PAGE).get_page(request.GET.get("page"))
    names = dict(Rule.objects.values_list("pk", "name"))
    rows = [(run, ", ".join(names.get(pk, "a deleted rule") for pk in run.rule_ids[:3])) for run in page]
    return _page(model_admin, request, "runs", title="What rules did", page=page, rows=rows)


def run_view(model_admin: Any, request: HttpRequest, run_id: int) -> HttpResponse:
    """One run: its progress, and then what it did and what it left."""
    run = get_object_or_404(RuleRun.objects.select_related("user", "batch"), pk=run_id)
    outcome = request.GET.get("outcome", "")
    logs = run.logs.select_related("video")
    if outcome in RuleOutcome.values:
        logs = logs.filter(outcome=outcome)
    page: Any = Paginator(logs, SHOWN).get_page(request.GET.get("page"))
    names = labels_of((log.kind, log.object_id) for log in page if log.object_id is not None)
    rows = [(log, get_target(log.kind).links.one, names.get((log.kind, log.object_id or 0), log.label)) for log in page]
    return _page(
        model_admin,
        request,
        "run",
        title="Rules at work" if run.status == RuleRunStatus.WAITING else "What the rules did",
        run=run,
        page=page,
        rows=rows,
        outcome=outcome,
        outcomes=RuleOutcome.choices,
        job=Job.objects.filter(stage=RULES_STAGE, target_id=run.pk).order_by("-pk").first(),
        is_waiting=run.status == RuleRunStatus.WAITING,
    )


def providers_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """How often each of those who propose was right."""
    rows = sorted(count_precision().values(), key=lambda one: (-one.at_least, one.label))
    return _page(model_admin, request, "providers", title="How right suggestions are", rows=rows)


def toggle_view(model_admin: Any, request: HttpRequest, rule_id: int) -> HttpResponse:
    """POST: switches a rule on or off."""
    if request.method != "POST":
        raise Http404
    check(request, "library.change_rule")
    rule = get_object_or_404(Rule, pk=rule_id)
    rule.is_enabled = not rule.is_enabled
    rule.save(update_fields=["is_enabled"])
    state = "on" if rule.is_enabled else "off"
    model_admin.message_user(request, f"The rule {rule.name} is {state}.", messages.SUCCESS)
    return HttpResponseRedirect(reverse("admin:library_rule_changelist"))
