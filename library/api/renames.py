"""Renaming files by a template."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.base import ApiView
from library.api.pages import paged
from library.api.rows import find_row
from library.api.suggesting import RENAME, SHOWN
from library.exceptions import LibraryError
from library.models import LibrarySettings, RenameRun
from library.models.renaming import RenameStatus
from library.services.renaming.names import NameTemplateError
from library.services.renaming.plan import plan_renames
from library.services.renaming.runs import begin_renaming, undo_renaming


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
            "renames": [_rename(one) for one in plan.renames[:SHOWN]],
            "conflicts": [{**_rename(one), "problem": one.problem} for one in plan.conflicts[:SHOWN]],
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
