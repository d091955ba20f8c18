"""Rules: what they meet, what they would do, doing it, taking it back, and learning them."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from library.exceptions import RuleError
from library.models import Rejection, Rule, RuleLog, RuleRun, VideoTag
from library.models.rule import RuleKind, RuleOutcome, RuleRunStatus
from library.services.history import undo_batch
from library.services.merging import merge
from library.services.rules.applying import apply_rule_run, apply_rules_to_new, begin_rule_run, plan_rules
from library.services.rules.checking import check_rule, say_rule
from library.services.rules.forgetting import forget_rule_runs
from library.services.rules.learning import (
    accept_learned,
    decline_learned,
    find_learned,
    learn_rules,
    learned_rules,
    rule_of,
)
from library.services.rules.matching import videos_meeting
from library.services.rules.patterns import limited, read_pattern
from people.models import Creator, Credit, VideoStudio
from processing.models import Job
from tests.library.batches import nothing_outside_batches
from tests.library.factories import make_file, make_folder, make_user
from tests.people.factories import assign, credit, make_creator, make_studio, make_tag

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


def make_rule(*actions: dict[str, Any], conditions: list[dict[str, Any]], name: str = "Rule", **columns: Any) -> Rule:
    rule = Rule(name=name, conditions=conditions, actions=list(actions), **columns)
    check_rule(rule)
    rule.save()
    return rule


def path_matches(pattern: str) -> dict[str, Any]:
    return {"field": "path", "operator": "matches", "value": pattern}


def links() -> set[tuple[Any, ...]]:
    return {
        *VideoTag.objects.values_list("pk", "video", "tag", "source"),
        *Credit.objects.values_list("pk", "video", "creator", "source"),
        *VideoStudio.objects.values_list("pk", "video", "studio", "source", "is_primary"),
        *Creator.objects.values_list("pk", "name"),
    }


# ---- expressions ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        (r"onlyfans/(?P<creator>[^/]+)/", "OnlyFans/Ana_Maria/x.mp4", {"creator": "Ana_Maria"}),
        (r"(?:vids|clips)/(?P<creator>\w+)\b", "clips/bea.mp4", {"creator": "bea"}),
        (
            r"/(?P<studio>[^/]+?) - (?P<creator>[^/]+?) - [^/]+$",
            "Acme - Ana - Sun.mp4",
            {"studio": "Acme", "creator": "Ana"},
        ),
        (r"[]x]\.mp4$", "x.mp4", {}),
        (r"nothing", "x.mp4", None),
    ],
)
def test_expressions_mean_what_python_says(pattern: str, path: str, expected: dict[str, str] | None) -> None:
    make_file(relative_path=path)
    rule = Rule(conditions=[path_matches(pattern)])

    met = videos_meeting(rule)

    assert [dict(one.captures) for one in met] == ([] if expected is None else [expected])


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?P<a>x)(?P<a>y)", "(unclosed", "(?i)x", "(?P=a)", "", "x" * 600])
def test_expressions_that_can_not_be_say_why(pattern: str) -> None:
    with pytest.raises(RuleError):
        read_pattern(pattern)


def test_an_expression_that_takes_for_ever_in_python_is_quick_and_a_slow_statement_ends() -> None:
    make_file(relative_path="a" * 200 + "b.mp4")

    met = videos_meeting(Rule(conditions=[path_matches(r"^(?:.*/)?(a+)+$")]))

    assert met == []
    with pytest.raises(RuleError, match="more than 1 seconds"), limited(1):
        list(Rule.objects.raw("SELECT 1 AS id, pg_sleep(5)"))
    assert Rule.objects.count() == 0, "the connection goes on"


def test_each_condition_asks_the_database() -> None:
    ana, tag = make_creator(name="Ana"), make_tag()
    file = make_file(
        relative_path="Ana Maria/Sun at sea.mp4", width=3840, height=2160, duration_seconds=600.0, video_codec="hevc"
    )
    make_file(relative_path="else/x.mp4", width=640, height=360, duration_seconds=5.0, video_codec="h264")
    credit(ana, file.video)
    asked: list[dict[str, Any]] = [
        {"field": "path", "operator": "words", "value": "ana-MARIA"},
        {"field": "name", "operator": "words", "value": "at sea"},
        {"field": "folder_name", "operator": "is", "value": "ana maria"},
        {"field": "name", "operator": "begins", "value": "sun"},
        {"field": "folder", "operator": "is", "value": file.folder_id},
        {"field": "duration_seconds", "operator": "at_least", "value": 60},
        {"field": "width", "operator": "is", "value": 3840},
        {"field": "height", "operator": "at_least", "value": 2000},
        {"field": "video_codec", "operator": "is_not", "value": "H264"},
        {"field": "creator", "operator": "has", "value": ana.pk},
    ]

    for condition in asked:
        rule = Rule(name="x", kind=RuleKind.METADATA, conditions=[condition])
        rule.actions = [{"do": "add", "kind": "tag", "id": tag.pk}]
        check_rule(rule)
        assert [one.video_id for one in videos_meeting(rule)] == [file.video_id], condition
    opposite = Rule(conditions=[{"field": "creator", "operator": "has_not", "value": ana.pk}])
    assert [one.video_id for one in videos_meeting(opposite)] != [file.video_id]


@pytest.mark.parametrize(
    "change",
    [
        {"conditions": []},
        {"actions": []},
        {"conditions": [{"field": "width", "operator": "is", "value": 1}]},
        {"conditions": [{"field": "secrets", "operator": "is", "value": 1}]},
        {"conditions": [{"field": "width", "operator": "matches", "value": "x"}]},
        {"actions": [{"do": "add", "kind": "creator", "capture": "who"}]},
        {"actions": [{"do": "add", "kind": "tag", "id": 10**9}]},
        {"actions": [{"do": "remove", "kind": "tag", "name": "x"}]},
    ],
)
def test_a_rule_that_can_not_be_is_refused(change: dict[str, Any]) -> None:
    values = {"conditions": [path_matches("x")], "actions": [{"do": "add", "kind": "tag", "name": "x"}]}
    rule = Rule(name="x", **{**values, **change})

    with pytest.raises(RuleError):
        check_rule(rule)


# ---- doing it -------------------------------------------------------------------------------------------------------
def test_what_a_preview_shows_is_done_as_one_change_and_taken_back_exactly() -> None:
    acme, other, known, tag = make_studio(name="Acme"), make_studio(), make_creator(name="ana maria"), make_tag()
    files = [make_file(relative_path=f"of/{who}/{n}.mp4") for n, who in enumerate(["Ana_Maria", "Ana_Maria", "Bea"])]
    files.append(make_file(relative_path="of/Bea/no.mp4"))
    assign(other, files[1].video)
    Rejection.objects.create(video=files[3].video, kind="tag", object_id=tag.pk)
    main = make_rule(
        {"do": "add", "kind": "creator", "capture": "creator"},
        {"do": "add", "kind": "studio", "id": acme.pk},
        {"do": "add", "kind": "tag", "id": tag.pk},
        conditions=[path_matches("/of/(?P<creator>[^/]+)/")],
        priority=5,
    )
    against = make_rule(
        {"do": "remove", "kind": "tag", "id": tag.pk},
        {"do": "add", "kind": "studio", "id": other.pk},
        conditions=[path_matches("Bea/2")],
        name="Against",
    )
    user = make_user()
    before = links()

    plan = plan_rules([against, main])
    run = begin_rule_run(rules=[main, against], user=user)
    assert Job.objects.filter(stage="rules", target_id=run.pk).count() == 1
    with nothing_outside_batches():
        done = apply_rule_run(run_id=run.pk)
        apply_rule_run(run_id=run.pk)

    whys = sorted(one.why for one in plan.conflicts)
    assert whys == [
        f"It has {other.name} already.", "Somebody said that it isn't so.", "The rule Rule adds it.",
        "The rule Rule gives it another one.",
    ]  # fmt: skip
    assert (plan.met[main.pk], plan.videos, links() == before) == (4, 4, False)
    assert (done.status, done.video_count, done.conflict_count) == (RuleRunStatus.DONE, 4, 4)
    bea = Creator.objects.get(name="Bea")
    assert {(row.video_id, row.creator_id, row.source) for row in Credit.objects.all()} == {
        (files[0].video_id, known.pk, "rule"), (files[1].video_id, known.pk, "rule"),
        (files[2].video_id, bea.pk, "rule"), (files[3].video_id, bea.pk, "rule"),
    }  # fmt: skip
    assert RuleLog.objects.filter(outcome=RuleOutcome.CONFLICT).count() == 4
    assert plan_rules([main, against]).steps == [], "a second time there is nothing to do"
    assert done.batch is not None
    undo_batch(batch=done.batch, user=user)
    assert links() == before


def test_new_videos_get_what_enabled_rules_say() -> None:
    tag = make_tag()
    for name, columns in {"on": {}, "off": {"is_enabled": False}, "hand": {"kind": RuleKind.MANUAL}}.items():
        make_rule({"do": "add", "kind": "tag", "name": name}, conditions=[path_matches("new")], name=name, **columns)
    new, old = make_file(relative_path="new.mp4"), make_file(relative_path="old/new.mp4")

    run = apply_rules_to_new([new.video_id])
    nothing = apply_rules_to_new([make_file(relative_path="x.mp4").video_id])

    assert run is not None
    assert nothing is None
    assert set(VideoTag.objects.values_list("video", "tag__name")) == {(new.video_id, "on")}
    assert (tag.pk, old.pk) and RuleRun.objects.count() == 1


def test_rules_follow_a_merge() -> None:
    keep, gone = make_tag(name="Beach"), make_tag(name="Beaches")
    rule = make_rule({"do": "add", "kind": "tag", "id": gone.pk}, conditions=[path_matches("x")])

    merge("tag", keep=keep, others=[gone], user=make_user())

    rule.refresh_from_db()
    assert rule.actions == [{"do": "add", "kind": "tag", "id": keep.pk}]
    assert say_rule([rule])[rule.pk][1] == ["Add the tag Beach"]


# ---- learning -------------------------------------------------------------------------------------------------------
def test_learned_rules_are_right_on_a_library_with_noise() -> None:
    """Eight people with folders of their own; in ten the labels are wrong, and half of the videos have none."""
    chance = random.Random(7)
    folder = make_folder()
    people = [make_creator(name=f"Person {letter * 3}") for letter in "abcdefgh"]
    truth: dict[int, int] = {}
    for number in range(240):
        person = people[number % 8]
        noise = chance.choice(["holiday", "clip", "best of", "uncut"])
        file = make_file(folder=folder, relative_path=f"{person.name}/{noise} {number}.mp4")
        assert file.video_id is not None
        truth[file.video_id] = person.pk
        if chance.random() < 0.5:
            credit(chance.choice(people) if chance.random() < 0.03 else person, file.video)

    found = learn_rules()
    reached = {(one.video_id, learned.object_id) for learned in found for one in videos_meeting(rule_of(learned))}
    right = sum(truth[video_id] == pk for video_id, pk in reached)

    assert {learned.object_id for learned in found} == {person.pk for person in people}
    assert right / len(reached) == 1.0
    assert all(learned.precision >= 0.9 and learned.token.startswith("Person") for learned in found)
    assert any(learned.exceptions for learned in found), "the noise is told"


def test_a_learned_rule_becomes_a_rule_or_is_never_proposed_again() -> None:
    folder, user = make_folder(), make_user()
    people = [make_creator(name="Ana"), make_creator(name="Bea")]
    for person in people:
        videos = [make_file(folder=folder, relative_path=f"{person.name}s/{n}.mp4").video for n in range(9)]
        credit(person, *[video for video in videos[:6] if video])
    for number in range(30):
        make_file(folder=folder, relative_path=f"else/{number}.mp4")
    first, second = learn_rules()

    rule = accept_learned(learned=first, user=user)
    decline_learned(learned=second, user=user)

    assert (rule.is_learned, plan_rules([rule]).videos) == (True, 3)
    assert learned_rules() == []
    assert learn_rules() == []
    assert find_learned(second.key) is None


def test_what_rules_did_is_forgotten_after_a_while_and_what_they_changed_stays() -> None:
    rule = make_rule({"do": "add", "kind": "tag", "name": "New"}, conditions=[path_matches("film")], name="All")
    for number in range(3):
        made = [make_file(relative_path=f"{number}/film {n}.mp4").video_id for n in range(2)]
        begin_rule_run(rules=[rule], user=None, video_ids=made)
    first, second, third = RuleRun.objects.order_by("pk")
    waiting = begin_rule_run(rules=[rule], user=None)
    for run in (first, second, third):
        apply_rule_run(run_id=run.pk)
    RuleRun.objects.filter(pk=first.pk).update(ended_at=timezone.now() - timedelta(days=91))

    old = forget_rule_runs()
    lines = forget_rule_runs(kept_lines=1)

    assert (old, lines) == (2, 3)
    assert RuleLog.objects.get().run == third
    assert set(RuleRun.objects.values_list("pk", flat=True)) == {second.pk, third.pk, waiting.pk}
    assert VideoTag.objects.count() == 6
    assert forget_rule_runs(kept_runs=0) == 1
