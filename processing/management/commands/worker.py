"""manage.py worker"""

import os
from argparse import ArgumentParser
from typing import Any

import django_rq
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.embedded.stack import ATTACHED
from processing.exceptions import WorkerUnfitError
from processing.models.conversion import CONVERSION_STAGE
from processing.services.conversions.proofs import prove_at_start
from processing.services.fitness import check_worker, describe_worker
from processing.services.scratch import remove_abandoned
from processing.stages import get_stage, load_stages
from processing.worker import Worker


class Command(BaseCommand):
    # `up` has run them; each worker would spend seconds on them.
    requires_system_checks = ()
    help = (
        "Runs one worker until SIGTERM; `up` starts as many as the settings say. Started by hand on another machine, "
        "with DATABASE_URL and REDIS_URL, it first makes sure that this machine fits the library."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--queue",
            choices=settings.QUEUES,
            action="append",
            help="Kind of work; may be given several times, the first one goes first (default: media)",
        )
        parser.add_argument(
            "--main",
            action="store_true",
            help="This is the machine that scans and holds the pictures, though `up` didn't start the worker",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = list(dict.fromkeys(options["queue"] or ["media"]))
        about = describe_worker(names, is_main=options["main"] or ATTACHED in os.environ)
        try:
            check_worker(about)
        except WorkerUnfitError as error:
            raise CommandError(f"This machine can't work for the library. {error}", returncode=2) from None
        load_stages(names)
        if get_stage(CONVERSION_STAGE).queue in names:
            prove_at_start()
        remove_abandoned()
        queues = [django_rq.get_queue(name) for name in names]
        worker = Worker(queues, connection=queues[0].connection)
        worker.about = about
        worker.work(with_scheduler=False, logging_level="WARNING")
