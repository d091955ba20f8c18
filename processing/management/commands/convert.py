"""manage.py convert"""

import json
import os
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from library import words
from library.exceptions import LibraryError
from library.filters import apply_filter, parse_filter
from library.models import User, Video, VideoFile
from library.paths import encode_path
from library.services.folders import containing_folder, root_of
from processing.exceptions import ProcessingError
from processing.models import Preset
from processing.services.conversions import forecast, request_conversions
from processing.services.conversions.request import MOST_AT_ONCE, Forecast

SHOWN = 10


class Command(BaseCommand):
    help = "Has videos converted by a preset: ids of videos, paths of files, or what a filter matches."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", nargs="*", help="Ids of videos and paths of files.")
        parser.add_argument("--filter", default="", help='A filter as JSON, as saved searches have it: {"all": [...]}.')
        parser.add_argument("--preset", default="", help="Key of a preset, 720p_av1 say; --presets lists them.")
        parser.add_argument("--presets", action="store_true", help="List the presets and end.")
        parser.add_argument("--replace", action="store_true", help="The outputs replace the originals (to the trash).")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be done, saved and needed.")
        parser.add_argument("--user", default="", help="Whose wish it is, by name.")
        parser.add_argument("--json", action="store_true", help="As JSON, for programs.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["presets"]:
            self._list_presets(as_json=options["json"])
            return
        preset = Preset.objects.filter(key=options["preset"]).first()
        if preset is None:
            raise CommandError(f"There is no preset {options['preset']!r}: name one of those that --presets lists.")
        user = _user_named(options["user"])
        try:
            video_ids, file_ids = _chosen(options["what"], options["filter"], user)
            wanted = {
                "preset": preset, "video_ids": video_ids, "file_ids": file_ids, "is_replacing": options["replace"],
            }  # fmt: skip
            plan = forecast(**wanted)
            made = [] if options["dry_run"] else request_conversions(**wanted, user=user).conversion_ids
        except (ProcessingError, LibraryError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(plan, made), indent=2))
        else:
            self._tell(plan, made, preset, is_dry=options["dry_run"])

    def _list_presets(self, *, as_json: bool) -> None:
        presets = list(Preset.objects.all())
        if as_json:
            rows = [{"key": preset.key, "name": preset.name, **asdict(preset.encode_settings())} for preset in presets]
            self.stdout.write(json.dumps(rows, indent=2))
            return
        for preset in presets:
            self.stdout.write(f"{preset.key:<16} {preset.name}")

    def _tell(self, plan: Forecast, made: list[int], preset: Preset, *, is_dry: bool) -> None:
        count = len(plan.candidates)
        verb = "would be converted" if is_dry else "will be converted"
        sizes = f"{words.size(plan.bytes_before)}, afterwards about {words.size(plan.bytes_after)}"
        self.stdout.write(f"{count:,} {'video' if count == 1 else 'videos'} {verb} to {preset.name}: {sizes}.")
        for disk in plan.disks:
            self.stdout.write(
                f"{disk.shown_path} takes them: about {words.size(disk.needed_bytes)} of {words.size(disk.free_bytes)}."
            )
        for refusal in plan.refusals[:SHOWN]:
            self.stdout.write(f"Not {refusal.title}: {refusal.sentence}")
        if len(plan.refusals) > SHOWN:
            self.stdout.write(f"Nor {len(plan.refusals) - SHOWN:,} more.")
        if plan.problem:
            self.stdout.write(plan.problem)


def _user_named(name: str) -> User | None:
    if not name:
        return None
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no user {name!r}.")
    return user


def _chosen(what: list[str], filter_text: str, user: User | None) -> tuple[list[int], list[int]]:
    """Ids of videos and of files. Raises CommandError for what is neither, and for nothing at all."""
    video_ids = [int(word) for word in what if word.isdecimal()]
    unknown = set(video_ids) - set(Video.objects.filter(pk__in=video_ids).values_list("pk", flat=True))
    if unknown:
        raise CommandError(f"There is no video {min(unknown)}.")
    file_ids = [_file_at(word) for word in what if not word.isdecimal()]
    if filter_text:
        video_ids += list(_filtered(filter_text, user).order_by().values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    if not video_ids and not file_ids:
        raise CommandError("Name videos by id, files by path, or give a --filter that matches something.")
    return video_ids, file_ids


def _filtered(text: str, user: User | None) -> QuerySet[Video]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise CommandError(f"The filter is no JSON: {error}.") from error
    return apply_filter(Video.objects.in_library(), parse_filter(value), user)


def _file_at(path: str) -> int:
    absolute = root_of(path)
    held = containing_folder(os.path.dirname(absolute))
    if held is not None:
        folder, part = held
        stored = encode_path(os.path.join(part, os.path.basename(absolute)))
        file = VideoFile.objects.present().filter(folder=folder, relative_path=stored).first()
        if file is not None:
            return file.pk
    raise CommandError(f"{path} is no file of the library: scan its folder first.")


def _as_json(plan: Forecast, made: list[int]) -> dict[str, Any]:
    return {
        "conversions": made,
        "videos": [candidate.file.video_id for candidate in plan.candidates],
        "bytes_before": plan.bytes_before,
        "bytes_after": plan.bytes_after,
        "refused": [{"title": refusal.title, "reason": refusal.sentence} for refusal in plan.refusals],
        "disks": [asdict(disk) for disk in plan.disks],
        "problem": plan.problem,
    }
