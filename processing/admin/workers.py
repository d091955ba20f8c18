"""Workers in the admin."""

from datetime import timedelta

from django.contrib import admin
from django.utils import timezone
from django.utils.safestring import SafeString

from library.admin.base import ReadOnlyAdmin
from library.admin.columns import badge, two_lines, when
from processing.models import WorkerProcess

# A worker writes its heartbeat every few seconds; after this it is taken for dead.
SILENT_AFTER = timedelta(seconds=60)


@admin.register(WorkerProcess)
class WorkerProcessAdmin(ReadOnlyAdmin):
    list_display = ["names", "queue", "alive", "heard", "begun"]
    list_filter = ["queue"]
    ordering = ["queue", "name"]
    empty_sentence = "No worker is alive, so nothing is scanned and no pictures are made. “manage.py up” starts them."
    fields = ["name", "host", "pid", "queue", "alive", "heard", "begun"]
    readonly_fields = ["alive", "heard", "begun"]

    @admin.display(description="Worker", ordering="name")
    def names(self, worker: WorkerProcess) -> SafeString:
        return two_lines(worker.host, f"process {worker.pid}")

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
