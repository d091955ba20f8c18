"""The rules for the best of several, what they would do, and having it done."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from library.access import current_user
from library.models import Folder, LibrarySettings
from library.services.duplicates.best import RULES, check_rules
from library.services.duplicates.plan import MOST_GROUPS_AT_ONCE, apply_best, plan_best
from library.words import size
from processing.services.submit import MANUAL, submit_jobs

CODECS = ("av1", "hevc", "vp9", "h264", "mpeg4", "mpeg2video", "wmv3")
GROUPS_SHOWN = 100


def best_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET: what the rules would do to all open pairs, or with `?chosen=1` to those chosen in the list. POST: does it,
    by a job when it is much."""
    is_chosen = bool(request.GET.get("chosen"))
    pair_ids = request.session.get("duplicates_chosen", []) if is_chosen else None
    plan = plan_best(pair_ids=pair_ids)
    if request.method == "POST":
        return _apply(model_admin, request, pair_ids, len(plan.clear))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Keep the best of duplicates",
        "plan": plan,
        "clear": plan.clear[:GROUPS_SHOWN],
        "conflicts": plan.conflicts[:GROUPS_SHOWN],
        "hidden": max(0, len(plan.clear) - GROUPS_SHOWN),
        "hidden_conflicts": max(0, len(plan.conflicts) - GROUPS_SHOWN),
        "is_chosen": is_chosen,
        "by_job": len(plan.clear) > MOST_GROUPS_AT_ONCE,
        "rules": [label for label, _ in _stored_rules()],
        "may_decide": model_admin.has_decide_permission(request),
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/library/duplicates/best.html", context)


def _apply(model_admin: Any, request: HttpRequest, pair_ids: list[int] | None, groups: int) -> HttpResponse:
    user = current_user(request)
    other_files = "alternate" if request.POST.get("files") == "alternate" else "trash"
    if groups > MOST_GROUPS_AT_ONCE:
        params = {"pair_ids": pair_ids, "other_files": other_files}
        made = submit_jobs(
            stage="keep-best", target_ids=[user.pk], params=params, priority=MANUAL, requested_by_id=user.pk
        )
        said = (
            f"{groups:,} groups are being worked on; the job shows how far it is, the history takes it back."
            if made
            else "You have asked for that already; it is being worked on."
        )
        model_admin.message_user(request, said, messages.SUCCESS if made else messages.WARNING)
    else:
        done = apply_best(pair_ids=pair_ids, user=user, other_files=other_files)  # type: ignore[arg-type]
        freed = f", {size(done.freed_bytes)} in the trash" if done.freed_bytes else ""
        model_admin.message_user(
            request, f"Kept {done.kept:,} and merged {done.merged:,} into them{freed}.", messages.SUCCESS
        )
    return HttpResponseRedirect(reverse("admin:library_duplicatepair_changelist"))


def rules_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET: the rules in their order. POST: `rule` in the order wanted, `use-NAME` for those that count, and for rules
    with an order `order-NAME` values, the best first."""
    error = ""
    if request.method == "POST":
        try:
            stored = check_rules(_read(request))
        except ValidationError as refused:
            error = " ".join(refused.messages)
        else:
            row = LibrarySettings.load()
            row.keep_rules = stored
            if row._state.adding:
                row.save(force_insert=True)
            else:
                row.save(update_fields=["keep_rules"])
            model_admin.message_user(request, "Saved. The rules count from now on.", messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:library_duplicatepair_best"))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Rules for the best",
        "rows": _rows(),
        "error": error,
        "may_decide": model_admin.has_decide_permission(request),
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/library/duplicates/rules.html", context)


def _read(request: HttpRequest) -> list[dict[str, Any]]:
    stored: list[dict[str, Any]] = []
    for name in request.POST.getlist("rule"):
        if not request.POST.get(f"use-{name}"):
            continue
        order: list[Any] = list(dict.fromkeys(value for value in request.POST.getlist(f"order-{name}") if value))
        if name == "folder":
            order = [int(value) for value in order if value.isdecimal()]
        stored.append({"rule": name, "order": order} if order else {"rule": name})
    return stored


def _stored_rules() -> list[tuple[str, dict[str, Any]]]:
    labels = {rule.name: rule.label for rule in RULES}
    rules = LibrarySettings.load().keep_rules
    return [(labels[rule["rule"]], rule) for rule in rules if rule["rule"] in labels]


def _rows() -> list[dict[str, Any]]:
    """Those that count first, in their order; each with the choices of its own order, the preferred ones first."""
    stored = {rule["rule"]: rule for _, rule in _stored_rules()}
    places = {name: place for place, name in enumerate(stored)}
    folders = [(pk, name) for pk, name in Folder.objects.in_library().values_list("pk", "name")[:200]]
    choices: dict[str, list[tuple[Any, str]]] = {"codec": [(name, name) for name in CODECS], "folder": folders}
    rows = []
    for rule in sorted(RULES, key=lambda rule: places.get(rule.name, len(places))):
        wanted = stored.get(rule.name, {}).get("order", [])
        offered = choices.get(rule.name, []) if rule.has_order else []
        # As many fields as may be preferred, the first ones filled.
        fields = [*wanted, *[""] * (min(len(offered), 6) - len(wanted))] if offered else []
        rows.append({"rule": rule, "is_used": rule.name in stored, "choices": offered, "fields": fields})
    return rows
