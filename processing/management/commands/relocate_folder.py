"""manage.py relocate_folder"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from library.exceptions import LibraryError
from library.paths import encode_path
from library.services.folders import containing_folder, root_of
from library.services.relocation import plan_relocation, relocate
from processing.services import submit_scan


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "Tells the library that a folder, or a part of one, lies elsewhere now: looks for a sample of its files there, "
        "and rewrites where they lie. Touches no file. Exit status 2 when it isn't that folder."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("old", metavar="OLD", help="A folder of the library, or one below it that was split off")
        parser.add_argument("new", metavar="NEW", help="Where it lies now")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be done")

    def handle(self, *args: Any, **options: Any) -> None:
        held = containing_folder(root_of(options["old"]))
        if held is None:
            raise CommandError(f"{options['old']} is in no folder of the library.", returncode=2)
        folder, part = held
        place = {"folder": folder, "new_path": options["new"], "subpath": encode_path(part)}
        try:
            plan = plan_relocation(**place)
            self.stdout.write(
                f"{plan.shown_old} -> {plan.shown_new}: {plan.files:,} files; of {plan.sampled:,} looked for there, "
                f"{plan.matching:,} have the same size and content."
            )
            for path in plan.absent:
                self.stdout.write(f"Not there: {path}")
            if plan.problem:
                raise CommandError(plan.problem, returncode=2)
            if options["dry_run"]:
                return
            done = relocate(**place)
        except LibraryError as error:
            raise CommandError(str(error), returncode=2) from None
        submit_scan(folder=done.folder)
        stayed = f" {done.stayed:,} stayed: another file is known in their new place." if done.stayed else ""
        self.stdout.write(f"{done.moved:,} files belong to {done.folder.shown_path} now.{stayed} A scan follows.")
