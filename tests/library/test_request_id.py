import logging
import re

import pytest
from django.http import HttpResponse

from config.log_format import JsonFormatter, LineFormatter
from library.log_context import log_facts
from library.middleware import RequestIdMiddleware


@pytest.fixture
def seen():
    """What the view behind the middleware saw."""
    return {}


@pytest.fixture
def ask(rf, seen):
    def view(request):
        seen.update(log_facts())
        return HttpResponse()

    return lambda **headers: RequestIdMiddleware(view)(rf.get("/", headers=headers))["X-Request-ID"]


def test_a_request_gets_an_id_that_its_log_lines_and_its_answer_carry(ask, seen):
    answered = ask()

    assert re.fullmatch("[0-9a-f]{32}", answered)
    assert seen == {"request_id": answered}
    assert dict(log_facts()) == {}


def test_two_requests_have_different_ids(ask):
    assert ask() != ask()


def test_the_proxys_id_is_kept(ask):
    assert ask(**{"X-Request-ID": "edge-1.2_3"}) == "edge-1.2_3"


@pytest.mark.parametrize("odd", ["a b c d", "x" * 81, "{}", "abc", "line\\nbreak", "ünïcode"])
def test_what_could_spoil_a_log_line_is_not(ask, odd):
    assert re.fullmatch("[0-9a-f]{32}", ask(**{"X-Request-ID": odd}))


@pytest.mark.django_db
@pytest.mark.parametrize("formatter", [LineFormatter(), JsonFormatter()])
def test_what_is_said_of_a_bad_answer_carries_the_id_too(client, caplog, formatter):
    client.get("/no/such/page", headers={"X-Request-ID": "abcd-1"})

    line = formatter.format(caplog.records[-1])
    assert "Not Found: /no/such/page" in line and "abcd-1" in line and "WSGIRequest" not in line


@pytest.mark.django_db
def test_every_answer_says_its_id(client, caplog):
    with caplog.at_level(logging.INFO):
        assert client.get("/healthz", headers={"X-Request-ID": "abcd-1"})["X-Request-ID"] == "abcd-1"
