"""Imported by `processing.apps` in the processes that tests start."""

import os
from dataclasses import replace

from processing.stages import get_stage, register_stage, registry
from tests.processing.stageapp.definitions import STAGES

for _stage in STAGES:
    register_stage(_stage)
if "VIDEOTHEK_TEST_NOTES" in os.environ:
    registry._stages["probe"] = replace(get_stage("probe"), run="tests.processing.stageapp.work.slow_probe")
