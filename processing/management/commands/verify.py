"""manage.py verify"""

import json
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from library.models import VideoFile
from library.models.file import VideoFileQuerySet
from library.paths import encode_path
from library.services.folders import containing_folder, root_of
from processing.exceptions import FileUnreadableError
from processing.services.control import rerun_files
from processing.services.integrity import files_to_verify
from processing.services.verify import verify_file

_BATCH = 500


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "Reads files whole and compares them with their checksums, those of files that have none yet are kept. Exit "
        "status 1 when a file changed by itself or can't be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--folder", metavar="FOLDER", help="Only files in this folder of the library, or below it")
        parser.add_argument(
            "--older-than", type=float, metavar="DAYS", help="Only files that were not verified for so many days"
        )
        parser.add_argument("--queue", action="store_true", help="Let the workers do it, and return at once")
        parser.add_argument("--json", action="store_true", help="Say the outcome in JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        files = self._files(options)
        if options["queue"]:
            made = rerun_files(file_ids=files.values_list("pk", flat=True), stage="verify")
            self.stdout.write(
                json.dumps({"submitted": made}) if options["json"] else f"{made:,} files will be verified."
            )
            return
        counts, bad = self._verify(files)
        if options["json"]:
            self.stdout.write(json.dumps({**counts, "problems": bad}))
        else:
            for problem in bad:
                self.stdout.write(f"{problem['file']}: {problem['problem']}")
            told = {"first": "read for the first time", "same": "as before", "changed": "written meanwhile"}
            parts = [f"{counts[key]:,} {words}" for key, words in told.items() if counts[key]]
            self.stdout.write(", ".join([f"{counts['files']:,} files", *parts, f"{len(bad):,} with problems"]) + ".")
        if bad:
            raise SystemExit(1)

    def _files(self, options: dict[str, Any]) -> VideoFileQuerySet:
        files = files_to_verify(older_than_days=options["older_than"])
        if options["folder"]:
            held = containing_folder(root_of(options["folder"]))
            if held is None:
                raise CommandError(f"{options['folder']} is in no folder of the library.", returncode=2)
            folder, part = held
            files = files.filter(folder=folder)
            if part:
                files = files.filter(relative_path__startswith=f"{encode_path(part)}/")
        return files

    def _verify(self, files: VideoFileQuerySet) -> tuple[Counter[str], list[dict[str, str]]]:
        counts: Counter[str] = Counter(dict.fromkeys(("files", "bytes", "first", "same", "changed", "rotten"), 0))
        bad: list[dict[str, str]] = []
        ids = list(files.order_by("pk").values_list("pk", flat=True))
        for at in range(0, len(ids), _BATCH):
            for file in VideoFile.objects.select_related("folder").filter(pk__in=ids[at : at + _BATCH]).order_by("pk"):
                name = f"{file.folder.shown_path}/{file.shown_path}"
                counts["files"] += 1
                try:
                    verified = verify_file(file=file)
                except FileUnreadableError as error:
                    bad.append({"file": name, "problem": str(error)})
                    continue
                counts[verified.outcome] += 1
                counts["bytes"] += verified.size_bytes
                if verified.outcome == "rotten":
                    bad.append({"file": name, "problem": "its bytes are others than before, though nobody wrote it"})
        return counts, bad
