"""The card of duplicates on the admin's first page."""

from typing import Any

from django.db import connection
from django.http import HttpRequest

from library.admin.dashboard import Section, register_section

# Each video that could go counts once, however many it is like. Those in the trash are few: they are looked up.
_COUNTS = """
WITH open AS (
    SELECT kind, wasted_bytes, CASE WHEN is_first_smaller THEN first_id ELSE second_id END AS smaller_id
      FROM library_duplicatepair AS pair
     WHERE verdict = 'open' AND NOT EXISTS (
        SELECT FROM library_video WHERE trashed_at IS NOT NULL AND id IN (pair.first_id, pair.second_id))
)
SELECT count(*) FILTER (WHERE kind = 'exact'), count(*) FILTER (WHERE kind = 'near'),
       count(*) FILTER (WHERE kind = 'contained'),
       (SELECT coalesce(sum(bytes), 0) FROM (
           SELECT max(wasted_bytes) AS bytes FROM open WHERE kind <> 'contained' GROUP BY smaller_id) AS smaller)
  FROM open
"""


def load_duplicates(request: HttpRequest) -> dict[str, Any] | None:
    """How many pairs wait and the bytes to win; one query. None while there are none."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS)
        exact, near, contained, wasted = cursor.fetchone()
    if not exact + near + contained:
        return None
    return {"exact": exact, "near": near, "contained": contained, "wasted_bytes": int(wasted)}


register_section(
    Section(
        "duplicates",
        "Duplicates",
        "admin/dashboard/duplicates.html",
        load_duplicates,
        ("library.view_duplicatepair",),
        order=35,
    )
)
