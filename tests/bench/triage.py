"""From key to next screen at 100,000 videos: an answer with what comes next; run by `make bench AREA=triage`.

Requests go through Django in this process: what is measured is the server's time for what the page waits for when it
has nothing loaded ahead. Usually it has, and then a key costs no request at all.
"""

import statistics
import sys
import time
import uuid
from collections.abc import Callable
from itertools import count
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse

# The models can be imported only then.
django.setup()

from config.services.seed.scale import seed_scale
from library.models import User, Video
from library.services.statistics import analyze_tables
from tests.bench.table import Row, show

VIDEOS = 100_000
NEXT_MS = 150.0
PAGE_MS = 100.0
_QUEUES = ("without-tags", "without-people", "without-studio", "without-rating", "all", "new")

# A collection as people have it: 1 % tagged, a tenth with people, each video with three suggestions.
_UNLABELLED = (
    "DELETE FROM library_videotag WHERE video_id % 100 <> 0",
    "DELETE FROM people_credit WHERE video_id % 10 <> 0",
    "DELETE FROM people_videostudio WHERE video_id % 10 <> 0",
)
_SUGGESTIONS = """
INSERT INTO library_suggestion (provider, video_id, kind, object_id, subject, confidence, evidence, state)
SELECT 'path', video.id, kind.name, kind.first + video.id %% 50, '', kind.sure, '{}', 'open'
  FROM library_video AS video, (
    SELECT 'creator' AS name, min(id) AS first, 0.9 AS sure FROM people_creator
     UNION ALL SELECT 'studio', min(id), 0.8 FROM people_studio
     UNION ALL SELECT 'tag', min(id), 0.4 FROM library_tag) AS kind
ON CONFLICT DO NOTHING
"""


def _seed(owner: User) -> None:
    seed_scale(videos=VIDEOS, user=owner)
    with connection.cursor() as cursor:
        # The history of what is only seeded is of no use here.
        cursor.execute("SET session_replication_role = replica")
        for statement in _UNLABELLED:
            cursor.execute(statement)
        cursor.execute(_SUGGESTIONS.replace("%%", "%"))
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
    analyze_tables([Video])


def _measured(name: str, ask: Callable[[], Any], times: int, target: float) -> Row:
    """p50 and p95 of so many requests after two to warm up."""
    milliseconds: list[float] = []
    statements = 0
    for number in range(times + 2):
        reset_queries()
        with CaptureQueriesContext(connection) as asked:
            began = time.perf_counter()
            response = ask()
            took = 1000 * (time.perf_counter() - began)
        if response.status_code != 200:
            return Row(name, f"{response.status_code}: {response.content[:200]!r}", "", "", False)
        if number > 1:
            milliseconds.append(took)
            statements = max(statements, len(asked))
    p95 = statistics.quantiles(milliseconds, n=20, method="inclusive")[-1]
    said = f"p50 {statistics.median(milliseconds):.0f} ms, p95 {p95:.0f} ms"
    return Row(name, said, f"{statements} statements", f"p95 {target:.0f} ms", p95 < target)


class _Curator:
    """Goes through a queue: what was brought last is answered next."""

    def __init__(self, client: Client, queue: str) -> None:
        self.client, self.queue, self.answers = client, queue, count(1)
        self.screens = self._post("next", {"count": 3}).json()["screens"]

    def _post(self, what: str, body: dict[str, Any]) -> Any:
        return self.client.post(reverse(f"api_triage_{what}", args=(self.queue,)), body, "application/json")

    def answer(self) -> Any:
        """Accepts all that is sure, or goes on, and takes the next one."""
        screen, *rest = self.screens
        sure = [chip["id"] for chip in screen["suggestions"] if chip["is_sure"]]
        body = {
            "video": screen["id"],
            "key": str(uuid.uuid4()),
            "is_last": True,
            "held": [one["id"] for one in rest],
            "next": 1,
        }
        if sure:
            body["operation"] = {"suggestions": {"accept": sure}}
        response = self._post("answer", body)
        if response.status_code == 200:
            self.screens = [*rest, *response.json()["screens"]]
        return response

    def undo(self) -> Any:
        return self._post("undo", {})


def run(*, full: bool = False) -> bool:
    """Prints the table; False when something is too slow. `full` asks more often."""
    call_command("migrate", verbosity=0)
    owner = User.owners().order_by("pk").first() or User.objects.create_superuser("bench")
    if not Video.objects.exists():
        _seed(owner)
    times = 100 if full else 40
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    rows = []
    with override_settings(STORAGES=settings.STORAGES | plain, ALLOWED_HOSTS=["*"]):
        client = Client(raise_request_exception=False)
        client.force_login(owner)
        for queue in _QUEUES:
            curator = _Curator(client, queue)
            rows.append(_measured(f"{queue}: answer and next", curator.answer, times, NEXT_MS))
            rows.append(_measured(f"{queue}: undo", curator.undo, 10, NEXT_MS))
        for name, address in (
            ("the queues", reverse("triage")),
            ("a queue's page", reverse("triage_queue", args=("without-people",))),
            ("the grid's page", reverse("triage_grid", args=("without-people",))),
        ):
            rows.append(_measured(name, lambda at=address: client.get(at), 20, PAGE_MS))
        grid = reverse("api_triage_grid", args=("without-people",))
        rows.append(
            _measured(
                "a grid of 120 by folder",
                lambda: client.post(grid, {"group": "folder", "limit": 120}, "application/json"),
                20,
                2 * NEXT_MS,
            )
        )
    return show("Triage", rows)


if __name__ == "__main__":
    sys.exit(0 if run(full="--full" in sys.argv) else 1)
