"""How stages and what is made are set."""

from collections.abc import Mapping, Sequence
from typing import Any

from importers.kinds.base import Prepared
from importers.kinds.settings_rows import SettingsKind, ValidKind
from importers.models import ImportRun
from processing.exceptions import ProcessingError
from processing.models import ProcessingSettings, StageConfig, Trigger
from processing.services.stage_settings import check_config, config_of
from processing.stages import Stage, all_stages


class StageConfigKind(ValidKind):
    """What a record doesn't say is as the code has it, and what is as the code has it follows the record."""

    name = "processing.stageconfig"
    model = StageConfig
    natural_key = ("stage",)
    required = ("stage",)

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        super().prepare(run, records)
        for record in records:
            trigger = record.values.get("trigger")
            if trigger is not None:
                # What only goes with another way to begin goes with it.
                record.values |= {} if trigger == Trigger.AFTER else {"after": []}
                record.values |= {} if trigger == Trigger.CRON else {"cron": ""}
        stages = _stages()
        return {index: "bad_value" for index, record in enumerate(records) if not _makes_sense(record.values, stages)}

    def create(self, run: ImportRun, records: Sequence[Prepared]) -> list[int]:
        stages = _stages()
        rows = []
        for record in records:
            row = config_of(stages[record.values["stage"]])
            for name, value in self.attributes(record.values).items():
                setattr(row, name, value)
            rows.append(row)
        StageConfig.objects.bulk_create(rows)
        return [row.pk for row in rows]

    def decide(self, record: Prepared, values: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
        defaults = config_of(_stages()[record.values["stage"]])
        free = {
            name: value
            for name, value in values.items()
            if self.encode(name, current[name]) == self.encode(name, getattr(defaults, name))
        }
        wanted = {
            name: value for name, value in free.items() if self.encode(name, value) != self.encode(name, current[name])
        }
        return wanted | super().decide(
            record, {name: value for name, value in values.items() if name not in free}, current
        )


class ProcessingSettingsKind(SettingsKind):
    name = "processing.processingsettings"
    model = ProcessingSettings


def _stages() -> dict[str, Stage]:
    return {stage.name: stage for stage in all_stages()}


def _makes_sense(values: Mapping[str, Any], stages: Mapping[str, Stage]) -> bool:
    """Whether the stage can begin that way: no stage that there isn't, no circle, no times that are none."""
    stage = stages.get(str(values.get("stage")))
    if stage is None:
        return False
    config = config_of(stage)
    for name, value in values.items():
        setattr(config, name, value)
    try:
        check_config(config)
    except ProcessingError:
        return False
    return True
