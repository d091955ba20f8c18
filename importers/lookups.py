"""Look-ups of many values at once."""

from typing import Any

from django.db.models import Field, ForeignKey, Lookup


@ForeignKey.register_lookup
@Field.register_lookup
class AnyOf(Lookup):  # type: ignore[type-arg] # not to be subscripted when it runs
    """`filter(key__any_of=[...])` finds what `__in` does, with one array for a parameter instead of a thousand of them:
    to put those into the statement, and to read them there, takes longer than the look-up. None is never found."""

    lookup_name = "any_of"

    def get_prep_lookup(self) -> list[Any]:
        field = self.lhs.output_field
        return [field.get_prep_value(value) for value in self.rhs if value is not None]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, parameters = self.process_lhs(compiler, connection)
        field = self.lhs.output_field
        values = [field.get_db_prep_value(value, connection, prepared=True) for value in self.rhs]
        return f"{column} = ANY(%s)", [*parameters, values]
