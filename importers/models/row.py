"""What became of each row of a source."""

from django.db import models
from django.db.models import Q

from importers.models.run import ImportRun
from library.models import TimeStamped
from library.models.names import is_json


class Outcome(models.TextChoices):
    """What became of a source row at the last run that saw it."""

    CREATED = "created", "Created"
    MERGED = "merged", "Merged"
    UNCHANGED = "unchanged", "Unchanged"
    SKIPPED = "skipped", "Left out"


class ImportedRow(TimeStamped):
    """A record of a source row and the row of ours that it is: for tracing, repeating, comparing and taking back.

    One for each record of a row (`part`, "" for the main one), and one with `kind` "" for a row that was skipped or is
    only kept. `outcome` is how it came to be, CREATED or MERGED or SKIPPED, and stays so; that a later run left it
    unchanged is in that run's counts. `digest` is that of the record's values, to tell an unchanged row by.

    `written` {field: value} is what the importer wrote, `before` {field: value} what a merged row had there: both as
    the kind's `encode` puts them. `kept` is what has no place in our tables, losslessly. `waiting` {field: [table, key,
    part]} are references forward that are filled in at the end of the run; those that lead nowhere stay, and a later
    run tries them again (a JSON field: {"json": what it is to become, with {"$ref": [table, key, part]} in it}).

    `how` and `confidence` say why it was taken for the row of ours that it joined. `conflicts` is what a person should
    look at: [{"what": "value", "field", "ours", "theirs"}, {"what": "name"|"match", "candidates": [pk, ...], ...}].
    `run` wrote it first, `seen_run` saw it last; what runs between them changed is in `LaterChange`.
    """

    system = models.CharField(max_length=40)
    identity = models.CharField(max_length=200)
    table = models.CharField(max_length=100)
    key = models.CharField(max_length=500)
    part = models.CharField(max_length=200, blank=True)
    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, db_index=False, related_name="rows")
    seen_run = models.ForeignKey(ImportRun, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    kind = models.CharField(max_length=60, blank=True, help_text="App and model of ours.")
    object_id = models.BigIntegerField(null=True, help_text="Its key there; None when nothing was written.")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    reason = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=300, blank=True)
    digest = models.CharField(max_length=32, blank=True)
    written = models.JSONField(default=dict, blank=True)
    before = models.JSONField(default=dict, blank=True)
    kept = models.JSONField(default=dict, blank=True)
    waiting = models.JSONField(default=dict, blank=True)
    conflicts = models.JSONField(default=list, blank=True)
    how = models.CharField(max_length=60, blank=True)
    confidence = models.FloatField(null=True)

    class Meta(TimeStamped.Meta):
        verbose_name = "imported row"
        indexes = [
            # What was this row of ours in the other system? And: which rows of ours did a roll-back meet?
            models.Index(fields=["kind", "object_id"], name="importers_row_object"),
            # The report of a run, table by table.
            models.Index(fields=["run", "table", "outcome", "id"], name="importers_row_of_run"),
            # The end of a run: references that still wait; and the report: what a person should look at.
            models.Index(fields=["system", "identity", "id"], condition=~Q(waiting={}), name="importers_row_waiting"),
            models.Index(
                fields=["system", "identity", "id"], condition=~Q(conflicts=[]), name="importers_row_conflicts"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "identity", "table", "key", "part"], name="%(app_label)s_%(class)s_once"
            ),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="%(app_label)s_%(class)s_outcome"),
            is_json("written", "object"),
            is_json("before", "object"),
            is_json("kept", "object"),
            is_json("waiting", "object"),
            is_json("conflicts", "array", of="object"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.key}"


class LaterChange(TimeStamped):
    """What a later run changed of a row that an earlier one brought: the source had changed meanwhile.

    `before` {field: value} is what our row said until then and `written` what it says now, `previous` what
    `ImportedRow.written` had for these fields: taking the run back restores all three.
    """

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, db_index=False, related_name="later_changes")
    row = models.ForeignKey(ImportedRow, on_delete=models.CASCADE, related_name="later_changes")
    digest_before = models.CharField(max_length=32, blank=True)
    before = models.JSONField(default=dict, blank=True)
    written = models.JSONField(default=dict, blank=True)
    previous = models.JSONField(default=dict, blank=True)

    class Meta(TimeStamped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["run", "row"], name="%(app_label)s_%(class)s_once"),
            is_json("before", "object"),
            is_json("written", "object"),
            is_json("previous", "object"),
        ]

    def __str__(self) -> str:
        return f"row {self.row_id} in run {self.run_id}"


class PlannedRow(TimeStamped):
    """A line of a dry run's report: what would become of a source row. Goes with its run."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, db_index=False, related_name="planned")
    table = models.CharField(max_length=100)
    key = models.CharField(max_length=500)
    part = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=60, blank=True)
    object_id = models.BigIntegerField(null=True, help_text="The row of ours that it would join.")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    reason = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=300, blank=True)
    changes = models.JSONField(default=dict, blank=True, help_text="{field: [before, after]}")
    conflicts = models.JSONField(default=list, blank=True, help_text="As of an imported row.")
    how = models.CharField(max_length=60, blank=True)
    confidence = models.FloatField(null=True)

    class Meta(TimeStamped.Meta):
        verbose_name = "planned row"
        indexes = [
            # The report, table by table, filtered by outcome and reason.
            models.Index(fields=["run", "table", "outcome", "id"], name="importers_planned_of_run"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="%(app_label)s_%(class)s_outcome"),
            is_json("changes", "object"),
            is_json("conflicts", "array", of="object"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.key}"
