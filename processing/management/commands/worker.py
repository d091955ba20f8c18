"""manage.py worker"""

from argparse import ArgumentParser
from typing import Any

import django_rq
from django.conf import settings
from django.core.management.base import BaseCommand

from processing.models.conversion import CONVERSION_STAGE
from processing.services.conversions.proofs import prove_at_start
from processing.services.scratch import remove_abandoned
from processing.stages import get_stage, load_stages
from processing.worker import Worker


class Command(BaseCommand):
    # `up` has run them; each worker would spend seconds on them.
    requires_system_checks = ()
    help = "Runs one worker for one queue until SIGTERM; `up` starts as many as the settings say."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--queue", choices=settings.QUEUES, default="media", help="Kind of work (default: media)")

    def handle(self, *args: Any, **options: Any) -> None:
        load_stages([options["queue"]])
        if options["queue"] == get_stage(CONVERSION_STAGE).queue:
            prove_at_start()
        remove_abandoned()
        queue = django_rq.get_queue(options["queue"])
        Worker([queue], connection=queue.connection).work(
            with_scheduler=False, logging_level="WARNING", log_format="%(asctime)s %(levelname)s %(message)s"
        )
