"""`manage.py who_is`: whose faces a photo shows."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from faces.exceptions import NoFaceError, NoModelError
from faces.services.engines import loaded_engine
from faces.services.photo_search import as_json
from faces.services.references import who_is

# Exit status; see the user guide.
BAD_PHOTO, NO_MODELS = 1, 3


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "Says for each face of a photo which five people it is most like, whatever the threshold. Exit status 0, also "
        "when it shows none; 1 when the photo can't be read; 3 when there are no models."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("image", type=Path, metavar="IMAGE")
        parser.add_argument("--json", action="store_true", help="As JSON, for programs.")

    def handle(self, *args: Any, image: Path, **options: Any) -> None:
        try:
            found = who_is(engine=loaded_engine(), source=image)
        except NoModelError as error:
            raise CommandError(str(error), returncode=NO_MODELS) from None
        except NoFaceError as error:
            raise CommandError(str(error), returncode=BAD_PHOTO) from None
        except OSError as error:
            raise CommandError(f"{image} can't be read: {error.strerror or error}.", returncode=BAD_PHOTO) from None
        faces = as_json((one.box, one.matches) for one in found)
        if options["json"]:
            self.stdout.write(json.dumps({"faces": faces}))
            return
        if not faces:
            self.stdout.write(f"{image} shows no face.")
        for number, face in enumerate(faces, start=1):
            left, top, right, bottom = face["box"]
            self.stdout.write(f"Face {number}, {right - left} x {bottom - top} px at {left}, {top}:")
            for match in face["matches"]:
                self.stdout.write(f"  {match['similarity']:.3f} {match['creator']}")
            if not face["matches"]:
                self.stdout.write("  nobody is known yet")
