"""`manage.py add_reference`: photos that say what somebody looks like."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from faces.exceptions import NoFaceError, NoModelError, SeveralFacesError
from faces.services.engines import loaded_engine
from faces.services.matching import match_tracks
from faces.services.references import add_reference, choose_face, faces_in_photo
from library.exceptions import LibraryError
from people.services.creators import find_creator, find_or_create_creator

# Exit status; see the user guide.
NOT_ALL, WHICH_FACE, NO_MODELS = 1, 2, 3


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "Adds the faces of photos to what a person is known by, and compares all unnamed faces with them before it "
        "returns. Exit status 0; 1 when a photo can't be used; 2 when one shows several faces and --face has to say "
        "which; 3 when there are no models."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--creator", required=True, metavar="NAME", help="Who it is; made when nobody goes by it.")
        parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
        parser.add_argument("--face", type=int, metavar="N", help="Which face, from 1, the largest first.")
        parser.add_argument("--json", action="store_true", help="As JSON, for programs.")

    def handle(self, *args: Any, creator: str, images: list[Path], face: int | None, **options: Any) -> None:
        try:
            loaded_engine()
        except NoModelError as error:
            raise CommandError(str(error), returncode=NO_MODELS) from None
        status, rows = 0, []
        try:
            person = find_creator(creator)
            for image in images:
                try:
                    if person is None or person.trashed_at is not None:
                        # Nobody is made for a photo that shows no face.
                        _look(image, face)
                        person = find_or_create_creator(name=creator).row
                    row = add_reference(
                        engine=loaded_engine(), creator=person, source=image, name=str(image), user=None, number=face
                    )
                    rows.append({"image": str(image), "reference": row.pk, "quality": round(row.quality or 0, 3)})
                except SeveralFacesError as error:
                    status = WHICH_FACE
                    rows.append({"image": str(image), "error": str(error), "faces": _boxes(error)})
                except (NoFaceError, OSError) as error:
                    status = status or NOT_ALL
                    rows.append({"image": str(image), "error": _sentence(image, error)})
        except (LibraryError, ValueError) as error:
            raise CommandError(str(error), returncode=NOT_ALL) from None
        matched = match_tracks()
        done = {
            "creator": str(person) if person is not None else creator,
            "images": rows,
            "recognised": matched.recognised,
            "proposed": matched.proposed,
        }
        if options["json"]:
            self.stdout.write(json.dumps(done))
        else:
            self._tell(done)
        if status:
            raise CommandError(
                "Say which face is meant with --face N, one photo at a time."
                if status == WHICH_FACE
                else "Not all photos could be used.",
                returncode=status,
            )

    def _tell(self, done: dict[str, Any]) -> None:
        for row in done["images"]:
            if "error" not in row:
                self.stdout.write(f"{row['image']}: a face of {done['creator']} now, quality {row['quality']:.2f}.")
                continue
            self.stdout.write(row["error"])
            for one in row.get("faces", []):
                left, top, right, bottom = one["box"]
                self.stdout.write(f"  --face {one['face']}: {right - left} x {bottom - top} px at {left}, {top}")
        self.stdout.write(
            f"Compared with all unnamed faces: {done['recognised']:,} recognised, {done['proposed']:,} proposed."
        )


def _look(image: Path, number: int | None) -> None:
    faces, scale = faces_in_photo(engine=loaded_engine(), source=image)
    choose_face(faces, scale, name=str(image), number=number)


def _boxes(error: SeveralFacesError) -> list[dict[str, Any]]:
    return [{"face": number, "box": [round(value) for value in box]} for number, box in enumerate(error.boxes, start=1)]


def _sentence(image: Path, error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{image} can't be read: {error.strerror or error}."
    return str(error)
