"""Suggestions, rules, batches of evidence and renamings."""

from http import HTTPStatus
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.answers import IdsSerializer
from library.api.base import MOST_IDS, ApiView
from library.api.pages import Pages, paged
from library.api.rows import find_row
from library.exceptions import LibraryError
from library.models import LibrarySettings, RenameRun, Rule, RuleRun
from library.models.renaming import RenameStatus
from library.models.rule import RuleRunStatus
from library.models.suggestion import SuggestedKind
from library.queries.suggestions import Chip, chips_of, count_precision, reason_of, waiting
from library.services.renaming.names import NameTemplateError
from library.services.renaming.plan import plan_renames
from library.services.renaming.runs import begin_renaming, undo_renaming
from library.services.rules.applying import begin_rule_run, plan_rules
from library.services.rules.checking import check_rule
from library.services.rules.learning import accept_learned, decline_learned, find_learned, learned_rules, say_learned
from library.services.suggesting.evidence import (
    apply_evidence,
    decline_evidence,
    evidence_batches,
    load_evidence,
    say_evidence,
)
from library.services.suggesting.targets import get_target, labels_of
from library.services.suggestions import accept_suggestions, reject_suggestions

LOOK = ("library.view_video", "library.change_video")
RULES = ("library.view_rule",)
RENAME = ("library.rename_files",)
_SHOWN = 100


class AnsweredSerializer(serializers.Serializer[Any]):
    """What an answer did. `batch` takes it back; null where nothing changed. `gone` were answered already."""

    batch = serializers.UUIDField(allow_null=True)
    accepted = serializers.IntegerField()
    rejected = serializers.IntegerField()
    gone = serializers.IntegerField()


class ChipSerializer(serializers.Serializer[Any]):
    """Something suggested for a video, joined over all who suggest it. `object` is what the API calls it elsewhere:
    the number of a tag, the public id of a person or studio. Answer it by `id`."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(SuggestedKind.choices)
    object = serializers.CharField()
    label = serializers.CharField()
    confidence = serializers.FloatField()
    provider = serializers.CharField()
    reason = serializers.CharField()


class SuggestionRowSerializer(serializers.Serializer[Any]):
    """One suggestion of one provider."""

    id = serializers.IntegerField(source="pk")
    video = serializers.IntegerField(source="video_id")
    kind = serializers.ChoiceField(SuggestedKind.choices)
    object = serializers.CharField()
    label = serializers.CharField()
    confidence = serializers.FloatField()
    provider = serializers.CharField()
    reason = serializers.CharField()


class InboxFilterSerializer(serializers.Serializer[Any]):
    provider = serializers.SlugField(required=False)
    kind = serializers.ChoiceField(SuggestedKind.choices, required=False)


class SuggestionInbox(ApiView):
    required_permissions = LOOK
    ordering = ("-confidence", "pk")

    @extend_schema(parameters=[InboxFilterSerializer], responses=paged(SuggestionRowSerializer))
    def get(self, request: Request) -> Response:
        """What waits for an answer, the surest first."""
        rows = waiting().filter(video__trashed_at=None, **self.query(InboxFilterSerializer))
        pages = Pages()
        found: list[Any] = list(pages.paginate_queryset(rows, request, view=self) or ())
        labels = labels_of((row.kind, row.object_id) for row in found)
        addresses = _addresses([(row.kind, row.object_id) for row in found])
        for row in found:
            key = (row.kind, row.object_id)
            row.label, row.object, row.reason = labels.get(key, ""), addresses.get(key, ""), reason_of(row)
        return pages.get_paginated_response(SuggestionRowSerializer(found, many=True).data)


def _addresses(pairs: list[tuple[str, int]]) -> dict[tuple[str, int], str]:
    wanted: dict[str, set[int]] = {}
    for kind, pk in pairs:
        wanted.setdefault(kind, set()).add(pk)
    return {(kind, pk): text for kind, ids in wanted.items() for pk, text in get_target(kind).addresses(ids).items()}


class VideoSuggestions(ApiView):
    required_permissions = LOOK

    @extend_schema(responses=ChipSerializer(many=True))
    def get(self, request: Request, video_id: int) -> Response:
        """What is suggested for a video, the surest first."""
        chips: list[Chip] = chips_of([video_id])[video_id]
        addresses = _addresses([(chip.kind, chip.object_id) for chip in chips])
        found = [
            {
                "id": chip.id,
                "kind": chip.kind,
                "object": addresses.get((chip.kind, chip.object_id), ""),
                "label": chip.label,
                "confidence": chip.confidence,
                "provider": chip.provider,
                "reason": chip.reason,
            }
            for chip in chips
        ]
        return Response(ChipSerializer(found, many=True).data)


def _answered(view: ApiView, answered: Any) -> Response:
    view.tell_batch(answered.batch)
    facts = {
        "batch": answered.batch.pk if answered.batch is not None else None,
        "accepted": answered.accepted,
        "rejected": answered.rejected,
        "gone": answered.gone,
    }
    return Response(AnsweredSerializer(facts).data)


class SuggestionsAccept(ApiView):
    required_permissions = LOOK

    @extend_schema(request=IdsSerializer, responses=AnsweredSerializer)
    def post(self, request: Request) -> Response:
        """They are right: what is suggested is put on the videos."""
        ids = self.body(IdsSerializer)["ids"]
        return _answered(self, accept_suggestions(suggestion_ids=ids, user=self.account))


class SuggestionsReject(ApiView):
    required_permissions = LOOK

    @extend_schema(request=IdsSerializer, responses=AnsweredSerializer)
    def post(self, request: Request) -> Response:
        """They are wrong: never suggested for those videos again."""
        ids = self.body(IdsSerializer)["ids"]
        return _answered(self, reject_suggestions(suggestion_ids=ids, user=self.account))


class ProviderSerializer(serializers.Serializer[Any]):
    """How often one of those who suggest was right. `at_least` is proved with 95 % certainty."""

    provider = serializers.CharField()
    label = serializers.CharField()
    accepted = serializers.IntegerField()
    rejected = serializers.IntegerField()
    waiting = serializers.IntegerField()
    ratio = serializers.FloatField(allow_null=True)
    at_least = serializers.FloatField()


class SuggestionProviders(ApiView):
    required_permissions = LOOK

    @extend_schema(responses=ProviderSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Who suggests, and how right each is."""
        return Response(ProviderSerializer(list(count_precision().values()), many=True).data)


# ---- rules ---------------------------------------------------------------------------------------------------------
class RuleSerializer(serializers.ModelSerializer[Rule]):
    """Conditions are {"field", "operator", "value"}, in seconds, bytes, pixels and bit/s; actions {"do": add|remove,
    "kind"} with an "id", a "name" (made where it isn't there) or a "capture" (a named part of a path's expression)."""

    conditions = serializers.ListField(child=serializers.DictField(), max_length=30)
    actions = serializers.ListField(child=serializers.DictField(), max_length=30)

    class Meta:
        model = Rule
        fields = (
            "id",
            "name",
            "kind",
            "conditions",
            "is_any",
            "actions",
            "priority",
            "is_enabled",
            "is_learned",
            "note",
        )
        read_only_fields = ("is_learned",)
        extra_kwargs: ClassVar[dict[str, Any]] = {"name": {"validators": []}}


class RulePlanSerializer(serializers.Serializer[Any]):
    """What a rule would do now, the first hundred changes and conflicts."""

    met = serializers.IntegerField()
    videos = serializers.IntegerField()
    already = serializers.IntegerField()
    conflict_count = serializers.IntegerField()
    changes = serializers.ListField(child=serializers.DictField())
    conflicts = serializers.ListField(child=serializers.DictField())


class RuleRunSerializer(serializers.ModelSerializer[RuleRun]):
    batch = serializers.UUIDField(source="batch_id", allow_null=True)
    status = serializers.ChoiceField(RuleRunStatus.choices)

    class Meta:
        model = RuleRun
        fields = ("id", "status", "hit_count", "video_count", "conflict_count", "error", "batch", "ended_at")


def _rule(rule_id: int) -> Rule:
    row: Rule = find_row(Rule.objects.all(), rule_id, noun="rule")
    return row


def _checked(rule: Rule) -> Rule:
    try:
        check_rule(rule)
    except LibraryError as error:
        raise ValidationError({"detail": str(error)}) from None
    if Rule.objects.filter(name__iexact=rule.name).exclude(pk=rule.pk).exists():
        raise ValidationError({"detail": "There is a rule of that name already."})
    return rule


class Rules(ApiView):
    required_permissions = {"GET": RULES, "POST": (*RULES, "library.add_rule")}
    ordering = ("-priority", "name", "pk")

    @extend_schema(responses=paged(RuleSerializer))
    def get(self, request: Request) -> Response:
        """Rules in the order in which they go."""
        return self.page(Rule.objects.all(), RuleSerializer)

    @extend_schema(request=RuleSerializer, responses={201: RuleSerializer})
    def post(self, request: Request) -> Response:
        """Makes a rule. It is applied to new videos, and to others by applying it."""
        rule = _checked(Rule(**self.body(RuleSerializer)))
        with self.changing(f"Made the rule {rule.name}"):
            rule.save(force_insert=True)
        return Response(RuleSerializer(rule).data, status=HTTPStatus.CREATED)


class RuleDetail(ApiView):
    required_permissions = {
        "GET": RULES,
        "PATCH": (*RULES, "library.change_rule"),
        "DELETE": (*RULES, "library.delete_rule"),
    }

    @extend_schema(responses=RuleSerializer)
    def get(self, request: Request, rule_id: int) -> Response:
        """A rule."""
        return Response(RuleSerializer(_rule(rule_id)).data)

    @extend_schema(request=RuleSerializer, responses=RuleSerializer)
    def patch(self, request: Request, rule_id: int) -> Response:
        """Changes a rule. What it put on videos stays."""
        rule = _rule(rule_id)
        for name, value in self.body(RuleSerializer, partial=True, row=rule).items():
            setattr(rule, name, value)
        _checked(rule)
        with self.changing(f"Changed the rule {rule.name}"):
            rule.save()
        return Response(RuleSerializer(rule).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, rule_id: int) -> Response:
        """Deletes a rule. What it put on videos stays."""
        rule = _rule(rule_id)
        with self.changing(f"Deleted the rule {rule.name}"):
            rule.delete()
        return Response(status=HTTPStatus.NO_CONTENT)


class RulePreview(ApiView):
    required_permissions = RULES

    @extend_schema(responses=RulePlanSerializer)
    def get(self, request: Request, rule_id: int) -> Response:
        """What the rule would do now; nothing is changed."""
        try:
            plan = plan_rules([_rule(rule_id)])
        except LibraryError as error:
            raise ValidationError({"detail": str(error)}) from None
        facts = {
            "met": sum(plan.met.values()),
            "videos": plan.videos,
            "already": plan.already,
            "conflict_count": len(plan.conflicts),
            "changes": [_step(step) for step in plan.steps[:_SHOWN]],
            "conflicts": [{**_step(one.step), "why": one.why} for one in plan.conflicts[:_SHOWN]],
        }
        return Response(RulePlanSerializer(facts).data)


def _step(step: Any) -> dict[str, Any]:
    return {"video": step.video_id, "do": step.do, "kind": step.kind, "name": step.name}


class RuleApplySerializer(serializers.Serializer[Any]):
    videos = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        max_length=MOST_IDS,
        help_text="Only these; by itself the whole library.",
    )


class RuleApply(ApiView):
    required_permissions = (*RULES, "library.change_rule", "library.change_video")

    @extend_schema(request=RuleApplySerializer, responses={202: RuleRunSerializer})
    def post(self, request: Request, rule_id: int) -> Response:
        """Has the rule applied by a job, as one change."""
        videos = self.body(RuleApplySerializer).get("videos")
        try:
            run = begin_rule_run(rules=[_rule(rule_id)], user=self.account, video_ids=videos)
        except LibraryError as error:
            raise ValidationError({"detail": str(error)}) from None
        return Response(RuleRunSerializer(run).data, status=HTTPStatus.ACCEPTED)


class RuleRuns(ApiView):
    required_permissions = RULES
    ordering = ("-pk",)

    @extend_schema(responses=paged(RuleRunSerializer))
    def get(self, request: Request) -> Response:
        """What rules did, the latest first."""
        return self.page(RuleRun.objects.all(), RuleRunSerializer)


class LearnedSerializer(serializers.Serializer[Any]):
    """A rule that follows from what is labelled. `at_least` is proved with 95 % certainty."""

    key = serializers.CharField()
    words = serializers.CharField()
    kind = serializers.ChoiceField(SuggestedKind.choices)
    right = serializers.IntegerField()
    labelled = serializers.IntegerField()
    reached = serializers.IntegerField()
    precision = serializers.FloatField()
    at_least = serializers.FloatField()
    exceptions = serializers.ListField(child=serializers.IntegerField())


class LearnedRules(ApiView):
    required_permissions = RULES

    @extend_schema(responses=LearnedSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Rules that are proposed, those that would reach the most first."""
        found = [
            {**{name: getattr(one, name) for name in ("key", "kind", "right", "labelled", "reached", "precision")},
             "at_least": one.at_least, "exceptions": list(one.exceptions), "words": f"{where}: {what}"}
            for one, where, what in say_learned((learned_rules() or [])[:_SHOWN])
        ]  # fmt: skip
        return Response(LearnedSerializer(found, many=True).data)


class KeyAnswerSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=64)
    answer = serializers.ChoiceField([("accept", "Accept"), ("decline", "Decline")])


class LearnedRulesAnswer(ApiView):
    required_permissions = (*RULES, "library.add_rule")

    @extend_schema(request=KeyAnswerSerializer, responses={200: RuleSerializer, 204: None})
    def post(self, request: Request) -> Response:
        """Makes a rule of it, or never proposes it again."""
        given = self.body(KeyAnswerSerializer)
        learned = find_learned(given["key"])
        if learned is None:
            raise NotFound("That was answered already, or isn't so any more.")
        with self.changing():
            if given["answer"] == "decline":
                decline_learned(learned=learned, user=self.account)
                return Response(status=HTTPStatus.NO_CONTENT)
            try:
                rule = accept_learned(learned=learned, user=self.account)
            except LibraryError as error:
                raise ValidationError({"detail": str(error)}) from None
        return Response(RuleSerializer(rule).data)


# ---- many at once --------------------------------------------------------------------------------------------------
class EvidenceSerializer(serializers.Serializer[Any]):
    """Videos of a folder for most of which the same is suggested."""

    key = serializers.CharField()
    what = serializers.CharField()
    kind = serializers.ChoiceField(SuggestedKind.choices)
    videos = serializers.IntegerField()
    hinted = serializers.IntegerField()
    has = serializers.IntegerField()
    hints = serializers.ListField(child=serializers.CharField())


class EvidenceList(ApiView):
    required_permissions = LOOK

    @extend_schema(responses=EvidenceSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Batches that can be answered at once, the largest first."""
        found = [
            {"key": one.key, "what": what, "kind": one.kind, "videos": one.videos, "hinted": one.hinted,
             "has": one.has, "hints": hints}
            for one, what, _, hints in say_evidence((evidence_batches() or [])[:_SHOWN])
        ]  # fmt: skip
        return Response(EvidenceSerializer(found, many=True).data)


class EvidenceVideosSerializer(serializers.Serializer[Any]):
    exceptions = serializers.ListField(child=serializers.IntegerField(), help_text="Not suggested for these.")
    hinted = serializers.ListField(child=serializers.IntegerField())


class EvidenceDetailView(ApiView):
    required_permissions = LOOK

    @extend_schema(responses=EvidenceVideosSerializer)
    def get(self, request: Request, key: str) -> Response:
        """The videos of a batch. `key` is what stands behind the colon."""
        try:
            detail = load_evidence(f"evidence:{key}")
        except LibraryError as error:
            raise NotFound(str(error)) from None
        return Response(EvidenceVideosSerializer(detail).data)


class EvidenceAnswerSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=64)
    videos = serializers.ListField(
        child=serializers.IntegerField(min_value=1),
        required=False,
        max_length=50_000,
        help_text="Those that get it; of the others it is remembered that they don't. Empty declines the batch.",
    )


class EvidenceAnswer(ApiView):
    required_permissions = LOOK

    @extend_schema(request=EvidenceAnswerSerializer, responses=AnsweredSerializer)
    def post(self, request: Request) -> Response:
        """Puts it on these of the batch's videos, or never offers the batch again."""
        given = self.body(EvidenceAnswerSerializer)
        try:
            if given.get("videos"):
                return _answered(self, apply_evidence(key=given["key"], video_ids=given["videos"], user=self.account))
            return _answered(self, decline_evidence(key=given["key"], user=self.account))
        except LibraryError as error:
            raise NotFound(str(error)) from None


# ---- renaming ------------------------------------------------------------------------------------------------------
class TemplateSerializer(serializers.Serializer[Any]):
    template = serializers.CharField(max_length=500, required=False, help_text="By itself that of the settings.")


class RenamePlanSerializer(serializers.Serializer[Any]):
    """What a renaming would do, the first hundred files of each."""

    rename_count = serializers.IntegerField()
    conflict_count = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    renames = serializers.ListField(child=serializers.DictField())
    conflicts = serializers.ListField(child=serializers.DictField())


class RenameRunSerializer(serializers.ModelSerializer[RenameRun]):
    status = serializers.ChoiceField(RenameStatus.choices)
    undoes = serializers.IntegerField(source="undoes_id", allow_null=True)

    class Meta:
        model = RenameRun
        fields = ("id", "template", "status", "renamed_count", "failed_count", "undoes", "created_at", "ended_at")


class Renames(ApiView):
    required_permissions = RENAME
    ordering = ("-pk",)

    @extend_schema(responses=paged(RenameRunSerializer))
    def get(self, request: Request) -> Response:
        """Renamings, the latest first."""
        return self.page(RenameRun.objects.all(), RenameRunSerializer)

    @extend_schema(request=TemplateSerializer, responses={202: RenameRunSerializer})
    def post(self, request: Request) -> Response:
        """Has the files renamed by a job. Refused unless the settings allow it."""
        template = self.body(TemplateSerializer).get("template") or LibrarySettings.load().rename_template
        try:
            plan = plan_renames(template=template)
            run = begin_renaming(template=template, renames=plan.renames, user=self.account)
        except (LibraryError, NameTemplateError) as error:
            raise ValidationError({"detail": str(error)}) from None
        return Response(RenameRunSerializer(run).data, status=HTTPStatus.ACCEPTED)


class RenamePlanView(ApiView):
    required_permissions = RENAME

    @extend_schema(parameters=[TemplateSerializer], responses=RenamePlanSerializer)
    def get(self, request: Request) -> Response:
        """What a renaming would do; nothing is changed."""
        template = self.query(TemplateSerializer).get("template") or LibrarySettings.load().rename_template
        try:
            plan = plan_renames(template=template)
        except NameTemplateError as error:
            raise ValidationError({"detail": str(error)}) from None
        facts = {
            "rename_count": len(plan.renames),
            "conflict_count": len(plan.conflicts),
            "unchanged": plan.unchanged,
            "renames": [_rename(one) for one in plan.renames[:_SHOWN]],
            "conflicts": [{**_rename(one), "problem": one.problem} for one in plan.conflicts[:_SHOWN]],
        }
        return Response(RenamePlanSerializer(facts).data)


def _rename(one: Any) -> dict[str, Any]:
    return {"file": one.file.pk, "old": one.shown_old, "new": one.shown_new}


class RenameUndo(ApiView):
    required_permissions = RENAME

    @extend_schema(request=None, responses={202: RenameRunSerializer})
    def post(self, request: Request, run_id: int) -> Response:
        """Gives the files of a renaming their old names back."""
        run: RenameRun = find_row(RenameRun.objects.all(), run_id, noun="renaming")
        try:
            undo = undo_renaming(run=run, user=self.account)
        except LibraryError as error:
            raise ValidationError({"detail": str(error)}) from None
        return Response(RenameRunSerializer(undo).data, status=HTTPStatus.ACCEPTED)
