"""Slow statements are written down, and a database with too much to do is not called broken."""

import logging
import time

import pytest
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool

from config.slow_statements import shortened


def _sleep_too_long(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '20ms'")
        cursor.execute("SELECT pg_sleep(5)")
    return HttpResponse("done")


def _find_no_connection(request: HttpRequest) -> HttpResponse:
    parameters = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    conninfo = make_conninfo("", **{name: parameters[name] for name in names if parameters.get(name)})
    with ConnectionPool(conninfo, min_size=1, max_size=1, open=True) as pool, pool.connection():
        pool.getconn(timeout=0.05)
    return HttpResponse("done")


def _break(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [
    path("slow", login_not_required(_sleep_too_long)),
    path("full", login_not_required(_find_no_connection)),
    path("broken", login_not_required(_break)),
]
handler500 = "config.errors.failed"


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize("address", ["/slow", "/full"])
def test_a_database_with_too_much_to_do_asks_to_come_back(visitor: Client, address: str) -> None:
    began = time.monotonic()

    answer = visitor.get(address)

    assert answer.status_code == 503
    assert answer["Retry-After"] == "10"
    assert "Too much at once" in answer.content.decode()
    assert time.monotonic() - began < 5


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
def test_what_is_broken_is_called_broken(visitor: Client) -> None:
    answer = visitor.get("/broken")

    assert answer.status_code == 500
    assert "Retry-After" not in answer


@pytest.mark.django_db
@override_settings(SLOW_QUERY_MS=20)
def test_a_slow_statement_is_logged_without_its_values(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "config.slow_statements"), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.03), %s", ["a secret"])
        cursor.execute("SELECT 1")

    assert len(caplog.messages) == 1
    assert "pg_sleep(0.03)" in caplog.messages[0]
    assert "a secret" not in caplog.text


@pytest.mark.django_db
@override_settings(SLOW_QUERY_MS=20)
def test_each_connection_logs_a_statement_once(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        connection_created.send(type(connection), connection=connection)

    with caplog.at_level(logging.WARNING, "config.slow_statements"), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.03)")

    assert len(caplog.messages) == 1


def test_a_long_statement_is_shortened() -> None:
    assert shortened("SELECT\n  1") == "SELECT 1"
    assert shortened("x" * 3000).endswith("(3,000 characters)")
