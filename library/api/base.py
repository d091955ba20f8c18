"""What every endpoint under /api/v1/ stands on."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from library.api.pages import Pages
from library.api.permissions import Permissions
from library.models import ChangeBatch, User
from library.services.changes import change_batch

CHANGE_HEADER = "Change-Batch"
# Of ids in one request.
MOST_IDS = 1000


class Throttled(APIView):
    """Whoever asks too often is told so before anything else, also those who may not ask at all."""

    def check_permissions(self, request: Request) -> None:
        super().check_throttles(request)
        super().check_permissions(request)

    def check_throttles(self, request: Request) -> None:
        """Done by then."""


class ApiView(Throttled):
    """An endpoint. Set `required_permissions`: ("app.codename", ...), or one such tuple by method.

    `reading_methods` are those of its unsafe methods that change nothing: tokens that may only look may use them.
    """

    required_permissions: Permissions | Mapping[str, Permissions]
    reading_methods: Sequence[str] = ()
    batch_id: UUID | None = None

    @property
    def account(self) -> User:
        """Who asks; behind HasPermissions there is always somebody."""
        assert isinstance(self.request.user, User)
        return self.request.user

    @contextmanager
    def changing(self, summary: str = "") -> Iterator[ChangeBatch]:
        """What is written inside is one change, whose id the answer tells in its header, so that it can be undone."""
        with change_batch(summary=summary, user=self.account) as batch:
            yield batch
        self.tell_batch(batch)

    def tell_batch(self, batch: ChangeBatch | None) -> None:
        """The answer names this change; none in which nothing changed."""
        if batch is not None and batch.change_count:
            self.batch_id = batch.pk

    def body(self, serializer: type[serializers.Serializer[Any]], *, partial: bool = False, row: Any = None) -> Any:
        """What was sent, checked. A name that the serializer doesn't take is a mistake to be told, not to be passed
        over: a misspelt field would seem to be saved."""
        given = serializer(row, data=self.request.data, partial=partial, context={"view": self})
        refuse_unknown(given)
        given.is_valid(raise_exception=True)
        return given.validated_data

    def query(self, serializer: type[serializers.Serializer[Any]]) -> Any:
        """What the address asks for, checked."""
        asked = serializer(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        return asked.validated_data

    def page(self, rows: QuerySet[Any], serializer: type[serializers.BaseSerializer[Any]]) -> Response:
        """A page of the rows by `ordering` of the view (see Pages)."""
        pages = Pages()
        found = pages.paginate_queryset(rows, self.request, view=self)
        return pages.get_paginated_response(serializer(found, many=True, context={"view": self}).data)

    def finalize_response(self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]
        if self.batch_id is not None and answer.status_code < 400:
            answer[CHANGE_HEADER] = str(self.batch_id)
        return answer


def refuse_unknown(given: serializers.BaseSerializer[Any]) -> None:
    """Raises ValidationError for names that the serializer doesn't take."""
    data = given.initial_data
    if not isinstance(data, Mapping):
        raise ParseError("Send a JSON object.")
    fields: Mapping[str, Any] = getattr(given, "fields", {})
    known = {name for name, field in fields.items() if not field.read_only}
    unknown = [name for name in data if name not in known]
    if unknown:
        raise serializers.ValidationError({name: ["There is no such field to be set."] for name in unknown[:20]})
