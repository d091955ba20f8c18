"""The scheduler process."""

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.db.models.functions import Now

from processing.management.commands import scheduler
from processing.models import Job, JobStatus
from processing.services.bell import rq_queue
from processing.services.single import holds_lock
from tests.processing.processes import (
    signal_and_wait,
    status,
    submit,
    wait_until,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_connection", "stages_of_the_test_app"),
]
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.mark.slow
def test_the_scheduler_releases_and_rings_until_it_is_told_to_stop(start: Start) -> None:
    job = submit("record", Path("/nowhere"))
    held = {"status": JobStatus.RUNNING, "worker": "gone:1", "attempts": 1}
    Job.objects.filter(pk=job.pk).update(lease_expires_at=Now(), **held)
    process = start("scheduler")

    wait_until(lambda: status(job) == "pending", "the scheduler releases the job")
    wait_until(lambda: rq_queue("maintenance").count, "the scheduler rings")

    assert signal_and_wait(process, signal.SIGTERM) == 0


def test_a_second_scheduler_does_nothing_while_the_first_lives() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", scheduler._LOCK)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", scheduler._LOCK)
            taken = cursor.fetchone()[0]
    finally:
        other.close()

    assert (holds_lock(scheduler._LOCK), taken) == (True, False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", scheduler._LOCK)
