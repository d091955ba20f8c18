"""The pages about duplicates: what they show, to whom, at what cost, and what their buttons do."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from library.models import DuplicatePair, LibrarySettings, User, Video, VideoFile
from processing.models import Job, Storyboard, Thumbnail
from tests.library.factories import find_permission, make_file, make_folder, make_user, make_video

pytestmark = pytest.mark.django_db
LIST = "admin:library_duplicatepair_changelist"
COMPARE, BEST = "admin:library_duplicatepair_compare", "admin:library_duplicatepair_best"
NASTY = "<script>alert(1)</script>"


@pytest.fixture
def owner() -> User:
    return make_user(username="owner", is_staff=True, is_superuser=True)


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def make_side(**columns) -> VideoFile:
    title = columns.pop("title", "")
    file = make_file(video=make_video(title=title, duration_seconds=columns.get("duration_seconds")), **columns)
    sizes = {"small_width": 320, "small_height": 180, "large_width": 1280, "large_height": 720}
    Thumbnail.objects.create(file=file, input_key="k", small="s.webp", large="l.webp", time_seconds=1, **sizes)
    tiles = {"tile_width": 160, "tile_height": 90, "tile_count": 20, "columns": 10, "rows": 2}
    Storyboard.objects.create(file=file, input_key="k", sprite="b.webp", vtt="b.vtt", interval_seconds=2.5, **tiles)
    return file


def make_pair(first=None, second=None, **columns) -> DuplicatePair:
    first, second = first or make_side(), second or make_side()
    ids = sorted((first.video_id, second.video_id))
    return DuplicatePair.objects.create(first_id=ids[0], second_id=ids[1], **{"kind": "near", **columns})


def compare(pair: DuplicatePair, more: str = "") -> str:
    return f"{reverse(COMPARE)}?pair={pair.pk}{more}"


def answer(page: Client, pair: DuplicatePair, **values):
    return page.post(reverse("admin:library_duplicatepair_answer", args=(pair.pk,)), values, follow=True)


def queries_of(page: Client, address: str) -> int:
    page.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert page.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("name", ["changelist", "best", "rules", "wasted"])
def test_a_page_without_duplicates_is_a_page(page, name):
    assert page.get(reverse(f"admin:library_duplicatepair_{name}")).status_code == 200


@pytest.mark.parametrize("name", ["changelist", "best", "wasted"])
def test_a_page_asks_no_more_of_the_database_when_pairs_are_added(page, name):
    def fill(count: int) -> None:
        for _ in range(count):
            pair = make_pair()
            for _ in range(2):
                make_file(video=pair.first, content_hash="ab" * 16)

    address = reverse(f"admin:library_duplicatepair_{name}")
    fill(2)
    before = queries_of(page, address)
    fill(8)

    assert queries_of(page, address) == before


def test_the_comparison_of_six_asks_as_much_as_that_of_two(page):
    files = [make_side() for _ in range(6)]
    pairs = [make_pair(files[0], file) for file in files[1:]]

    assert queries_of(page, compare(pairs[0], "&all=1")) == queries_of(page, compare(pairs[0]))


def test_the_list_shows_open_pairs_and_by_the_filters_others(page):
    folder = make_folder(name="Attic")
    make_pair(make_side(title="Alpha", folder=folder))
    make_pair(make_side(title="Beta"), kind="contained")
    make_pair(make_side(title="Gamma"), verdict="rejected", decided_at=timezone.now())
    make_pair(make_side(title="Delta")).second.__class__.objects.filter(title="Delta").update(trashed_at=timezone.now())

    def shown(query: str = "") -> set[str]:
        html = page.get(f"{reverse(LIST)}?{query}").content.decode()
        return {name for name in ("Alpha", "Beta", "Gamma", "Delta") if f">{name}</a>" in html}

    assert shown() == {"Alpha", "Beta"}
    assert shown("kind=contained") == {"Beta"}
    assert shown("verdict=rejected") == {"Gamma"}
    assert shown(f"folder={folder.pk}") == {"Alpha"}


def test_titles_with_markup_are_text(page):
    pair = make_pair(make_side(title=NASTY))

    for address in (reverse(LIST), compare(pair), reverse(BEST)):
        assert NASTY not in page.get(address).content.decode()


def test_the_comparison_marks_the_better_of_each_fact(page):
    pair = make_pair(make_side(width=640, height=360, size_bytes=10), make_side(width=1920, height=1080, size_bytes=20))

    facts = {fact.label: fact.values for fact in page.get(compare(pair)).context["facts"]}

    assert facts["Picture"] == [("640 × 360", False), ("1920 × 1080", True)]
    assert [is_better for _, is_better in facts["Size"]] == [True, False]
    assert [is_better for _, is_better in facts["HDR"]] == [False, False]


def test_the_comparison_of_a_clip_draws_the_part_that_both_share(page):
    columns = {"first_from_seconds": 100, "first_to_seconds": 160, "second_from_seconds": 0, "second_to_seconds": 60}
    film, clip = make_side(duration_seconds=600), make_side(duration_seconds=60)

    html = page.get(compare(make_pair(film, clip, kind="contained", **columns))).content.decode()

    assert 'data-begin="100.000" data-end="160.000"' in " ".join(html.split())
    assert "Link the clip" in html


def test_keeping_one_merges_the_other_into_it_and_shows_the_next_pair(page):
    pair, following = make_pair(confidence=0.9), make_pair(confidence=0.8)

    response = answer(page, pair, keep=pair.second_id)

    assert not Video.objects.filter(pk=pair.first_id).exists()
    assert VideoFile.objects.exclude(trashed_at=None).get().video_id == pair.second_id
    assert response.redirect_chain[-1][0].endswith(f"?pair={following.pk}")


def test_a_missing_one_is_not_kept_instead_of_one_that_is_there(page):
    pair = make_pair(make_side(missing_since=timezone.now()))

    response = answer(page, pair, keep=pair.first_id)

    assert "is missing" in response.content.decode()
    assert Video.objects.count() == 2


@pytest.mark.parametrize("verdict", ["rejected", "kept"])
def test_an_answer_is_remembered_and_can_be_forgotten(page, owner, verdict):
    pair = make_pair()

    answer(page, pair, answer=verdict)
    pair.refresh_from_db()
    assert (pair.verdict, pair.decided_by) == (verdict, owner)

    answer(page, pair, answer="forget")
    pair.refresh_from_db()
    assert pair.verdict == "open"


def test_a_pair_that_somebody_answered_meanwhile_is_not_answered_again(page):
    pair = make_pair(verdict="kept")

    response = answer(page, pair, answer="rejected")

    assert "meanwhile" in response.content.decode()


@pytest.mark.parametrize("action", ["mark_rejected", "mark_kept"])
def test_the_list_answers_many_at_once(page, action):
    pairs = [make_pair() for _ in range(3)]

    page.post(reverse(LIST), {"action": action, "_selected_action": [pair.pk for pair in pairs]})

    assert not DuplicatePair.objects.filter(verdict="open").exists()


def test_the_best_of_chosen_pairs_is_shown_before_it_is_done(page):
    chosen, other = make_pair(), make_pair()

    page.post(reverse(LIST), {"action": "preview_best", "_selected_action": [chosen.pk]})
    plan = page.get(f"{reverse(BEST)}?chosen=1").context["plan"]
    assert [len(plan.groups), Video.objects.count()] == [1, 4]

    page.post(f"{reverse(BEST)}?chosen=1", {"files": "trash"})
    assert list(DuplicatePair.objects.all()) == [other]


def test_much_is_done_by_a_job(page, owner, monkeypatch):
    monkeypatch.setattr("library.admin.duplicates.best_pages.MOST_GROUPS_AT_ONCE", 1)
    for _ in range(2):
        make_pair()

    page.post(reverse(BEST), {"files": "alternate"})

    job = Job.objects.get(stage="keep-best")
    assert (job.target_id, job.params) == (owner.pk, {"pair_ids": None, "other_files": "alternate"})
    assert Video.objects.count() == 4


def test_the_rules_are_saved_in_their_order(page):
    values = {
        "rule": ["codec", "hdr", "resolution"],
        "use-codec": "1",
        "use-resolution": "1",
        "order-codec": ["av1", "", "hevc"],
    }

    page.post(reverse("admin:library_duplicatepair_rules"), values)

    assert LibrarySettings.load().keep_rules == [{"rule": "codec", "order": ["av1", "hevc"]}, {"rule": "resolution"}]


def test_without_a_rule_nothing_is_saved(page):
    response = page.post(reverse("admin:library_duplicatepair_rules"), {"rule": ["hdr"]})

    assert "Choose at least one rule" in response.content.decode()


def test_who_may_only_look_sees_no_buttons_and_changes_nothing(client):
    user = make_user(is_staff=True)
    user.user_permissions.add(find_permission("library.view_duplicatepair"))
    client.force_login(user)
    pair = make_pair()

    html = client.get(compare(pair)).content.decode()

    assert "Not a duplicate <kbd>" not in html
    assert answer(client, pair, answer="rejected").status_code == 403


def test_the_overview_counts_the_bytes_of_each_video_once(page):
    files = [make_side(size_bytes=size) for size in (100, 200, 300)]
    for first, second, wasted in ((0, 1, 100), (0, 2, 100), (1, 2, 200)):
        make_pair(files[first], files[second], wasted_bytes=wasted, is_first_smaller=True)

    sections = {section.key: data for section, data in page.get(reverse("admin:index")).context["dashboard"]}

    assert (sections["duplicates"]["near"], sections["duplicates"]["wasted_bytes"]) == (3, 300)
