"""Files that could not be read."""

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from library import queries
from library.api.answers import DoneSerializer, IdsSerializer, done
from library.api.base import ApiView
from library.api.pages import paged
from library.api.video_fields import FileSerializer
from processing.services import rerun_files


class Unreadable(ApiView):
    required_permissions = {"GET": ("library.view_video",), "POST": ("library.view_video", "library.reprocess_video")}

    @extend_schema(responses=paged(FileSerializer))
    def get(self, request: Request) -> Response:
        """Files that failed, the latest first, with the reason in `error`."""
        return self.page(self._files(), FileSerializer)

    @extend_schema(request=IdsSerializer, responses={202: DoneSerializer})
    def post(self, request: Request) -> Response:
        """Has failed files looked at again."""
        ids = self.body(IdsSerializer)["ids"]
        files = list(self._files().filter(pk__in=ids).values_list("pk", flat=True))
        count = rerun_files(file_ids=files, requested_by=self.account)
        return Response(done(count, f"{count:,} of them are being looked at again."), status=HTTPStatus.ACCEPTED)

    def _files(self) -> QuerySet[Any]:
        return queries.unreadable_files().select_related("folder")
