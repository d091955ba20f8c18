"""How log lines are written: for people (VIDEOTHEK_LOG_FORMAT=line) or for programs that collect them (json)."""

import json
import logging
import os
import socket
from datetime import UTC, datetime

from library.log_context import log_facts

# What every record has; the rest was given by `extra=` and is worth keeping.
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "request"}


def facts_of(record: logging.LogRecord) -> dict[str, str | int]:
    """What the line is about: told around it, or by the request that Django gives along once it has been answered."""
    facts = dict(log_facts())
    request_id = getattr(getattr(record, "request", None), "request_id", None)
    return {"request_id": request_id, **facts} if request_id else facts


class LineFormatter(logging.Formatter):
    """ "2026-01-31 03:15:00,123 INFO library.scan: Seen 12 files [job=4 stage=scan]": what it is about comes last."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:
        told = " ".join(f"{name}={value}" for name, value in facts_of(record).items())
        line = super().formatMessage(record)
        return f"{line} [{told}]" if told else line


class JsonFormatter(logging.Formatter):
    """One JSON object a line. Always there: time (ISO 8601, UTC), level, logger, message, host, pid.

    `job`, `stage`, `queue`, `worker` and `request_id` are there where they are known, `exception` is a traceback. What
    can't be written as JSON is written as text.
    """

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            **facts_of(record),
            **{name: value for name, value in vars(record).items() if name not in _USUAL},
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            told["stack"] = self.formatStack(record.stack_info)
        # Escapes keep it one line, and file names that aren't UTF-8 writable.
        return json.dumps(told, default=str)
