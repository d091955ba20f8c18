"""Endpoints of one kind of curated rows: a list to which rows are added, and one row that is changed and removed."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.db.models import Model, QuerySet
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.base import ApiView
from library.api.versions import check_version, version_of

Serializer = type[serializers.ModelSerializer[Any]]


class VersionedSerializer(serializers.ModelSerializer[Any]):
    """A row with the `version` that If-Match takes: a digest of the fields that can be set."""

    version = serializers.SerializerMethodField(help_text="The ETag: send it as If-Match with a change.")

    def get_version(self, row: Any) -> str:
        return version_of(row, settable(type(self)))


def settable(serializer: type[serializers.BaseSerializer[Any]]) -> list[str]:
    """The columns that a serializer sets."""
    fields: Mapping[str, Any] = serializer().fields  # type: ignore[attr-defined]
    return [field.source for field in fields.values() if not field.read_only]


class RowMixin(ApiView):
    """What lists and single rows share."""

    serializer_class: Serializer
    noun = "row"
    lookup = "pk"

    def rows(self) -> QuerySet[Any]:
        """What may be seen, with everything that the serializer reads."""
        raise NotImplementedError

    def find(self, key: Any, *, is_locking: bool = False) -> Any:
        """The row. Raises NotFound."""
        return find_row(self.rows(), key, lookup=self.lookup, noun=self.noun, is_locking=is_locking)

    def show(self, row: Any, *, status: int = HTTPStatus.OK) -> Response:
        """The row as it is now, with its version."""
        fresh = self.rows().get(pk=row.pk)
        data = self.serializer_class(fresh, context={"view": self}).data
        return Response(data, status=status, headers={"ETag": data["version"]} if "version" in data else None)


class RowsView(RowMixin):
    """GET: a page of them. POST: one more."""

    is_list = True

    def get(self, request: Request) -> Response:
        """A page of them."""
        return self.page(self.rows(), self.serializer_class)

    def post(self, request: Request) -> Response:
        """One more."""
        values = self.body(self.serializer_class)
        with self.changing() as batch:
            row = self.make(values)
            batch.summary = batch.summary or f"Made the {self.noun} {row}"
        return self.show(row, status=HTTPStatus.CREATED)

    def make(self, values: dict[str, Any]) -> Any:
        """Writes a new row. Raises ValidationError."""
        model: type[Model] = self.rows().model
        row = model(**values)
        row.full_clean()
        row.save()
        return row


class RowView(RowMixin):
    """GET: the row. PATCH: changes some of its fields. DELETE: removes it, or puts it into the trash."""

    has_version = True

    def get(self, request: Request, **key: Any) -> Response:
        """What is known of it; `ETag` is its version."""
        return self.show(self.find(*key.values()))

    def patch(self, request: Request, **key: Any) -> Response:
        """Changes the fields that are sent, and no others."""
        with self.changing() as batch:
            row = self.find(*key.values(), is_locking=True)
            check_version(request, row, settable(self.serializer_class))
            values = self.body(self.serializer_class, partial=True, row=row)
            self.change(row, values)
            batch.summary = batch.summary or f"Changed the {self.noun} {row}"
        return self.show(row)

    def change(self, row: Any, values: dict[str, Any]) -> None:
        """Writes the values. Raises ValidationError."""
        write(row, values)

    def delete(self, request: Request, **key: Any) -> Response:
        """Removes it; what can be undone is in the history."""
        with self.changing() as batch:
            row = self.find(*key.values(), is_locking=True)
            check_version(request, row, settable(self.serializer_class), is_needed=False)
            self.remove(row)
            batch.summary = batch.summary or f"Removed the {self.noun} {row}"
        return Response(status=HTTPStatus.NO_CONTENT)

    def remove(self, row: Any) -> None:
        """Deletes it."""
        row.delete()


def find_row(rows: QuerySet[Any], key: Any, *, noun: str = "row", lookup: str = "pk", is_locking: bool = False) -> Any:
    """The row of that key, locked where the caller is about to change it. Raises NotFound."""
    if isinstance(key, int) and key >= 2**63:
        raise NotFound(f"There is no such {noun}.")
    row = (rows.select_for_update(of=("self",)) if is_locking else rows).filter(**{lookup: key}).first()
    if row is None:
        raise NotFound(f"There is no such {noun}.")
    return row


def write(row: Any, values: Mapping[str, Any]) -> None:
    """Sets the columns and saves those that differ. Raises ValidationError as a form would."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        untouched = {field.name for field in row._meta.concrete_fields} - changed.keys()
        row.full_clean(exclude=untouched)
        row.save(update_fields=list(changed))
