"""`manage.py rename_files`: gives files names made of what is known about their videos."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from library.exceptions import LibraryError
from library.models import LibrarySettings, RenameRun
from library.services.renaming.names import NameTemplateError
from library.services.renaming.plan import Rename, plan_renames
from library.services.renaming.runs import apply_renaming, begin_renaming, undo_renaming

_SHOWN = 50


class Command(BaseCommand):
    help = (
        "Shows which names the files of the library would get by a template, and with --apply renames them. It is off "
        "unless the library's settings allow it; nothing is overwritten, and --undo gives the old names back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--template", help="By itself that of the settings, {folder}/[{studio} - ]{title} say")
        parser.add_argument("--video", type=int, action="append", help="Only this video (repeatable)")
        parser.add_argument("--apply", action="store_true", help="Rename them, here and now")
        parser.add_argument("--undo", type=int, metavar="RUN", help="Take this renaming back")

    def handle(
        self, *args: Any, template: str | None, video: list[int] | None, apply: bool, undo: int | None, **options: Any
    ) -> None:
        try:
            if undo is not None:
                self._finish(undo_renaming(run=self._run(undo), user=None))
                return
            wanted = template or LibrarySettings.load().rename_template
            plan = plan_renames(template=wanted, video_ids=video)
            self._show(plan.renames, "would be renamed")
            self._show(plan.conflicts, "can't be renamed")
            if apply:
                self._finish(begin_renaming(template=wanted, renames=plan.renames, user=None))
        except (LibraryError, NameTemplateError) as error:
            raise CommandError(str(error)) from None

    def _run(self, run_id: int) -> RenameRun:
        run = RenameRun.objects.filter(pk=run_id).first()
        if run is None:
            raise CommandError(f"There is no renaming {run_id}.")
        return run

    def _finish(self, run: RenameRun) -> None:
        done = apply_renaming(run_id=run.pk)
        self.stdout.write(f"Renaming {run.pk}: {done.renamed_count:,} renamed, {done.failed_count:,} left as they were")

    def _show(self, renames: list[Rename], what: str) -> None:
        if not renames:
            return
        self.stdout.write(f"{len(renames):,} {what}:")
        for one in renames[:_SHOWN]:
            why = f" ({one.problem})" if one.problem else ""
            self.stdout.write(f"  {one.shown_old} -> {one.shown_new}{why}")
        if len(renames) > _SHOWN:
            self.stdout.write(f"  and {len(renames) - _SHOWN:,} more")
