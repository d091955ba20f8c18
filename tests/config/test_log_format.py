import json
import logging
import os
import subprocess
import sys
import threading
from contextvars import copy_context

import pytest

from config.log_format import JsonFormatter, LineFormatter
from config.paths import PROJECT_ROOT
from library.log_context import log_facts, logged_with
from tests.config.stacks import environment_for


def record(message: str = "Seen %s files", *arguments: object, **more: object) -> logging.LogRecord:
    return logging.makeLogRecord(
        {"name": "library.scan", "levelname": "INFO", "msg": message, "args": arguments, "created": 0.25, **more}
    )


def test_a_line_ends_with_what_it_is_about():
    with logged_with(job=7, stage="probe"):
        line = LineFormatter().format(record("Seen %s files", 12))

    assert line.endswith(" INFO library.scan: Seen 12 files [job=7 stage=probe]")


def test_a_line_about_nothing_in_particular_has_no_brackets():
    assert LineFormatter().format(record("Ready")).endswith(" INFO library.scan: Ready")


def test_json_has_the_facts_as_fields():
    with logged_with(job=7, queue="media"), logged_with(stage="probe"):
        told = json.loads(JsonFormatter().format(record("Seen %s files", 12, pages=3)))

    assert told["time"] == "1970-01-01T00:00:00.250+00:00"
    assert told | {"message": "Seen 12 files", "level": "info", "logger": "library.scan", "pid": os.getpid()} == told
    assert told | {"job": 7, "queue": "media", "stage": "probe", "pages": 3} == told


def test_json_is_one_line_whatever_was_said():
    try:
        raise ValueError("two\nlines")
    except ValueError:
        line = JsonFormatter().format(record("name \udcff\n%s", "x", exc_info=sys.exc_info(), odd=object()))

    assert "\n" not in line
    assert "ValueError: two\nlines" in json.loads(line)["exception"]


def test_facts_end_with_their_block_even_when_it_fails():
    with pytest.raises(RuntimeError), logged_with(job=7):
        raise RuntimeError

    assert dict(log_facts()) == {}


def test_threads_have_facts_of_their_own_unless_they_take_them_along():
    seen = []

    with logged_with(job=7):
        for run in (lambda look: look(), copy_context().run):
            thread = threading.Thread(target=run, args=(lambda: seen.append(dict(log_facts())),))
            thread.start()
            thread.join()

    assert seen == [{}, {"job": 7}]


@pytest.mark.slow
def test_the_setting_chooses_json_for_all_of_a_process(tmp_path):
    script = (
        "import django, logging; django.setup(); from library.log_context import logged_with\n"
        "with logged_with(job=5): logging.getLogger('processing.x').info('begun')\n"
        "logging.getLogger('rq.worker').warning('told')"
    )
    environment = environment_for(
        tmp_path, VIDEOTHEK_LOG_FORMAT="json", DJANGO_SETTINGS_MODULE="config.settings", PYTHONPATH=str(PROJECT_ROOT)
    )

    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )

    lines = [json.loads(line) for line in ran.stderr.splitlines()]
    assert [(line["message"], line.get("job")) for line in lines] == [("begun", 5), ("told", None)]


def test_gunicorn_speaks_json_too(tmp_path):
    script = (
        "from gunicorn.config import Config; from gunicorn.glogging import Logger; import config.gunicorn as ours\n"
        "cfg = Config(); cfg.set('logconfig_dict', ours.logconfig_dict); Logger(cfg).error('No %s', 'address')"
    )
    environment = environment_for(tmp_path, VIDEOTHEK_LOG_FORMAT="json", PYTHONPATH=str(PROJECT_ROOT))

    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )

    assert json.loads(ran.stderr)["message"] == "No address"
