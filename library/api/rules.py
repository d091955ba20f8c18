"""Rules: those of the owner, what they would do, their runs, and those learned from what is labelled."""

from http import HTTPStatus
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.base import MOST_IDS, ApiView
from library.api.pages import paged
from library.api.rows import find_row
from library.api.suggesting import RULES, SHOWN
from library.exceptions import LibraryError
from library.models import Rule, RuleRun
from library.models.rule import RuleRunStatus
from library.models.suggestion import THING_KINDS
from library.services.rules.applying import begin_rule_run, plan_rules
from library.services.rules.checking import check_rule
from library.services.rules.learning import accept_learned, decline_learned, find_learned, learned_rules, say_learned


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
            "changes": [_step(step) for step in plan.steps[:SHOWN]],
            "conflicts": [{**_step(one.step), "why": one.why} for one in plan.conflicts[:SHOWN]],
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
    kind = serializers.ChoiceField([(kind.value, kind.label) for kind in THING_KINDS])
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
            for one, where, what in say_learned((learned_rules() or [])[:SHOWN])
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
