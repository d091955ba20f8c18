"""Sites where people have profiles."""

from typing import Any

from django.db.models import QuerySet

from library.api.rows import RowsView, RowView
from people.api.fields import (
    PlatformSerializer,
)
from people.api.shared import LOOK
from people.models import Platform


class Platforms(RowsView):
    """Sites where people have profiles."""

    required_permissions = {"GET": LOOK, "POST": ("library.view_video", "people.add_platform")}
    serializer_class = PlatformSerializer
    noun = "platform"
    ordering = ("name", "pk")

    def rows(self) -> QuerySet[Any]:
        return Platform.objects.all()


class PlatformDetail(RowView):
    """A site where people have profiles; its profiles go with it."""

    required_permissions = {
        "GET": LOOK,
        "PATCH": ("library.view_video", "people.change_platform"),
        "DELETE": ("library.view_video", "people.delete_platform"),
    }
    serializer_class = PlatformSerializer
    noun = "platform"

    def rows(self) -> QuerySet[Any]:
        return Platform.objects.all()
