"""`manage.py find_duplicates`, and the stage that follows the frames stage."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from library.models import DuplicatePair
from processing.services.submit import IDLE
from processing.stages import get_stage, load_run
from processing.stages.registry import StageContext
from tests.library.duplicates import invent_file, invent_hashes
from tests.library.factories import make_file

pytestmark = pytest.mark.django_db


def find(*options: str) -> str:
    out = StringIO()
    call_command("find_duplicates", *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def one_of_each() -> None:
    frames = invent_hashes(1, 60)
    for _ in range(2):
        make_file(content_hash="ab" * 16)
        make_file(phash=0x1234_5678, duration_seconds=60)
    invent_file(frames=frames)
    invent_file(frames=frames[20:30])


def test_it_searches_for_all_kinds_and_says_what_it_found(one_of_each):
    told = find().splitlines()

    assert [line.partition(":")[0] for line in told] == ["Same content", "Looks the same", "Part of the other"]
    assert all("1 pair, 1 new" in line for line in told)
    assert set(DuplicatePair.objects.values_list("kind", flat=True)) == {"exact", "near", "contained"}


def test_it_searches_for_one_kind_and_prints_json(one_of_each):
    told = json.loads(find("--kind", "near", "--json"))

    assert list(told) == ["near"]
    assert (told["near"]["found"], told["near"]["new"]) == (1, 1)


def test_the_stage_searches_for_the_file_and_waits_for_idle_workers():
    make_file(content_hash="ab" * 16)
    file = make_file(content_hash="ab" * 16)
    stage = get_stage("duplicates")

    result = load_run(stage)(StageContext(file.pk, {}, None, lambda done, total: None))

    assert result.facts == {"found": 1, "new": 1, "gone": 0}
    assert (stage.queue, IDLE) == ("maintenance", -1)
