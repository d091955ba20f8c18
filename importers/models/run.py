"""One move from another system."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from library.models import TimeStamped
from library.models.change import ChangeBatch
from library.models.names import is_json


class RunStatus(models.TextChoices):
    """How far a run has come. An interrupted one can be resumed."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    COMPLETED = "completed", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    ROLLED_BACK = "rolled_back", "Taken back"


class ImportRun(TimeStamped):
    """One run of an importer, dry or not: what was asked, how far it came, and its report.

    `options` is what was asked, without secrets: `path_map` [[old, new], ...], `user_map` {theirs: ours}, `owner`,
    `decisions` {"people.creator": {key: pk | "new"}} about names. `progress` is {table: {"after": key of the last row
    that was written, "read": n, "created": n, "merged": n, "unchanged": n, "skipped": n, "reasons": {reason: n},
    "position": place in the order of reading, "total": rows it has, "turn": how often it has been read before,
    "is_done": bool}}: written with each chunk of rows in the chunk's transaction, so that a resumed run goes on behind
    it. `report` is what `--json` prints.
    """

    system = models.CharField(max_length=40, editable=False)
    identity = models.CharField(max_length=200, blank=True, editable=False, help_text="Which installation it is.")
    label = models.CharField(max_length=500, editable=False, help_text="The source as people know it; no password.")
    location = models.TextField(editable=False, help_text="Where the source lies; a password in it is encrypted.")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    is_dry_run = models.BooleanField(default=False, editable=False)
    status = models.CharField(max_length=12, choices=RunStatus.choices, default=RunStatus.WAITING)
    error = models.TextField(blank=True)
    options = models.JSONField(default=dict, blank=True)
    progress = models.JSONField(default=dict, blank=True)
    report = models.JSONField(default=dict, blank=True)
    source_mark = models.CharField(max_length=500, blank=True, editable=False)
    backup_path = models.TextField(blank=True, editable=False, help_text="The backup that was made before it.")
    batch = models.ForeignKey(ChangeBatch, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    is_verified = models.BooleanField(null=True, help_text="Nothing differed from the source at the last look.")

    class Meta(TimeStamped.Meta):
        verbose_name = "import"
        ordering = ["-pk"]
        permissions = [("run_imports", "Can move other systems' data in and take it back")]
        indexes = [
            # Is there an earlier run of this installation?
            models.Index(fields=["system", "identity"], name="importers_run_source"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=RunStatus.values), name="%(app_label)s_%(class)s_status"),
            is_json("options", "object"),
            is_json("progress", "object"),
            is_json("report", "object"),
        ]

    def __str__(self) -> str:
        return f"{self.label}, {self.pk}"
