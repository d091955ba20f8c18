"""gunicorn's settings; `manage.py up` adds the address.

Threads, because a ranged answer is capped and never holds one for long (docs/architecture.md); a worker class of our
own, so that nobody waits for one for a minute. The control socket would lie in the user's home folder.
"""

import os
from typing import Any

from django.conf import settings

from config.memory import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

worker_class = "config.gunicorn_worker.Worker"
# Loaded once for all web processes; the database pool opens with the first query, so after the fork.
preload_app = True
workers = settings.WEB_WORKERS
threads = settings.WEB_THREADS
graceful_timeout = 5
timeout = 60
keepalive = 15
accesslog = None
errorlog = "-"
loglevel = "warning"
# gunicorn's own lines in the same form as all others.
logconfig_dict = {
    "formatters": {"ours": settings.LOGGING["formatters"][settings.LOG_FORMAT]},
    "handlers": {"error_console": {"class": "logging.StreamHandler", "formatter": "ours"}},
    "root": {"level": "WARNING", "handlers": []},
    "loggers": {"gunicorn.error": {"level": "WARNING", "handlers": ["error_console"], "propagate": False}},
}
control_socket_disable = True
proc_name = "videothek"


def when_ready(server: Any) -> None:
    """In the process that forks all others, once the application is loaded."""
    settle()
