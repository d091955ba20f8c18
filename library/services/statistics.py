"""What PostgreSQL knows of the tables' contents, which its plans rest on."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import Model


def analyze_tables(models: Sequence[type[Model]]) -> None:
    """Has the statistics taken now: after a bulk write, which PostgreSQL itself notices up to a minute later.

    A sample of each table is read, about a second for a million rows. Writers and readers are not held up.
    """
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(quote(model._meta.db_table) for model in models)}")
