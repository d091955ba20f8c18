"""The pages of rules, of many videos at once and of renaming, and their endpoints."""

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from library.models import ChangeBatch, LibrarySettings, RenameRun, Rule, RuleRun
from library.services.rules.applying import apply_rule_run
from library.services.rules.learning import learn_rules
from library.services.suggesting.evidence import find_evidence
from library.services.suggesting.refresh import refresh_suggestions
from people.models import Credit
from processing.models import Job
from tests.library.batches import nothing_outside_batches
from tests.library.factories import make_file, make_folder, make_user, make_video, write_file
from tests.people.factories import credit, make_creator

pytestmark = pytest.mark.django_db

PAGES = ["changelist", "add", "learned", "evidence", "apply", "runs", "providers"]


@pytest.fixture
def page(client: Client) -> Client:
    cache.clear()
    client.force_login(make_user(is_superuser=True))
    return client


def address(name: str, *args: Any) -> str:
    return reverse(f"admin:library_rule_{name}", args=args)


def form(**values: Any) -> dict[str, Any]:
    return {
        "name": "Ana's folder", "kind": "path_match", "priority": "3", "is_enabled": "1", "is_any": "0",
        "c_field": ["path", "duration_seconds"], "c_operator": ["matches", "at_least"],
        "c_value": ["/of/(?P<who>[^/]+)/", "1,5"],
        "a_do": ["add", "add"], "a_kind": ["creator", "tag"], "a_how": ["capture", "name"], "a_value": ["who", "Beach"],
        **values,
    }  # fmt: skip


def test_every_page_has_something_to_say_when_there_is_nothing(page: Client) -> None:
    said = {name: page.get(address(name)).content.decode() for name in PAGES}

    assert "No rules yet" in said["changelist"]
    assert "Nobody has looked yet" in said["learned"]
    assert "Nobody has looked yet" in said["evidence"]
    assert "No rule is on" in said["apply"]
    assert "No file was renamed" in page.get(reverse("admin:library_renamerun_changelist")).content.decode()


def test_a_rule_is_written_previewed_applied_and_its_run_is_told(page: Client) -> None:
    file = make_file(relative_path="of/Ana Maria/x.mp4", duration_seconds=120.0)

    preview = page.post(address("preview"), form()).content.decode()
    assert not Rule.objects.exists()
    with nothing_outside_batches():
        answer = page.post(address("add"), form(apply="1"))
    rule, run = Rule.objects.get(), RuleRun.objects.get()
    waiting = page.get(address("run", run.pk)).content.decode()
    apply_rule_run(run_id=run.pk)
    done = page.get(address("run", run.pk)).content.decode()

    assert "add person Ana Maria (new): 1" in preview
    assert answer["Location"] == address("run", run.pk)
    assert rule.conditions[1] == {"field": "duration_seconds", "operator": "at_least", "value": 90.0}
    assert rule.actions == [
        {"do": "add", "kind": "creator", "capture": "who"}, {"do": "add", "kind": "tag", "name": "Beach"}
    ]  # fmt: skip
    assert "Waiting for a worker" in waiting
    assert "1 video changed" in done
    assert Credit.objects.get().video_id == file.video_id
    assert 'value="1.5"' in page.get(address("change", rule.pk)).content.decode(), "said in minutes"
    refused = page.post(address("change", rule.pk), form(c_value=["(unclosed", "1"]))
    assert "can&#x27;t be read" in refused.content.decode()
    page.post(address("toggle", rule.pk))
    assert not Rule.objects.get().is_enabled
    page.post(address("change", rule.pk), {"delete": "1"})
    assert not Rule.objects.exists()


def test_learned_rules_and_batches_are_answered_on_their_pages(page: Client) -> None:
    ana, folder = make_creator(name="Ana"), make_folder()
    videos = [make_file(folder=folder, relative_path=f"Ana/{n}.mp4").video for n in range(12)]
    for number in range(30):
        make_file(folder=folder, relative_path=f"else/{number}.mp4")
    credit(ana, *[video for video in videos[:5] if video])
    refresh_suggestions()
    (found,), (learned,) = find_evidence(), learn_rules()
    # The pages are another process.
    cache.clear()
    key = found.key.removeprefix("evidence:")

    shown = page.get(address("learned")).content.decode()
    batch = page.get(address("evidence_batch", key)).content.decode()
    page.post(address("learned"), {"key": learned.key, "accept": "1"})
    page.post(address("evidence_batch", key), {"apply": "1", "video": [video.pk for video in videos[5:11] if video]})

    assert "Right for 5 of 5 labelled videos" in shown
    assert batch.count('name="video"') == 7
    assert Rule.objects.get().is_learned
    assert Credit.objects.count() == 11
    assert "Put Ana on 6 videos of a folder" in ChangeBatch.objects.values_list("summary", flat=True)
    assert "Nothing to answer at once" in page.get(address("evidence")).content.decode()
    assert page.get(address("evidence_batch", key)).status_code == 302
    page.post(address("evidence"), {"look": "1"})
    assert Job.objects.filter(stage="suggest").count() == 1


def test_a_renaming_is_looked_at_done_and_taken_back(page: Client, tmp_path: Path) -> None:
    write_file(tmp_path / "a.mp4")
    make_file(path=tmp_path / "a.mp4", folder=make_folder(path=tmp_path), video=make_video(title="Sun"))
    plan = reverse("admin:library_renamerun_plan")

    shown = page.get(plan, {"template": "{title}"}).content.decode()
    refused = page.post(plan, {"template": "{title}"}).content.decode()
    LibrarySettings.objects.create(pk=1, is_renaming_allowed=True)
    page.post(plan, {"template": "{title}"})

    assert "Sun.mp4" in shown
    assert "switched off" in refused
    assert Job.objects.filter(stage="rename", target_id=RenameRun.objects.get().pk).count() == 1
    assert page.get(reverse("admin:library_renamerun_change", args=(RenameRun.objects.get().pk,))).status_code == 200


def test_the_pages_cost_the_same_with_many_rows(page: Client, django_assert_max_num_queries: Any) -> None:
    ana = make_creator(name="Ana")
    for number in range(30):
        Rule.objects.create(
            name=f"Rule {number}",
            conditions=[{"field": "creator", "operator": "has", "value": ana.pk}],
            actions=[{"do": "add", "kind": "creator", "id": ana.pk}],
            is_enabled=False,
        )

    with django_assert_max_num_queries(20):
        html = page.get(address("changelist")).content.decode()

    assert html.count("Its people has Ana") == 30


def test_the_endpoints_say_what_the_pages_say(page: Client) -> None:
    ana = make_creator(name="Ana")
    videos = [make_file(relative_path=f"Ana/{n}.mp4").video for n in range(2)]
    refresh_suggestions()
    inbox = page.get("/api/v1/suggestions/inbox/").json()["results"]
    chip = page.get(f"/api/v1/videos/{videos[0].pk}/suggestions/").json()[0]
    rule = {"name": "R", "kind": "path_match", "conditions": [{"field": "path", "operator": "words", "value": "ana"}],
            "actions": [{"do": "add", "kind": "tag", "name": "Beach"}]}  # fmt: skip

    answered = page.post("/api/v1/suggestions/accept/", {"ids": [chip["id"]]}, "application/json")
    rejected = page.post("/api/v1/suggestions/reject/", {"ids": [chip["id"]]}, "application/json").json()
    made = page.post("/api/v1/rules/", rule, "application/json")
    bad = page.post("/api/v1/rules/", {**rule, "actions": []}, "application/json")
    preview = page.get(f"/api/v1/rules/{made.json()['id']}/preview/").json()
    applied = page.post(f"/api/v1/rules/{made.json()['id']}/apply/", {}, "application/json")

    assert len(inbox) == 2
    assert (chip["object"], chip["label"], chip["kind"]) == (str(ana.public_id), "Ana", "creator")
    assert answered.json()["accepted"] == 1
    assert answered["Change-Batch"] == answered.json()["batch"]
    assert (rejected["rejected"], rejected["gone"]) == (0, 1)
    assert (made.status_code, bad.status_code, bad.json()["detail"]) == (
        201,
        400,
        "Say what the rule puts on the videos.",
    )
    assert (preview["met"], preview["videos"], applied.status_code) == (2, 2, 202)
