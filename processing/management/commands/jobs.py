"""manage.py jobs"""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from library.models import VideoFile
from library.paths import display_path
from processing.exceptions import ProcessingError
from processing.models import DeadLetter, Job, JobStatus, Priority
from processing.models.job import ACTIVE, TargetKind
from processing.queries.engine import queue_states
from processing.services import cancel_jobs, reprioritise_jobs, rerun_files, retry_jobs
from processing.services.letters import abandon_letters, retry_letters
from processing.services.queue_control import pause_queues, resume_queues
from processing.services.stage_settings import stage_as_set
from processing.services.triggers import submit_missing, targets_of
from processing.stages import all_stages

_PRIORITIES = {one.name.lower(): one for one in Priority}
_FAILED = (JobStatus.FAILED, JobStatus.TIMED_OUT)


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Shows and steers the work: jobs, queues and dead letters. Exit status 2 when it can't be done."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="WHAT")
        self._add_list(verbs)
        for name, text in (("pause", "Begin nothing new of queues"), ("resume", "Let queues go on")):
            verb = verbs.add_parser(name, help=text)
            verb.add_argument("queues", nargs="*", metavar="QUEUE", help=f"of {', '.join(settings.QUEUES)}")
            verb.add_argument("--all", action="store_true", help="Every queue")
            _add_json(verb)
        for name, text in (("cancel", "Take out what waits or runs"), ("retry", "Try again what failed")):
            self._add_choice(verbs.add_parser(name, help=text))
        priority = verbs.add_parser("priority", help="Have something done sooner or later")
        priority.add_argument("priority", choices=_PRIORITIES, help="The new priority")
        self._add_choice(priority)
        self._add_rerun(verbs)
        self._add_letters(verbs)

    def _add_list(self, verbs: Any) -> None:
        verb = verbs.add_parser("list", help="Queues, and jobs from the newest on")
        verb.add_argument("--stage", choices=[stage.name for stage in all_stages()], help="Only of this stage")
        verb.add_argument("--queue", choices=settings.QUEUES, help="Only of this queue")
        verb.add_argument("--status", choices=JobStatus.values, action="append", help="Only these (repeatable)")
        verb.add_argument("--limit", type=int, default=50, metavar="N", help="At most so many jobs (default: 50)")
        _add_json(verb)

    def _add_choice(self, verb: Any) -> None:
        verb.add_argument("ids", nargs="*", type=int, metavar="ID", help="Jobs, as 'jobs list' numbers them")
        verb.add_argument("--stage", choices=[stage.name for stage in all_stages()], help="All of this stage")
        verb.add_argument("--queue", choices=settings.QUEUES, help="All of this queue")
        verb.add_argument("--all", action="store_true", help="Everything")
        _add_json(verb)

    def _add_rerun(self, verbs: Any) -> None:
        verb = verbs.add_parser("rerun", help="Run a stage again")
        verb.add_argument("stage", choices=[stage.name for stage in all_stages()], metavar="STAGE")
        which = verb.add_mutually_exclusive_group(required=True)
        which.add_argument("--missing", action="store_true", help="Where its result is missing or outdated")
        which.add_argument("--all", action="store_true", help="Everywhere, with what follows")
        which.add_argument("--files", nargs="+", type=int, metavar="ID", help="On these files, with what follows")
        _add_json(verb)

    def _add_letters(self, verbs: Any) -> None:
        verb = verbs.add_parser("dead-letters", help="What the engine has given up on")
        verb.add_argument("--stage", help="Only of this stage")
        verb.add_argument("--error", metavar="CLASS", help="Only of this kind of error")
        verb.add_argument("--ids", nargs="+", type=int, metavar="ID", help="Only these")
        what = verb.add_mutually_exclusive_group()
        what.add_argument("--retry", action="store_true", help="Try them again")
        what.add_argument("--abandon", action="store_true", help="Close them unsolved")
        _add_json(verb)

    def handle(self, *args: Any, **options: Any) -> None:
        verbs: dict[str, Callable[[dict[str, Any]], None]] = {
            "list": self._list,
            "pause": self._pause,
            "resume": self._resume,
            "cancel": self._cancel,
            "retry": self._retry,
            "priority": self._priority,
            "rerun": self._rerun,
            "dead-letters": self._letters,
        }
        try:
            verbs[options["verb"]](options)
        except ProcessingError as error:
            raise CommandError(str(error), returncode=2) from None

    # ---- reading ----------------------------------------------------------------------------------------------------
    def _list(self, options: dict[str, Any]) -> None:
        rows = Job.objects.order_by("-pk")
        if options["status"]:
            rows = rows.filter(status__in=options["status"])
        jobs = list(_narrowed(rows, options)[: max(0, options["limit"])])
        queues = queue_states()
        if options["json"]:
            shown = {"queues": [_queue(state) for state in queues], "jobs": [_job(job) for job in jobs]}
            self.stdout.write(json.dumps(shown))
            return
        for state in queues:
            shut = f", {state.why_shut}" if state.why_shut else ""
            later = f", {state.later:,} for a later attempt" if state.later else ""
            busy = f"{state.running:,} running, {state.workers:,} workers"
            self.stdout.write(f"{state.name}: {state.waiting:,} waiting{later}, {busy}{shut}")
        for job in jobs:
            error = f": {job.error}" if job.error else ""
            self.stdout.write(f"{job.pk}  {job.status}  {job.stage}  {display_path(job.label)}{error}")

    # ---- queues -----------------------------------------------------------------------------------------------------
    def _pause(self, options: dict[str, Any]) -> None:
        count = pause_queues(queues=_queues(options))
        if options["json"]:
            self._say(options, "paused", count)
        else:
            self.stdout.write(f"{count} paused. What runs ends; 'jobs resume' lets them go on.")

    def _resume(self, options: dict[str, Any]) -> None:
        self._say(options, "resumed", resume_queues(queues=_queues(options)))

    # ---- jobs -------------------------------------------------------------------------------------------------------
    def _cancel(self, options: dict[str, Any]) -> None:
        self._say(options, "cancelled", cancel_jobs(job_ids=_chosen(options, ACTIVE)))

    def _retry(self, options: dict[str, Any]) -> None:
        self._say(options, "waiting", retry_jobs(job_ids=_chosen(options, _FAILED)))

    def _priority(self, options: dict[str, Any]) -> None:
        priority = _PRIORITIES[options["priority"]]
        self._say(options, "changed", reprioritise_jobs(job_ids=_chosen(options, ACTIVE), priority=priority))

    def _rerun(self, options: dict[str, Any]) -> None:
        name = options["stage"]
        stage = stage_as_set(name)
        if options["missing"]:
            self._say(options, "waiting", submit_missing(stage=stage, priority=Priority.MANUAL))
            return
        if stage.target_kind != TargetKind.FILE:
            raise CommandError(f"{name} doesn't work on files: only --missing can run it.", returncode=2)
        if options["files"]:
            unknown = set(options["files"]) - set(
                VideoFile.objects.filter(pk__in=options["files"]).values_list("pk", flat=True)
            )
            if unknown:
                raise CommandError(f"There is no file {', '.join(map(str, sorted(unknown)))}.", returncode=2)
            self._say(options, "waiting", rerun_files(file_ids=options["files"], stage=name))
            return
        made = sum(rerun_files(file_ids=ids, stage=name) for _, ids in targets_of(stage))
        self._say(options, "waiting", made)

    # ---- dead letters -----------------------------------------------------------------------------------------------
    def _letters(self, options: dict[str, Any]) -> None:
        letters = DeadLetter.objects.open().order_by("-failed_at", "-pk")
        if options["ids"]:
            letters = DeadLetter.objects.filter(pk__in=options["ids"])
        letters = letters.filter(**{k: options[o] for o, k in _LETTER_FILTERS.items() if options[o]})
        if options["retry"]:
            self._say(options, "waiting", retry_letters(letters=letters))
        elif options["abandon"]:
            self._say(options, "abandoned", abandon_letters(letters=letters))
        elif options["json"]:
            self.stdout.write(json.dumps([_letter(letter) for letter in letters]))
        else:
            for letter in letters:
                self.stdout.write(
                    f"{letter.pk}  {letter.stage}  {letter.error_class}  {display_path(letter.label)}: {letter.error}"
                )
            self.stdout.write(f"{len(letters):,} open.")

    def _say(self, options: dict[str, Any], what: str, count: int) -> None:
        self.stdout.write(json.dumps({what: count}) if options["json"] else f"{count:,} {what}.")


_LETTER_FILTERS = {"stage": "stage", "error": "error_class"}


def _add_json(verb: Any) -> None:
    verb.add_argument("--json", action="store_true", help="Print JSON")


def _queues(options: dict[str, Any]) -> list[str] | None:
    names: list[str] = options["queues"]
    if bool(names) == options["all"]:
        raise CommandError("Name queues, or say --all.", returncode=2)
    for name in names:
        if name not in settings.QUEUES:
            raise CommandError(f"There is no queue {name}; there are {', '.join(settings.QUEUES)}.", returncode=2)
    return names or None


def _narrowed(rows: "QuerySet[Job]", options: dict[str, Any]) -> "QuerySet[Job]":
    return rows.filter(**{name: options[name] for name in ("stage", "queue") if options[name]})


def _chosen(options: dict[str, Any], statuses: tuple[JobStatus, ...]) -> list[int]:
    """Ids of the jobs that were named, or of all in these states of a stage or queue."""
    ids: list[int] = options["ids"]
    is_group = bool(options["stage"] or options["queue"] or options["all"])
    if bool(ids) == is_group:
        raise CommandError("Name jobs by their numbers, or say --stage, --queue or --all.", returncode=2)
    if ids:
        return ids
    return list(_narrowed(Job.objects.filter(status__in=statuses), options).values_list("pk", flat=True))


def _queue(state: Any) -> dict[str, Any]:
    return {
        "queue": state.name,
        "waiting": state.waiting,
        "later": state.later,
        "running": state.running,
        "workers": state.workers,
        "shut": state.why_shut or None,
        "concurrency": state.concurrency,
    }


def _job(job: Job) -> dict[str, Any]:
    return {
        "id": job.pk,
        "stage": job.stage,
        "queue": job.queue,
        "status": job.status,
        "priority": Priority(job.priority).name.lower(),
        "target": f"{job.target_kind}:{job.target_id}",
        "label": display_path(job.label),
        "attempts": job.attempts,
        "max_attempts": job.max_attempts,
        "seconds": job.duration_seconds,
        "worker": job.worker or None,
        "error_class": job.error_class or None,
        "error": job.error or None,
    }


def _letter(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.pk,
        "stage": letter.stage,
        "status": letter.status,
        "target": f"{letter.target_kind}:{letter.target_id}",
        "label": display_path(letter.label),
        "failures": letter.failures,
        "attempts": letter.attempts,
        "error_class": letter.error_class,
        "error": letter.error,
        "failed_at": letter.failed_at.isoformat(),
    }
