from processing.stages.builtin import BUILTIN_STAGES
from processing.stages.derived import DERIVED_STAGES
from processing.stages.enriching import ENRICH
from processing.stages.registry import (
    Followup,
    Stage,
    StageContext,
    StageInput,
    StageResult,
    all_stages,
    get_stage,
    load_run,
    load_stages,
    register_stage,
)
from processing.stages.suggesting import SUGGESTING_STAGES

for _stage in (*BUILTIN_STAGES, *DERIVED_STAGES, ENRICH, *SUGGESTING_STAGES):
    register_stage(_stage)

__all__ = [
    "Followup",
    "Stage",
    "StageContext",
    "StageInput",
    "StageResult",
    "all_stages",
    "get_stage",
    "load_run",
    "load_stages",
    "register_stage",
]
