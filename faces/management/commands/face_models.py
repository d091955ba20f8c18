"""`manage.py face_models`: the models that faces are found with."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm  # type: ignore[import-untyped]

from faces.exceptions import NoModelError, PackError
from faces.ml.engine import FaceEngine
from faces.ml.errors import FaceError
from faces.ml.pack import ModelPack, choose_pack, licence_of, packs_in, roles_of
from faces.services.fetching import KNOWN_PACKS, LICENCE, fetch_pack, known_pack
from faces.services.models import installed_pack
from library import words

# Exit status for models that are missing or can't be used; see the user guide.
NO_MODELS = 3


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "Shows the models that faces are found with, fetches InsightFace's packs or chooses one. Exit status 0, 1 when "
        "something can't be fetched or chosen, 3 when the models that are there can't be used."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="As JSON, for programs; for showing only.")
        actions = parser.add_subparsers(dest="action", metavar="{fetch,use}")
        fetch = actions.add_parser("fetch", help="Download a pack of InsightFace.")
        fetch.add_argument("name", help=f"One of {', '.join(KNOWN_PACKS)}.")
        fetch.add_argument("--accept-licence", action="store_true", help="You have read the licence and keep to it.")
        fetch.add_argument("--from", dest="source", default="", help="Another address of the archive, or a file.")
        use = actions.add_parser("use", help="Choose among several packs.")
        use.add_argument("name", help="The name of its folder.")

    def handle(self, *args: Any, action: str | None, **options: Any) -> None:
        folder = Path(settings.FACE_MODEL_DIR or "")
        try:
            if action == "fetch":
                self._fetch(folder, options["name"], options["source"], is_accepted=options["accept_licence"])
            elif action == "use":
                pack = choose_pack(folder, options["name"])
                self.stdout.write(f"Faces are found with {pack} from now on. What was found by others is made anew.")
            else:
                self._show(folder, as_json=options["json"])
        except (PackError, FaceError) as error:
            raise CommandError(str(error)) from None

    # ---- fetching ---------------------------------------------------------------------------------------------------
    def _fetch(self, folder: Path, name: str, source: str, *, is_accepted: bool) -> None:
        known = known_pack(name)
        self.stdout.write(f"{known.name}, {words.size(known.size_bytes)}: {known.about}.\n{LICENCE}")
        if not is_accepted:
            raise CommandError("Nothing was fetched. If you keep to that licence, say so with --accept-licence.")
        with tqdm(unit="B", unit_scale=True, file=sys.stderr, dynamic_ncols=True, mininterval=0.5) as bar:

            def report(done: int, total: int) -> None:
                bar.total = total or known.size_bytes
                bar.update(done - bar.n)

            pack = fetch_pack(name=name, folder=folder, source=source, report=report)
        self.stdout.write(f"{pack} lies in {pack.folder}.")
        try:
            used = installed_pack()
        except NoModelError:
            used = None
        if used is None or used.folder != pack.folder:
            self.stdout.write(f"“manage.py face_models use {name}” has faces found with it.")

    # ---- showing ----------------------------------------------------------------------------------------------------
    def _show(self, folder: Path, *, as_json: bool) -> None:
        packs, problem = packs_in(folder), ""
        used: ModelPack | None = None
        engine: FaceEngine | None = None
        try:
            used = installed_pack()
            engine = FaceEngine.load(used)
        except (NoModelError, FaceError) as error:
            problem = str(error)
        shown = [_facts(pack, is_used=used is not None and pack.folder == used.folder) for pack in packs]
        if as_json:
            device = engine.device if engine is not None else None
            fallback = engine.fallback if engine is not None else ""
            facts = {
                "folder": str(folder), "packs": shown, "device": device, "fallback": fallback, "problem": problem,
            }  # fmt: skip
            self.stdout.write(json.dumps(facts, indent=2))
        else:
            self._tell(folder, shown, engine, problem)
        if problem and packs:
            raise CommandError(problem if as_json else "Faces are not looked for.", returncode=NO_MODELS)

    def _tell(self, folder: Path, shown: list[dict[str, Any]], engine: FaceEngine | None, problem: str) -> None:
        self.stdout.write(f"Models of faces in {folder}:")
        for pack in shown:
            self.stdout.write(f"  {pack['name']} (version {pack['version']}){', in use' if pack['is_used'] else ''}")
            for file in pack["files"]:
                self.stdout.write(f"    {file['role']:<11} {file['name']}, {words.size(file['size_bytes'])}")
            self.stdout.write(f"    licence     {pack['licence'] or 'none lies beside it: ask where it came from'}")
        if problem:
            self.stdout.write(problem)
        if engine is not None:
            on = "the graphics card (CUDA)" if engine.device == "cuda" else "the processor"
            self.stdout.write(f"They run on {on}.{' ' + engine.fallback if engine.fallback else ''}")
        if not shown:
            self.stdout.write("“manage.py face_models fetch NAME” downloads one of:")
            for known in KNOWN_PACKS.values():
                self.stdout.write(f"  {known.name:<11} {words.size(known.size_bytes):>7}, {known.about}")
            self.stdout.write(LICENCE)


def _facts(pack: ModelPack, *, is_used: bool) -> dict[str, Any]:
    try:
        roles = roles_of(pack)
        known = {roles.detector: "detector", roles.recogniser: "recogniser"}
    except FaceError:
        known = {}
    licence = licence_of(pack) or (LICENCE if pack.name in KNOWN_PACKS else "")
    files = [
        {"name": name, "role": known.get(name, "unused"), "size_bytes": (pack.folder / name).stat().st_size}
        for name in pack.files
    ]
    return {
        "name": pack.name,
        "version": pack.version,
        "folder": str(pack.folder),
        "is_used": is_used,
        "licence": licence,
        "files": files,
    }
