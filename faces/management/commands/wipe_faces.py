"""manage.py wipe_faces"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from faces.services.wiping import Wiped, count_faces, wipe_everything, wipe_folder, wipe_person
from library.models import Folder
from library.paths import encode_path
from people.exceptions import AmbiguousNameError
from people.models import Creator
from people.services.creators import find_creator


class Command(BaseCommand):
    help = (
        "Wipes faces for good: vectors, pictures, appearances, known faces, unknown people, proposals and answers, and "
        "the history of them. Credits stay. Exit status 2 when nobody, or no folder, goes by that name."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--all", action="store_true", help="Of everybody; nobody is looked for from then on")
        which.add_argument("--folder", metavar="DIR", help="Of the videos in a folder of the library")
        which.add_argument("--person", metavar="NAME", help="Of one person")
        parser.add_argument("--keep-looking", action="store_true", help="With --all: look at new videos as before")
        parser.add_argument("--yes", action="store_true", help="Without it only what would go is told")

    def handle(self, *args: Any, **options: Any) -> None:
        folder, creator = self._folder(options["folder"]), self._person(options["person"])
        if not options["yes"]:
            self.stdout.write(f"{_said(count_faces(folder=folder, creator=creator))} would go. Say --yes to wipe them.")
            return
        if folder is not None:
            wiped = wipe_folder(folder=folder, user=None)
        elif creator is not None:
            wiped = wipe_person(creator=creator, user=None)
        else:
            wiped = wipe_everything(user=None, switch_off=not options["keep_looking"])
        self.stdout.write(f"{_said(wiped)} went, with {wiped.pictures:,} pictures.")

    def _folder(self, path: str | None) -> Folder | None:
        if path is None:
            return None
        folder = Folder.objects.in_library().filter(path=encode_path(path.rstrip("/") or "/")).first()
        if folder is None:
            raise CommandError(f"No folder of the library lies at {path}.", returncode=2)
        return folder

    def _person(self, name: str | None) -> Creator | None:
        if name is None:
            return None
        try:
            creator = find_creator(name)
        except AmbiguousNameError as error:
            raise CommandError(str(error), returncode=2) from None
        if creator is None:
            raise CommandError(f"Nobody here is called {name}.", returncode=2)
        return creator


def _said(wiped: Wiped) -> str:
    return (
        f"{wiped.tracks:,} appearances with {wiped.detections:,} faces, {wiped.references:,} known faces and "
        f"{wiped.clusters:,} unknown people"
    )
