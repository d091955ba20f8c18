"""Looks for faces at files, and how they are made."""

from collections.abc import Mapping, Sequence

from faces.models import FaceLook, FaceSettings
from faces.models.look import LookState
from importers.kinds.base import Kind, Policy, Prepared
from importers.kinds.settings_rows import SettingsKind
from importers.models import ImportRun


class FaceLookKind(Kind):
    """What the last look there came to. A look that was made here counts more."""

    name = "faces.facelook"
    model = FaceLook
    natural_key = ("file",)
    default_policy = Policy.OURS

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            values = record.values
            values.setdefault("state", LookState.DONE.value)
            # Its counters were kept apart and could run ahead.
            least = values.get("frames_processed") or 0
            values["frames_to_process"] = max(values.get("frames_to_process") or 0, least)
        return {}


class FaceSettingsKind(SettingsKind):
    """A proposal never needs more likeness than naming without asking, and the fewest pictures are at most the most:
    theirs that don't go together with what is here are left out."""

    name = "faces.facesettings"
    model = FaceSettings

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        super().prepare(run, records)
        here = FaceSettings.load()
        for record in records:
            for least, most in (
                ("match_threshold", "auto_tag_threshold"),
                ("frames_per_video", "most_frames_per_video"),
            ):
                values = record.values
                if values.get(least, getattr(here, least)) > values.get(most, getattr(here, most)):
                    dropped = [name for name in (least, most) if values.pop(name, None) is not None]
                    record.notes += ["bad_value"] * len(dropped)
        return {}
