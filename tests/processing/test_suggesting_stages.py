"""The stages that propose things, apply rules and rename files, as the engine runs them."""

from pathlib import Path

import pytest
from django.core.cache import cache

from library.models import LibrarySettings, RuleRun, Suggestion, SuggestionInput, Video, VideoTag
from library.models.rule import RuleRunStatus
from library.services.background import submit_background
from library.services.history import undo_batch
from library.services.renaming.plan import plan_renames
from library.services.renaming.runs import begin_renaming
from library.services.rules.applying import begin_rule_run
from library.services.suggesting import refresh
from library.services.suggesting.evidence import evidence_batches
from library.services.suggesting.refresh import EVERYTHING, SUGGEST_STAGE
from processing.models import Job, JobStatus
from processing.services import lease
from processing.services.claim import claim_next
from processing.services.run import run_job
from tests.library.factories import make_file, make_folder, make_user, write_file
from tests.library.test_rules import make_rule, path_matches
from tests.people.factories import make_creator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that renews a job's lease can't see rows of a test's transaction."""
    monkeypatch.setattr(lease, "RENEW_SECONDS", 3600.0)


@pytest.fixture
def films(tmp_path: Path) -> list[Video]:
    """Six videos in a folder that is named after Ana."""
    cache.clear()
    folder = make_folder(path=tmp_path)
    made = []
    for number in range(6):
        path = tmp_path / "Ana Reyes" / f"day {number}.mp4"
        write_file(path)
        video = make_file(path=path, folder=folder).video
        assert video is not None
        made.append(video)
    return made


def work_off() -> Job:
    """The next job, as a worker does it."""
    job = claim_next(queue="maintenance", worker="test")
    assert job is not None
    run_job(job)
    job.refresh_from_db()
    return job


def suggest() -> dict[str, object]:
    submit_background(SUGGEST_STAGE, EVERYTHING)
    job = work_off()
    assert job.status == JobStatus.COMPLETED, job.error
    facts: dict[str, object] = job.result
    return facts


def test_a_first_look_is_parts_and_no_delta_of_the_whole(films: list[Video], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh.refresh_suggestions, "__kwdefaults__", {
        **(refresh.refresh_suggestions.__kwdefaults__ or {}), "most_unseen": 4,
    })  # fmt: skip
    make_creator(name="Ana Reyes")
    make_rule({"do": "add", "kind": "tag", "name": "New"}, conditions=[path_matches("day")], name="All")

    first, second, third = suggest(), suggest(), suggest()

    assert (first["videos"], first["left"]) == (4, 2)
    assert (second["new"], second["left"]) == (2, 0)
    assert third["videos"] == 0, "nothing has changed since"
    assert not any(part["full"] for part in (first, second, third))
    assert SuggestionInput.objects.exclude(key="").count() == 6
    assert not VideoTag.objects.exists(), "what was there before the first look is no new video"
    assert Suggestion.objects.open().filter(kind="creator").count() == 6
    assert [(one.videos, one.hinted) for one in evidence_batches() or []] == [(6, 6)]


def test_videos_that_come_after_the_first_look_get_what_rules_say(films: list[Video], tmp_path: Path) -> None:
    make_rule({"do": "add", "kind": "tag", "name": "New"}, conditions=[path_matches("day")], name="All")
    suggest()
    write_file(tmp_path / "day 9.mp4")
    late = make_file(path=tmp_path / "day 9.mp4", folder=films[0].files.get().folder).video

    facts = suggest()

    assert facts["new"] == 1
    assert [(link.video, link.tag.name) for link in VideoTag.objects.select_related("tag")] == [(late, "New")]


def test_an_order_of_rules_is_one_change_that_is_taken_back(films: list[Video]) -> None:
    rule = make_rule({"do": "add", "kind": "tag", "name": "Trip"}, conditions=[path_matches("day")], name="All")
    run = begin_rule_run(rules=[rule], user=make_user())

    job = work_off()

    run.refresh_from_db()
    assert (job.status, run.status) == (JobStatus.COMPLETED, RuleRunStatus.DONE)
    assert job.result == {"videos": 6, "conflicts": 0, "error": ""}
    assert VideoTag.objects.filter(tag__name="Trip").count() == 6
    assert run.batch is not None
    undo_batch(batch=run.batch, user=None)
    assert not VideoTag.objects.exists()


def test_an_order_that_is_gone_fails_for_good(films: list[Video]) -> None:
    rule = make_rule({"do": "add", "kind": "tag", "name": "Trip"}, conditions=[path_matches("day")], name="All")
    begin_rule_run(rules=[rule], user=make_user())
    RuleRun.objects.all().delete()

    job = work_off()

    assert job.status not in (JobStatus.COMPLETED, JobStatus.PENDING)
    assert not VideoTag.objects.exists()


def test_files_are_renamed_by_the_engine(films: list[Video], tmp_path: Path) -> None:
    LibrarySettings.objects.create(pk=1, is_renaming_allowed=True)
    Video.objects.filter(pk=films[0].pk).update(title="Long walk")
    plan = plan_renames(template="{folder}/{title}")
    begin_renaming(template="{folder}/{title}", renames=plan.renames, user=make_user())

    job = work_off()

    assert job.status == JobStatus.COMPLETED, job.error
    assert (tmp_path / "Ana Reyes" / "Long walk.mp4").is_file()
    assert not (tmp_path / "Ana Reyes" / "day 0.mp4").exists()
