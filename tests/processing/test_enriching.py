"""Facts from plugins: found, kept apart, taken over, undone; and what plugins say about files."""

from pathlib import Path

import pytest
from django.utils import timezone

from library.exceptions import BulkEditError
from library.media_types import is_video_name, media_type
from library.models import ChangeBatch, Video, VideoFile, VideoTag
from library.services import scan_folder
from library.services.history import undo_batch
from library.services.merging import merge_videos
from library.services.statistics import analyze_tables
from people.models import Credit, VideoStudio
from processing.exceptions import EnrichingError
from processing.models import Job, Plugin, PluginMetadata
from processing.plugins.scanning import apply_scanners
from processing.services.claim import claim_next
from processing.services.enriching import enrich_video, facts_of, submit_enriching, take_over
from processing.services.plugins import sync_plugins
from processing.services.run import run_job
from processing.services.submit import submit_jobs
from tests.library.factories import make_file, make_folder, make_user, make_video
from tests.library.plans import plans_of
from tests.media_factory import make_video as make_film
from tests.processing.plugin_packages import install, install_example, loaded, made

pytestmark = pytest.mark.django_db
NFO = """<?xml version="1.0" encoding="utf-8"?>
<movie><title>A day out</title><plot>Two friends
walk.</plot><premiered>2019-05-04</premiered><genre>Hiking</genre><genre>Alps</genre>
<actor><name>Ada Moor</name></actor><studio>North</studio><director>Kim</director></movie>"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "site").mkdir()
    return tmp_path / "site"


@pytest.fixture
def films(tmp_path: Path) -> Path:
    (tmp_path / "films").mkdir()
    return tmp_path / "films"


@pytest.fixture
def example(site):
    install_example(site)
    with loaded(site):
        sync_plugins()
        yield Plugin.objects.get()


@pytest.fixture
def video(films) -> Video:
    """With a file, beside which lies a .nfo file."""
    (films / "walk.mp4").write_bytes(b"x")
    (films / "walk.nfo").write_text(NFO)
    file = make_file(folder=make_folder(path=films), path=films / "walk.mp4", video=make_video(title="walk"))
    VideoFile.objects.filter(pk=file.pk).update(is_primary=True)
    return Video.objects.get(files=file)


@pytest.fixture
def owner():
    return make_user(is_superuser=True)


def said(video: Video) -> dict[str, list[str]]:
    facts: dict[str, list[str]] = {}
    for row, _ in facts_of(video.pk):
        facts.setdefault(row.field, []).append(row.value)
    return facts


def fact(video: Video, field: str) -> PluginMetadata:
    return PluginMetadata.objects.select_related("plugin").filter(video=video, field=field)[0]


# ---- looking --------------------------------------------------------------------------------------------------------
def test_facts_are_kept_apart_with_source_and_confidence(example, video):
    counts = enrich_video(video_id=video.pk)

    video.refresh_from_db()
    title = fact(video, "title")
    assert counts == {"nfo": 8}
    assert said(video) == {
        "title": ["A day out"],
        "description": ["Two friends\nwalk."],
        "release_date": ["2019-05-04"],
        "tag": ["Hiking", "Alps"],
        "person": ["Ada Moor"],
        "studio": ["North"],
        "director": ["Kim"],
    }
    assert (title.confidence, title.source, title.taken_at) == (0.8, "walk.nfo", None)
    assert (video.title, video.description) == ("walk", ""), "nothing that people wrote is touched"
    assert not ChangeBatch.objects.exists()


def test_looking_again_replaces_what_was_said_and_remembers_what_was_taken(example, video, films, owner):
    enrich_video(video_id=video.pk)
    take_over(fact=fact(video, "title"), user=owner)
    (films / "walk.nfo").write_text("<movie><title>A day out</title><genre>Lakes</genre></movie>")

    enrich_video(video_id=video.pk)

    assert said(video) == {"title": ["A day out"], "tag": ["Lakes"]}
    assert fact(video, "title").taken_at is not None


def test_settings_count_from_the_next_look_on(example, video):
    Plugin.objects.update(settings={"confidence": 0.3, "read_genres": False})

    enrich_video(video_id=video.pk)

    assert "tag" not in said(video)
    assert fact(video, "title").confidence == 0.3


def test_a_plugin_that_is_off_is_not_asked_and_keeps_what_it_said(example, video):
    enrich_video(video_id=video.pk)
    Plugin.objects.update(is_enabled=False)

    assert enrich_video(video_id=video.pk) == {}
    assert submit_enriching(video_ids=[video.pk]) == 0
    assert said(video)["title"] == ["A day out"]


FAILING = """
def fetch(video, settings):
    if video.title == "fail": raise OSError("no line")
    if video.title == "odd": return ["x"]
    if video.title == "sure": return [Fact("title", "x", 1.5)]
    mine = [Fact("title", "Mine", 0.4), Fact("title", "Mine", 0.6)]
    return [*mine, Fact("my-field", "\\0 v \\udcff", 1.0), Fact("tag", " ", 1.0)]
"""


def install_failing(site: Path) -> None:
    """A plugin that fails for some titles."""
    register = "additions.enrichers.append(Enricher('a', 'My facts', fetch))"
    install(site, "failing", FAILING + made(name="failing", register=register))


@pytest.mark.parametrize(
    ("title", "told"),
    [("fail", "My facts (OSError: no line)"), ("odd", "no fact: 'x'"), ("sure", "sure of title by 1.5")],
)
def test_one_that_fails_keeps_the_others_facts(site, video, title, told):
    install_example(site)
    install_failing(site)
    with loaded(site):
        sync_plugins()
        enrich_video(video_id=video.pk)
        Video.objects.filter(pk=video.pk).update(title=title)
        PluginMetadata.objects.filter(plugin__name="nfo").delete()
        with pytest.raises(EnrichingError) as caught:
            enrich_video(video_id=video.pk)

    assert told in str(caught.value) and caught.value.permanent is False
    assert set(said(video)["title"]) == {"A day out", "Mine"}, "the failed one's stay, the other's are there"


def test_what_is_said_twice_counts_once_and_is_made_storable(site, video):
    install_failing(site)
    with loaded(site):
        sync_plugins()
        enrich_video(video_id=video.pk)

    assert [(row.field, row.value, row.confidence) for row, _ in facts_of(video.pk)] == [
        ("my-field", "v \\udcff", 1.0),
        ("title", "Mine", 0.6),
    ]


@pytest.mark.parametrize(
    "nfo", ["<movie><title>", "<!DOCTYPE a [<!ENTITY b 'c'>]><movie><title>&b;</title></movie>", "x" * 1_000_001]
)
def test_the_example_refuses_files_that_could_harm(example, video, films, nfo):
    (films / "walk.nfo").write_text(nfo)

    with pytest.raises(EnrichingError, match="UnreadableNfoError"):
        enrich_video(video_id=video.pk)


def test_a_new_video_is_looked_up_by_itself(example, films):
    make_film(films / "walk.mp4", seconds=1)
    (films / "walk.nfo").write_text(NFO)
    file = make_file(folder=make_folder(path=films), path=films / "walk.mp4", video=None, state="new")
    submit_jobs(stage="probe", target_ids=[file.pk])
    run_job(claim_next(queue="media", worker="test"))
    run_job(claim_next(queue="maintenance", worker="test"))

    job = Job.objects.get(stage="enrich")
    assert (job.status, job.result, job.label) == ("completed", {"facts": {"nfo": 8}}, "walk")


def test_without_plugins_nothing_follows_the_probe(films):
    make_film(films / "walk.mp4", seconds=1)
    file = make_file(folder=make_folder(path=films), path=films / "walk.mp4")
    submit_jobs(stage="probe", target_ids=[file.pk])
    run_job(claim_next(queue="media", worker="test"))

    assert list(Job.objects.values_list("stage", flat=True).order_by("stage")) == ["frames", "probe"]


# ---- taking over ----------------------------------------------------------------------------------------------------
def test_facts_are_taken_over_and_that_is_undone(example, video, owner):
    enrich_video(video_id=video.pk)

    batches = [
        take_over(fact=fact(video, field), user=owner)
        for field in ("title", "description", "release_date", "tag", "person", "studio")
    ]

    video.refresh_from_db()
    assert batches[0].summary == "Took the title of “A day out” over from Facts from .nfo files"
    assert (video.title, video.description) == ("A day out", "Two friends\nwalk.")
    assert str(video.release_date) == "2019-05-04"
    assert VideoTag.objects.get().tag.name == "Hiking"
    assert Credit.objects.get().creator.name == "Ada Moor"
    assert VideoStudio.objects.get().studio.name == "North"
    assert fact(video, "title").taken_at is not None
    for batch in reversed(batches):
        undo_batch(batch=batch, user=owner)
    video.refresh_from_db()
    assert (video.title, video.description, video.release_date) == ("walk", "", None)
    assert not VideoTag.objects.exists()
    assert fact(video, "title").taken_at is None, "it can be taken over again"


@pytest.mark.parametrize(("value", "day"), [("2019", "2019-01-01"), ("2019-05-04T00:00:00", "2019-05-04")])
def test_dates_are_taken_as_days(example, video, owner, value, day):
    enrich_video(video_id=video.pk)
    PluginMetadata.objects.filter(field="release_date").update(value=value)

    take_over(fact=fact(video, "release_date"), user=owner)

    video.refresh_from_db()
    assert str(video.release_date) == day


@pytest.mark.parametrize(("field", "value", "told"), [("director", "Kim", "Nothing of a video is called director"),
                                                      ("release_date", "spring", "is no date")])  # fmt: skip
def test_what_does_not_fit_is_a_sentence_and_changes_nothing(example, video, owner, field, value, told):
    enrich_video(video_id=video.pk)
    PluginMetadata.objects.filter(field=field).update(value=value)

    with pytest.raises(BulkEditError, match=told):
        take_over(fact=fact(video, field), user=owner)

    assert not ChangeBatch.objects.exists()
    assert fact(video, field).taken_at is None


@pytest.mark.parametrize("field", ["title", "tag"])
def test_who_may_not_edit_videos_takes_nothing_over(example, video, field):
    enrich_video(video_id=video.pk)

    with pytest.raises(BulkEditError, match="Your role doesn't allow that"):
        take_over(fact=fact(video, field), user=make_user())


def test_a_merge_keeps_the_surer_of_two_equal_facts(example, video, films, owner):
    (films / "b.mp4").write_bytes(b"y")
    other = make_file(folder=video.files.get().folder, path=films / "b.mp4", video=make_video(title="walk again"))
    (films / "b.nfo").write_text("<movie><title>A day out</title><genre>Sea</genre></movie>")
    enrich_video(video_id=video.pk)
    enrich_video(video_id=other.video_id)
    PluginMetadata.objects.filter(video=other.video_id, field="title").update(confidence=0.95)

    merge_videos(keep=video, others=[Video.objects.get(files=other)], user=owner)

    assert said(video)["title"] == ["A day out"]
    assert fact(video, "title").confidence == 0.95
    assert set(said(video)["tag"]) == {"Hiking", "Alps", "Sea"}


# ---- which files scans take -----------------------------------------------------------------------------------------
def found(folder) -> list[str]:
    scan_folder(folder=folder)
    return sorted(folder.files.filter(missing_since=None).values_list("relative_path", flat=True))


def test_a_scanner_brings_endings_and_leaves_things_out_while_it_is_on(site, films):
    for name in ("a.mp4", "b.xyz", "sample/c.mp4", "Extras/d.mp4"):
        (films / name).parent.mkdir(exist_ok=True)
        make_film(films / name if name.endswith("mp4") else films / "b.mp4", seconds=1)
    (films / "b.mp4").rename(films / "b.xyz")
    install_example(site)
    register = "additions.scanners.append(Scanner('x', 'X', {'.xyz': 'video/xyz'}))"
    install(site, "more", made(name="more", register=register))
    folder = make_folder(path=films, exclude_globs=["Extras"])
    with loaded(site):
        sync_plugins()
        with_plugins = found(folder)
        types = (is_video_name("b.XYZ"), media_type("b.xyz"), media_type("a.mp4"))
        Plugin.objects.update(is_enabled=False)
        without = found(folder)

    assert with_plugins == ["a.mp4", "b.xyz"]
    assert types == (True, "video/xyz", "video/mp4")
    assert without == ["a.mp4", "sample/c.mp4"]


def test_a_scanner_that_fails_leaves_out_nothing_and_is_asked_once(site, films, caplog):
    rule = "def bad(path, settings):\n    raise ValueError(path)\n"
    register = "additions.scanners.append(Scanner('x', 'X', leaves_out=bad))"
    install(site, "bad", rule + made(name="bad", register=register))
    for name in ("a.mp4", "b.mp4"):
        make_film(films / name, seconds=1)
    folder = make_folder(path=films)
    with loaded(site):
        sync_plugins()
        assert found(folder) == ["a.mp4", "b.mp4"]

    assert sum("is not asked again" in record.message for record in caplog.records) == 1


def test_without_scanners_a_scan_asks_nothing_for_them(django_assert_num_queries):
    with django_assert_num_queries(0):
        apply_scanners()


def test_a_videos_facts_are_found_by_their_index():
    plugin = Plugin.objects.create(name="nfo", title="Facts")
    videos = Video.objects.bulk_create([Video(title=f"v{number}") for number in range(400)])
    PluginMetadata.objects.bulk_create(
        PluginMetadata(video=one, plugin=plugin, field="tag", value=str(n), confidence=1, fetched_at=timezone.now())
        for one in videos
        for n in range(4)
    )
    analyze_tables([PluginMetadata])

    plans = plans_of(lambda: list(facts_of(videos[7].pk)))

    assert "processing_pluginmetadata_once" in plans.indexes, str(plans)
    assert not plans.read_whole
