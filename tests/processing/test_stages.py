import sys
from dataclasses import replace

import pytest

from processing.exceptions import UnknownStageError
from processing.stages import all_stages, get_stage, load_run, load_stages, register_stage
from processing.stages.registry import Stage
from tests.library.factories import make_file, make_folder


@pytest.mark.parametrize("stage", all_stages(), ids=lambda stage: stage.name)
def test_every_stage_has_a_function_that_can_be_imported(stage: Stage) -> None:
    assert callable(load_run(stage))


def test_the_stages_of_a_file_are_known() -> None:
    assert {"scan", "probe", "frames"} <= {stage.name for stage in all_stages()}


@pytest.mark.django_db
def test_a_file_is_called_by_its_path_below_the_folder() -> None:
    file = make_file(relative_path="a/line\nbreak.mp4")

    labels = get_stage("probe").label_of([file.pk, 999_999])

    assert labels == {file.pk: "a/line\\nbreak.mp4"}


@pytest.mark.django_db
def test_a_folder_is_called_by_its_name() -> None:
    folder = make_folder(name="Films")

    assert get_stage("scan").label_of([folder.pk]) == {folder.pk: "Films"}


def test_two_stages_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="'probe'"):
        register_stage(replace(get_stage("probe"), label="Another"))


def test_registering_the_same_stage_twice_is_no_error() -> None:
    before = all_stages()

    register_stage(get_stage("probe"))

    assert all_stages() == before


def test_an_unknown_stage_is_named_in_the_sentence() -> None:
    with pytest.raises(UnknownStageError, match="'nonsense'"):
        get_stage("nonsense")


def test_a_stage_that_cannot_be_imported_is_left_to_its_first_job(make_stage) -> None:
    make_stage(lambda context: None, run="nowhere.run")

    load_stages(["media"])

    assert "processing.stages.probe" in sys.modules


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 30), (2, 60), (3, 120), (20, 3600)])
def test_the_delay_doubles_up_to_its_limit(attempts: int, seconds: float) -> None:
    assert get_stage("probe").delay_seconds(attempts) == seconds
