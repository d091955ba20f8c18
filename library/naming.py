"""What rows are called where they are only known by table and id, those that are gone too."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import ForeignKey, Model

# The column that a person would call a row by, the best first.
_NAMING = ("title", "name", "username", "profile_url", "url", "external_id", "key", "label", "relative_path", "image")
Row = dict[str, Any]


def naming_column(model: type[Model]) -> str | None:
    """The column whose value names a row; None for links, which are named by what they link."""
    columns = {field.column for field in model._meta.concrete_fields}
    return next((name for name in _NAMING if name in columns), None)


def foreign_keys(model: type[Model]) -> "list[ForeignKey[Any, Any]]":
    """The model's own foreign keys (one-to-ones too)."""
    return [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]


def target_of(field: "ForeignKey[Any, Any]") -> type[Model]:
    """The model that a foreign key points to."""
    return field.remote_field.model


class RowNames:
    """Names of many rows, loaded with one query for each table (and one more for tables with rows that are gone)."""

    def __init__(self) -> None:
        self._wanted: dict[type[Model], set[Any]] = defaultdict(set)
        self._known: dict[type[Model], dict[Any, str]] = defaultdict(dict)
        self._there: set[tuple[type[Model], Any]] = set()

    def want(self, model: type[Model], ids: Iterable[Any]) -> None:
        """Asks for names of these rows of the model at the next `load`."""
        self._wanted[model].update(pk for pk in ids if pk is not None)

    def want_row(self, model: type[Model], row: Row) -> None:
        """Asks for what `of_row` needs."""
        if naming_column(model) is None:
            for field in foreign_keys(model):
                self.want(target_of(field), [row.get(field.column)])

    def load(self) -> None:
        """Reads what was asked for since the last call."""
        for model, ids in self._wanted.items():
            missing = ids - self._known[model].keys()
            column = naming_column(model)
            if not missing:
                continue
            names = dict(model._base_manager.filter(pk__in=missing).values_list("pk", column or "pk"))
            self._there.update((model, pk) for pk in names)
            if column is None:
                continue
            gone = missing - names.keys()
            if gone and (events := getattr(model, "pgh_event_model", None)):
                rows = events._default_manager.filter(pgh_obj_id__in=gone).order_by("pgh_obj_id", "-pgh_id")
                names.update(rows.distinct("pgh_obj_id").values_list("pgh_obj_id", column))
            self._known[model].update(names)
        self._wanted.clear()

    def of(self, model: type[Model], pk: Any) -> str:
        """The row's name; for one that nothing is known of its kind and number."""
        return self._known[model].get(pk) or f"{model._meta.verbose_name} {pk}"

    def is_there(self, model: type[Model], pk: Any) -> bool:
        """Whether a row that was asked for exists now."""
        return (model, pk) in self._there

    def of_row(self, model: type[Model], row: Row) -> str:
        """What a row as it once was is called: "Beach", for a link "Beach, Holiday"."""
        column = naming_column(model)
        if column is not None:
            return str(row.get(column) or f"{model._meta.verbose_name} {row.get('id')}")
        linked = [(target_of(field), row.get(field.column)) for field in foreign_keys(model)]
        return ", ".join(self.of(target, pk) for target, pk in linked if pk is not None)
