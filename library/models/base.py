"""What every table of Videothek has."""

from collections.abc import Collection

import pgtrigger
from django.db import models
from django.db.models.functions import Now


class TimeStamped(models.Model):
    """When a row was made and last changed, in UTC.

    Both are kept by the database (a default and a trigger), so bulk updates and raw SQL count too. After `save()` of
    an existing row `updated_at` on the instance is the old one until it is read again. A subclass with its own Meta
    must inherit `TimeStamped.Meta`, or it loses the trigger; a test looks for that.
    """

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True
        triggers = [
            pgtrigger.Trigger(
                name="keep_timestamps",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="NEW.created_at = OLD.created_at; NEW.updated_at = clock_timestamp(); RETURN NEW;",
            )
        ]

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Raises ValidationError. Of those over a generated column too, as long as what it is made of was looked at.

        No form has generated columns, so that Django would leave their constraints to the database: an error page.
        """
        generated = {field.name for field in self._meta.concrete_fields if field.generated}
        super().validate_constraints(exclude=set(exclude or ()) - generated)
