import pytest
from django.db import DatabaseError, connection

from config import health
from processing.queries.workers import WorkerState


@pytest.fixture
def workers(monkeypatch):
    """All queues have a worker."""
    monkeypatch.setattr(health, "worker_state", lambda: WorkerState(3, ()))


def ask(client) -> tuple[int, dict]:
    response = client.get("/readyz")
    return response.status_code, response.json()


def test_healthz_needs_neither_login_nor_database(client):
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_is_ok_when_everything_is(client, workers):
    status, body = ask(client)

    assert (status, body["status"]) == (200, "ok")
    assert set(body["checks"]) == {"database", "migrations", "workers", "redis", "disk"}


@pytest.mark.django_db
def test_readyz_names_the_queue_without_a_worker(client, monkeypatch):
    monkeypatch.setattr(health, "worker_state", lambda: WorkerState(1, ("media",)))

    status, body = ask(client)

    assert (status, body["status"]) == (503, "unavailable")
    assert body["checks"]["workers"] == {"ok": False, "detail": "no worker for media"}


@pytest.mark.django_db
def test_readyz_sees_that_redis_is_away(client, workers, settings):
    settings.RQ_QUEUES = {"maintenance": {"URL": "unix:///nowhere/redis.sock", "DB": 0}}

    status, body = ask(client)

    assert (status, body["checks"]["redis"]["ok"]) == (503, False)


def test_readyz_sees_that_the_database_is_away(client, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")

    status, body = ask(client)

    assert status == 503
    assert body["checks"]["database"] == {"ok": False, "detail": "PostgreSQL doesn't answer"}
    assert body["checks"]["workers"]["detail"] == "unknown while the database is away"


@pytest.mark.django_db
def test_readyz_sees_pending_migrations(client, workers, monkeypatch):
    monkeypatch.setattr(health, "has_pending_migrations", lambda: True)

    assert ask(client)[1]["checks"]["migrations"] == {"ok": False, "detail": "the database isn't migrated yet"}


def test_a_database_that_goes_away_meanwhile_is_not_ready(monkeypatch):
    def fail() -> None:
        raise DatabaseError

    monkeypatch.setattr(health, "has_pending_migrations", fail)
    monkeypatch.setattr(health, "worker_state", fail)

    assert not health.check_migrations().ok
    assert not health.check_workers().ok


def test_a_full_disk_is_not_ready(monkeypatch):
    monkeypatch.setattr(health, "FEWEST_FREE_BYTES", 1 << 80)

    assert not health.check_disk().ok


@pytest.mark.django_db
def test_only_reading_is_answered(client):
    assert client.post("/readyz").status_code == 405
