"""The worker processes that are alive."""

from django.db import models

from library.models import TimeStamped
from library.models.names import is_json

# An idle worker tells every 15 s that it lives; alive means heard of within three such times.
ALIVE_SECONDS = 45.0


class WorkerProcess(TimeStamped):
    """One worker process and when it was last heard of. Removed when the process ends or is found dead."""

    name = models.CharField(max_length=200, unique=True, help_text="Host and process id.")
    host = models.CharField(max_length=150)
    pid = models.PositiveIntegerField()
    queue = models.CharField(max_length=20)
    child_pid = models.PositiveIntegerField(null=True, help_text="The process that has a job in hand.")
    heartbeat_at = models.DateTimeField()
    capabilities = models.JSONField(
        default=dict, blank=True, help_text="What it told about itself when it began: queues, cores, encoders, folders."
    )

    class Meta(TimeStamped.Meta):
        verbose_name = "worker"
        constraints = [is_json("capabilities", "object")]

    def __str__(self) -> str:
        return self.name
