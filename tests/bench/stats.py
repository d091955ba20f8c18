"""All four snapshots over 100,000 videos and 1,000,000 sittings, and the dashboard; run by `make bench AREA=stats`."""

import resource
import statistics
import sys
import time

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import override_settings

# The models can be imported only then.
django.setup()

from config.services.seed.scale import seed_scale
from library.models import User, Video
from stats.models import LibrarySnapshot, StorageSnapshot
from stats.services.snapshots import KINDS, take_snapshot
from tests.bench.table import Row, show

VIDEOS, SITTINGS = 100_000, 1_000_000
TARGET_SECONDS, TARGET_MB, TARGET_MS = 10.0, 300.0, 150.0
_SITTINGS = """
    INSERT INTO playback_watch (user_id, video_id, watched_at, watched_seconds, position_seconds, is_completed)
    SELECT %(user)s, 1 + (number * 7919) %% %(videos)s + %(first)s,
           now() - make_interval(secs => (number * 61) %% 31536000), number %% 1800, number %% 1800, number %% 3 = 0
      FROM generate_series(1::bigint, %(sittings)s::bigint) AS number
"""
# Two years of days, and ninety days of hours.
_DAYS = """
    INSERT INTO stats_{kind}snapshot ({columns}, day, taken_at)
    SELECT {columns}, day - ago, taken_at FROM stats_{kind}snapshot, generate_series(1, 730) AS ago
"""
_HOURS = """
    INSERT INTO stats_storagesnapshot ({columns}, period, taken_at)
    SELECT {columns}, period - make_interval(hours => ago), taken_at
      FROM stats_storagesnapshot, generate_series(1, 2160) AS ago
"""


def _columns(kind: str) -> str:
    left_out = ("id", "day", "period", "taken_at", "created_at", "updated_at")
    return ", ".join(field.column for field in KINDS[kind]._meta.concrete_fields if field.column not in left_out)


def _age() -> None:
    with connection.cursor() as cursor:
        for kind in ("library", "content", "usage"):
            cursor.execute(_DAYS.format(kind=kind, columns=_columns(kind)))
        cursor.execute(_HOURS.format(columns=_columns("storage")))
        cursor.execute("ANALYZE")


def run(*, full: bool = False) -> bool:
    """Prints the table; False when a target is missed."""
    call_command("migrate", verbosity=0)
    owner = User.owners().order_by("pk").first() or User.objects.create_superuser("bench")
    seed_scale(videos=VIDEOS, user=owner)
    first = Video.objects.order_by("pk").values_list("pk", flat=True)[0] - 1
    with connection.cursor() as cursor:
        cursor.execute(_SITTINGS, {"user": owner.pk, "videos": VIDEOS, "first": first, "sittings": SITTINGS})
        cursor.execute("ANALYZE")
    rows, whole = [], 0.0
    for kind in KINDS:
        began = time.perf_counter()
        take_snapshot(kind)
        took = time.perf_counter() - began
        whole += took
        rows.append(Row(f"snapshot: {kind}", f"{took:.2f} s", "", "", None))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    rows.append(Row("all four", f"{whole:.2f} s", "", f"< {TARGET_SECONDS:.0f} s", whole < TARGET_SECONDS))
    rows.append(Row("memory, at most", f"{peak:.0f} MB", "", f"< {TARGET_MB:.0f} MB", peak < TARGET_MB))
    _age()
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(STORAGES=settings.STORAGES | plain, ALLOWED_HOSTS=["*"]):
        client = Client()
        client.force_login(owner)
        for name, address in (
            ("dashboard", "/stats/"),
            ("a number over a year", "/api/v1/stats/series/?kind=library&field=total_count&days=365"),
            ("the disks, hour by hour", "/api/v1/stats/series/?kind=storage&field=video_bytes&days=90&points=400"),
        ):
            times = []
            for _ in range(32):
                began = time.perf_counter()
                assert client.get(address).status_code == 200
                times.append(1000 * (time.perf_counter() - began))
            p95 = statistics.quantiles(times[2:], n=20, method="inclusive")[-1]
            rows.append(Row(name, f"p95 {p95:.0f} ms", "", f"< {TARGET_MS:.0f} ms", p95 < TARGET_MS))
    counts = f"{LibrarySnapshot.objects.count():,} days, {StorageSnapshot.objects.count():,} hours"
    rows.append(Row("snapshots by then", counts, "", "", None))
    return show("Statistics", rows)


if __name__ == "__main__":
    sys.exit(0 if run(full="--full" in sys.argv) else 1)
