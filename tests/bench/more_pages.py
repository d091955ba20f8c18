"""Pages of people, studios and tags, and every list and change page of the admin, for the bench of pages."""

import random
from collections.abc import Callable
from datetime import timedelta

from django.contrib import admin
from django.db import connection, models
from django.urls import reverse
from django.utils import timezone

from library.models import Folder, ScanLog, Tag, User, Video
from library.models.scan_log import ScanStatus
from people.models import Creator, Studio

Address = Callable[[random.Random], str]

# What the synthetic library has none of: work that was done, sittings, pairs that look the same.
_MORE_ROWS = (
    """
    INSERT INTO playback_watch (user_id, video_id, watched_at, watched_seconds, position_seconds, is_completed)
    SELECT %(user)s, id, created_at + make_interval(hours => n), 60, 30, n = 1
      FROM library_video, generate_series(1, 3) AS n
    """,
    """
    INSERT INTO library_duplicatepair (first_id, second_id, kind, verdict, confidence, distance, wasted_bytes,
           is_first_smaller)
    SELECT id, lead, 'near', CASE WHEN id %% 5 = 0 THEN 'rejected' ELSE 'open' END, (id %% 1000) / 1000.0, id %% 10,
           size_bytes, false
      FROM (SELECT id, size_bytes, lead(id) OVER (ORDER BY id) FROM library_video) AS video
     WHERE lead IS NOT NULL AND id %% 4 = 0
    """,
    """
    INSERT INTO processing_job (stage, queue, target_kind, target_id, variant, label, params, status, priority,
           is_forced, input_key, is_asked_again, attempts, max_attempts, due_at, started_at, finished_at, worker,
           progress_done, progress_total, error_class, error, result)
    SELECT 'frames', 'media', 'file', id, '', relative_path, '{}',
           CASE WHEN id %% 50 = 0 THEN 'failed' ELSE 'completed' END, 0, false, '', false, 1, 3, created_at,
           created_at,
           created_at, '', 0, 0, '', '', '{}'
      FROM library_videofile
    """,
)


def add_rows(user: User) -> None:
    """Fills what the synthetic library leaves empty: three sittings and a job a video, pairs, scans."""
    with connection.cursor() as cursor:
        for statement in _MORE_ROWS:
            cursor.execute(statement, {"user": user.pk})
    folder, now = Folder.objects.order_by("pk")[0], timezone.now()
    ScanLog.objects.bulk_create(
        ScanLog(folder=folder, status=ScanStatus.COMPLETED, started_at=at, finished_at=at)
        for at in (now - timedelta(hours=number) for number in range(5_000))
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def people_pages() -> list[tuple[str, Address]]:
    """(name, address) of the lists and of single pages, the busiest and the rarest."""
    people = list(Creator.objects.order_by("pk").values_list("public_id", flat=True)[:4000])
    studios = list(Studio.objects.order_by("pk").values_list("public_id", flat=True)[:200])
    tags = list(Tag.objects.order_by("pk").values_list("pk", flat=True)[:400])
    videos = list(Video.objects.in_library().order_by("pk").values_list("pk", flat=True)[:4000])
    return [
        ("home", lambda rng: reverse("home")),
        ("history", lambda rng: reverse("history")),
        ("related videos", lambda rng: reverse("related", args=(rng.choice(videos),))),
        ("people", lambda rng: reverse("people")),
        ("people, words", lambda rng: reverse("people") + f"?q={rng.choice('abdeklmnst')}"),
        ("studios", lambda rng: reverse("studios")),
        ("tags", lambda rng: reverse("tags")),
        ("a person's page", lambda rng: reverse("person", args=(rng.choice(people),))),
        ("the busiest person's page", lambda rng: reverse("person", args=(people[rng.randrange(5)],))),
        ("a studio's page", lambda rng: reverse("studio", args=(rng.choice(studios),))),
        ("a tag's page", lambda rng: reverse("tag", args=(rng.choice(tags),))),
        ("account", lambda rng: reverse("account")),
        ("saved searches", lambda rng: reverse("searches")),
        ("unreadable files", lambda rng: reverse("unreadable")),
        ("admin: overview", lambda rng: reverse("admin:index")),
        ("admin: missing", lambda rng: reverse("missing")),
        ("admin: trash", lambda rng: reverse("trash")),
    ]


def admin_pages() -> list[tuple[str, Address]]:
    """(name, address) of each model's list, its search and its change page."""
    result: list[tuple[str, Address]] = []
    for model, model_admin in admin.site._registry.items():
        if not model._meta.managed:
            continue
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        called = model._meta.verbose_name_plural
        result.append((f"admin: {called}, list", _constant(f"admin:{name}_changelist")))
        if model_admin.search_fields:
            result.append((f"admin: {called}, words", _words(f"admin:{name}_changelist")))
        if keys := _some_keys(model):
            result.append((f"admin: {called}, change", _one_of(f"admin:{name}_change", keys)))
    return result


def _some_keys(model: type[models.Model]) -> list[object]:
    return list(model._default_manager.order_by("pk").values_list("pk", flat=True)[:300])


def _constant(name: str) -> Address:
    return lambda rng: reverse(name)


def _words(name: str) -> Address:
    return lambda rng: reverse(name) + f"?q={rng.choice('abdeklmnst')}{rng.choice('aeiou')}"


def _one_of(name: str, keys: list[object]) -> Address:
    return lambda rng: reverse(name, args=(rng.choice(keys),))
