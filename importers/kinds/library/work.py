"""What people and scans left behind: searches, logs, how far somebody came."""

from collections.abc import Mapping, Sequence

from importers.kinds.base import Kind, Policy, Prepared
from importers.kinds.naming import NamedKind
from importers.models import ImportRun
from library.models import SavedSearch, ScanLog, TriageProgress
from library.models.scan_log import ScanStatus


class SavedSearchKind(NamedKind):
    """A search under a name; without a user it is the owner's."""

    name = "library.savedsearch"
    model = SavedSearch
    natural_key = ("user", "name_key")

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            record.values.setdefault("user", run.owner_id)
        return super().prepare(run, records)


class ScanLogKind(Kind):
    """A scan of a folder. One that the source never saw the end of failed."""

    name = "library.scanlog"
    model = ScanLog
    natural_key = ("folder", "started_at")
    required = ("started_at",)
    default_policy = Policy.OURS

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            values = record.values
            if values.get("status", ScanStatus.COMPLETED) not in (ScanStatus.COMPLETED, ScanStatus.FAILED):
                values["status"] = ScanStatus.FAILED.value
            values.setdefault("status", ScanStatus.COMPLETED.value)
            values["finished_at"] = values.get("finished_at") or values.get("started_at")
        return {}


class TriageProgressKind(Kind):
    """Where somebody is in a queue of triage; `position` is the video that was left behind last."""

    name = "library.triageprogress"
    model = TriageProgress
    natural_key = ("user", "queue")
    default_policy = Policy.OURS
