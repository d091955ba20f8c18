"""Workers in the admin."""

from datetime import timedelta

from django.contrib import admin
from django.utils import timezone
from django.utils.safestring import SafeString

from library.admin.base import ReadOnlyAdmin, counted
from library.admin.columns import NOTHING, badge, two_lines, when
from processing.models import WorkerProcess

# A worker writes its heartbeat every few seconds; after this it is taken for dead.
SILENT_AFTER = timedelta(seconds=60)


@admin.register(WorkerProcess)
class WorkerProcessAdmin(ReadOnlyAdmin):
    list_display = ["names", "queues", "machine", "alive", "heard", "begun"]
    list_filter = ["queue"]
    ordering = ["queue", "name"]
    empty_sentence = "No worker is alive, so nothing is scanned and no pictures are made. “manage.py up” starts them."
    fields = [
        "name", "host", "pid", "queues", "alive", "heard", "begun", "machine", "ffmpeg", "graphics", "path_map", "code",
    ]  # fmt: skip
    readonly_fields = ["queues", "alive", "heard", "begun", "machine", "ffmpeg", "graphics", "path_map", "code"]

    @admin.display(description="Worker", ordering="name")
    def names(self, worker: WorkerProcess) -> SafeString:
        return two_lines(worker.host, f"process {worker.pid}")

    @admin.display(description="Works for", ordering="queue")
    def queues(self, worker: WorkerProcess) -> str:
        return ", ".join(worker.capabilities.get("queues") or [worker.queue])

    @admin.display(description="Machine")
    def machine(self, worker: WorkerProcess) -> str:
        about = worker.capabilities
        if not about:
            return NOTHING
        cores = counted(about.get("cores", 0), "core", "cores")
        return f"{'The main one' if about.get('is_main') else 'Another one'}, {cores}"

    @admin.display(description="FFmpeg")
    def ffmpeg(self, worker: WorkerProcess) -> str:
        return worker.capabilities.get("ffmpeg") or NOTHING

    @admin.display(description="Graphics cards")
    def graphics(self, worker: WorkerProcess) -> str:
        found = worker.capabilities.get("hardware", {})
        proven = [*found.get("cuda", ()), *found.get("encoders", ())]
        failed = [f"{name} doesn't work: {reason}" for name, reason in found.get("reasons", {}).items()]
        return "; ".join([*proven, *failed]) or NOTHING

    @admin.display(description="Folders that lie elsewhere there")
    def path_map(self, worker: WorkerProcess) -> str:
        return ", ".join(f"{old} is {new}" for old, new in worker.capabilities.get("path_map", ())) or NOTHING

    @admin.display(description="Code")
    def code(self, worker: WorkerProcess) -> str:
        return worker.capabilities.get("code") or NOTHING

    @admin.display(description="State")
    def alive(self, worker: WorkerProcess) -> SafeString:
        return badge("Alive", "ok") if is_alive(worker) else badge("Silent", "bad")

    @admin.display(description="Last heard of", ordering="heartbeat_at")
    def heard(self, worker: WorkerProcess) -> SafeString | str:
        return when(worker.heartbeat_at)

    @admin.display(description="Begun", ordering="created_at")
    def begun(self, worker: WorkerProcess) -> SafeString | str:
        return when(worker.created_at)


def is_alive(worker: WorkerProcess) -> bool:
    """Whether it was heard of lately."""
    return timezone.now() - worker.heartbeat_at < SILENT_AFTER
