"""Moving in: systems, runs, and what can be ordered."""

from http import HTTPStatus
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from importers.api.shared import MOVE_IN, ImportDetailSerializer, ImportSerializer, detail_of, find_run
from importers.models import ImportRun
from importers.queries.runs import state_of, states_of
from importers.registry import SourceOptions, systems
from importers.services.ordering import (
    Action,
    known_system,
    order,
    order_import,
    prepare_run,
    repeat_dry_run,
    set_options,
    stop,
)
from importers.services.proposing import check_path_map, propose_path_map
from library.api.base import ApiView
from library.api.pages import Pages, paged
from library.models import User

_MOST = 500
_BIGGEST_ID = 2**63 - 1
NEW = "new"


class ImportSystemSerializer(serializers.Serializer[Any]):
    """A system that one can come from. `carriers` says what its source may be."""

    name = serializers.CharField()
    title = serializers.CharField()
    carriers = serializers.CharField()
    needs_secret = serializers.BooleanField()


class ImportSystems(ApiView):
    """`/api/v1/imports/systems/`: where one can come from."""

    required_permissions = MOVE_IN

    @extend_schema(responses=ImportSystemSerializer(many=True))
    def get(self, request: Request) -> Response:
        """By title."""
        return Response(ImportSystemSerializer(systems(), many=True).data)


class PathPairsField(serializers.ListField):
    """[[there, here], ...]"""

    def __init__(self, **options: Any) -> None:
        pair = serializers.ListField(child=serializers.CharField(max_length=4_000), min_length=2, max_length=2)
        super().__init__(child=pair, max_length=_MOST, **options)


class ImportOptionsSerializer(serializers.Serializer[Any]):
    """What is asked of a run; left out, it stays as it was."""

    path_map = PathPairsField(required=False)
    user_map = serializers.DictField(child=serializers.CharField(max_length=150), required=False)
    owner = serializers.CharField(max_length=150, required=False, help_text="User name of whom the old owner becomes.")
    decisions = serializers.DictField(
        child=serializers.DictField(child=serializers.JSONField()),
        required=False,
        help_text='{"people.creator": {key: id of ours or "new"}}: whether two of one name are the same.',
    )

    def validate_decisions(self, decisions: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        answers = [answer for keys in decisions.values() for answer in keys.values()]
        if not all(answer == NEW or (isinstance(answer, int) and 0 < answer <= _BIGGEST_ID) for answer in answers):
            raise serializers.ValidationError('An answer is the id of a row of ours, or "new".')
        return decisions

    def validate_owner(self, name: str) -> User:
        owner = User.objects.filter(username__iexact=name, is_active=True).first()
        if owner is None:
            raise serializers.ValidationError("There is no such account.")
        return owner


class ImportSourceSerializer(serializers.Serializer[Any]):
    """Where the source is: a path on the server, or a PostgreSQL address. A password in it is kept encrypted."""

    system = serializers.CharField(max_length=40)
    location = serializers.CharField(max_length=2_000, trim_whitespace=True)
    secret = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class ImportAskedSerializer(ImportSourceSerializer, ImportOptionsSerializer):
    """A source, and what is asked of its run."""


class Imports(ApiView):
    """`/api/v1/imports/`: runs, dry ones too."""

    required_permissions = MOVE_IN
    ordering = ("-pk",)

    @extend_schema(responses=paged(ImportSerializer))
    def get(self, request: Request) -> Response:
        """The newest first."""
        rows = ImportRun.objects.select_related("owner").defer("report", "progress", "options")
        pages = Pages()
        found = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(ImportSerializer(states_of(list(found or ())), many=True).data)

    @extend_schema(request=ImportAskedSerializer, responses={202: ImportDetailSerializer})
    def post(self, request: Request) -> Response:
        """Opens the source and has a worker do the dry run. 400 while another import is under way."""
        asked = self.body(ImportAskedSerializer)
        source = {name: asked.pop(name) for name in ("system", "location", "secret")}
        # What is refused leaves no run.
        with transaction.atomic():
            run = prepare_run(**source, user=self.account)
            set_options(run=run, **asked)
            order(run=run, user=self.account)
        return Response(detail_of(state_of(run)), status=HTTPStatus.ACCEPTED)


class ImportDetail(ApiView):
    """`/api/v1/imports/<id>/`: one run."""

    required_permissions = MOVE_IN

    @extend_schema(responses=ImportDetailSerializer)
    def get(self, request: Request, run_id: int) -> Response:
        """Ask again while its state is waiting, running, verifying or taking_back."""
        return Response(detail_of(state_of(find_run(run_id))))


class ImportOrderSerializer(ImportOptionsSerializer):
    """`import` does what a dry run showed and `dry_run` looks once more, both as a new run; `resume` goes on where it
    stopped, `cancel` stops, `verify` compares every row with the source, `take_back` undoes the import:
    `with_edited` also what was edited later."""

    action = serializers.ChoiceField(["import", "dry_run", "resume", "verify", "take_back", "cancel"])
    with_edited = serializers.BooleanField(default=False)


class ImportOrders(ApiView):
    """`/api/v1/imports/<id>/orders/`: what is to be done with a run."""

    required_permissions = MOVE_IN

    @extend_schema(request=ImportOrderSerializer, responses={202: ImportDetailSerializer})
    def post(self, request: Request, run_id: int) -> Response:
        """A worker does it; the answer is the run that it does it to. 400 while another import is under way."""
        run, asked = find_run(run_id), self.body(ImportOrderSerializer)
        action, with_edited = asked.pop("action"), asked.pop("with_edited")
        if action == "import":
            run = order_import(dry_run=run, user=self.account, **asked)
        elif action == "dry_run":
            run = repeat_dry_run(dry_run=run, user=self.account, **asked)
        elif asked:
            raise serializers.ValidationError({name: ["Only a new run takes it."] for name in asked})
        elif action == "cancel":
            stop(run=run, user=self.account)
        elif action == "take_back":
            order(run=run, action=Action.ROLL_BACK, user=self.account, with_edited=with_edited)
        else:
            order(run=run, action=Action.VERIFY if action == "verify" else Action.RUN, user=self.account)
        return Response(detail_of(state_of(run)), status=HTTPStatus.ACCEPTED)


class ImportPathsSerializer(ImportSourceSerializer):
    """A source; with `path_map` that is counted instead of proposed."""

    path_map = PathPairsField(required=False)


class ImportPathSerializer(serializers.Serializer[Any]):
    """What begins with `old` lies below `new` here: `found` of the `looked` paths that were looked at."""

    old = serializers.CharField()
    new = serializers.CharField(help_text="Empty where nobody knows.")
    found = serializers.IntegerField()
    looked = serializers.IntegerField()


class ImportPathMap(ApiView):
    """`/api/v1/imports/path-map/`: where the source's paths lie here."""

    required_permissions = MOVE_IN
    reading_methods = ("POST",)

    @extend_schema(request=ImportPathsSerializer, responses=ImportPathSerializer(many=True))
    def post(self, request: Request) -> Response:
        """Proposes a path map by what exists on disk. Changes nothing."""
        asked = self.body(ImportPathsSerializer)
        source = known_system(asked["system"]).open(asked["location"], SourceOptions(secret=asked["secret"]))
        try:
            paths = source.paths()
        finally:
            source.close()
        if "path_map" in asked:
            lines = check_path_map([(old, new) for old, new in asked["path_map"]], paths)
        else:
            lines = propose_path_map(paths)
        return Response(ImportPathSerializer(lines, many=True).data)
