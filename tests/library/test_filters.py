"""Filters: what they accept, how they are written, and what they let through."""

import itertools
import random
import string
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library import queries
from library.filters import (
    EVERYTHING,
    Condition,
    Facet,
    FilterError,
    Group,
    Kind,
    all_facets,
    apply_filter,
    decode_filter,
    encode_filter,
    parse_filter,
)
from library.filters.chips import chips_of, in_words, path_of, turned, with_condition
from library.filters.words import text_query
from library.models import DuplicatePair, Tag, TagAlias, User, Video, VideoFile, VideoMetadata, VideoTag, VideoText
from people.models import Creator, Credit, ExternalId, Studio, VideoStudio
from playback.models import Favorite, PlayCount, Rating, Tally, WatchProgress
from tests.library.factories import make_file, make_folder, make_user, make_video

pytestmark = pytest.mark.django_db


def ask(facet: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"facet": facet, "op": op, "value": value}


def found(raw: Any, user: User | None = None) -> set[str]:
    """Titles of the videos that the filter lets through; asks videos and their files, which must agree."""
    whole = parse_filter(raw)
    videos = [video.title for video in apply_filter(Video.objects.all(), whole, user)]
    files = apply_filter(VideoFile.objects.filter(is_primary=True), whole, user)
    by_file = {file.video.title for file in files.select_related("video")}
    assert len(videos) == len(set(videos))
    assert by_file == set(videos) & set(Video.objects.filter(files__is_primary=True).values_list("title", flat=True))
    return set(videos)


# ---- words ----------------------------------------------------------------------------------------------------


def titles_with(text: str) -> list[str]:
    return [file.video.title for file in queries.list_videos(text=text, sort=queries.sort_of("title")).files]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("wor", ["World tour", "Worm garden"]),
        ("WÖR gar", ["Worm garden"]),
        ('"world tour"', ["World tour"]),
        ('"tour world"', []),
        ("wor -garden", ["World tour"]),
        ("tour OR garden", ["World tour", "Worm garden"]),
        ("tour | gard", ["World tour", "Worm garden"]),
        ("elan", ["Élan"]),
        ("-wor", ["Élan", "World tour", "Worm garden"]),
        ("nothing", []),
        ("!!! ()", ["Élan", "World tour", "Worm garden"]),
    ],
)
def test_words_find_beginnings_phrases_alternatives_and_leave_out(text: str, titles: list[str]) -> None:
    for title in ("World tour", "Worm garden", "Élan"):
        make_file(video=make_video(title=title), relative_path=f"{title}.mkv")

    assert titles_with(text) == titles


def test_whatever_is_typed_is_no_syntax_error() -> None:
    make_file()
    rng = random.Random(3)
    pieces = [
        '"',
        "'",
        "\\",
        "-",
        "OR",
        "|",
        "&",
        "!",
        "(",
        ")",
        ":*",
        "<->",
        ":",
        "%",
        "a",
        "é",
        "\0",
        "1e5",
        "-3.5",
        " ",
    ]

    for _ in range(300):
        queries.count_videos(text="".join(rng.choice(pieces) for _ in range(rng.randrange(1, 12))))


def test_a_query_is_bounded() -> None:
    assert text_query("a " * 5000).count("&") < 20


# ---- the tree -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ([], "made of all"),
        ({"all": {}}, "takes a list"),
        ({"facet": "nonsense", "op": "is"}, "Nothing here can be filtered"),
        ({"facet": ["x"], "op": "is"}, "Nothing here can be filtered"),
        (ask("duration", "gte", "5"), "needs a number"),
        (ask("duration", "gte", True), "needs a number"),
        (ask("duration", "gte", -1), "makes sense"),
        (ask("duration", "gte", float("nan")), "needs a number"),
        (ask("duration", "gte", 10**400), "makes sense"),
        (ask("duration", "between", [1, float("inf")]), "makes sense"),
        (ask("duration", "almost", 5), "can't be asked"),
        (ask("duration", ["gte"], 5), "can't be asked"),
        (ask("duration", "between", [1]), "two values"),
        (ask("added", "since", "yesterday"), "a day like"),
        (ask("added", "last", 0), "a number of days"),
        (ask("resolution", "any", ["9k"]), "can't be"),
        (ask("resolution", "any", []), "something to look for"),
        (ask("tag", "any", ["x"]), "numbers of rows"),
        (ask("tag", "any", [2**70]), "numbers of rows"),
        (ask("tag", "any", list(range(1, 300))), "200 values"),
        (ask("creator", "any", ["x"]), "needs ids"),
        (ask("hdr", "is", "yes"), "yes or no"),
        (ask("text", "has", "  "), "needs a text"),
        (ask("text", "has", "\ud800"), "can't be looked for"),
        (ask("text", "has", "% _"), "needs a word"),
        ({"any": []}, "needs a condition"),
        ({"not": {"all": []}}, "needs a condition"),
        ({"all": [ask("hdr", "is", True)] * 51}, "50 conditions"),
        ({"not": {"not": {"not": {"not": {"not": {"not": {"all": []}}}}}}}, "levels"),
        ({"facet": "hdr", "op": "is", "value": True, "else": 1}, "has a facet"),
    ],
)
def test_what_is_no_filter_is_refused_in_a_sentence(raw: Any, sentence: str) -> None:
    with pytest.raises(FilterError, match=sentence):
        parse_filter(raw)


def test_the_canonical_form_is_short() -> None:
    hdr = ask("hdr", "is", True)
    raw = {"all": [{"all": [hdr, hdr]}, {"not": {"not": {"any": [hdr]}}}, {"any": [ask("width", "gte", 1.0)]}]}

    whole = parse_filter(raw)

    assert whole.as_json() == {"all": [hdr, ask("width", "gte", 1)]}
    assert parse_filter(whole.as_json()) == whole
    assert parse_filter({"all": []}) == EVERYTHING


def random_part(rng: random.Random, depth: int = 0) -> dict[str, Any]:
    kind = rng.choice(["facet", "facet", "all", "any", "not"]) if depth < 3 else "facet"
    if kind == "not":
        return {"not": random_part(rng, depth + 1)}
    if kind in ("all", "any"):
        return {kind: [random_part(rng, depth + 1) for _ in range(rng.randrange(1, 4))]}
    return rng.choice(
        [
            ask("duration", "gte", rng.choice([1, 2.5])),
            ask("hdr", "is", rng.random() < 0.5),
            ask("text", "has", rng.choice(["été", "a b", '"x"'])),
            ask("width", "between", [rng.randrange(2000), rng.randrange(2000)]),
            ask("orientation", "any", ["portrait"]),
        ]
    )


def test_an_address_holds_any_filter_and_nothing_else_is_one() -> None:
    rng = random.Random(11)

    for _ in range(200):
        whole = parse_filter(random_part(rng))
        code = encode_filter(whole)
        assert decode_filter(code) == whole
        assert set(code) <= set(string.ascii_letters + string.digits + "-_")

    for junk in ("x", "j", "jAAAA", "zAAAA", "j" + "A" * 9000, "jbnVsbA", "é", "jW10"):
        with pytest.raises(FilterError):
            decode_filter(junk)


def test_nested_filters_agree_with_python() -> None:
    rng = random.Random(5)
    facts = list(itertools.product([None, 100.0, 400.0], [True, False], [None, 640, 1920]))
    for number, (seconds, is_hdr, width) in enumerate(facts):
        make_file(video=make_video(title=f"{number}", duration_seconds=seconds, is_hdr=is_hdr, width=width))
    tests = {
        "duration": (ask("duration", "gte", 3), lambda row: row[0] is not None and row[0] >= 180),
        "hdr": (ask("hdr", "is", True), lambda row: row[1]),
        "width": (ask("width", "lte", 700), lambda row: row[2] is not None and row[2] <= 700),
    }

    def build(depth: int) -> tuple[dict[str, Any], Any]:
        kind = rng.choice(["leaf", "all", "any", "not"]) if depth else "leaf"
        if kind == "leaf":
            return rng.choice(list(tests.values()))
        if kind == "not":
            raw, holds = build(depth - 1)
            return {"not": raw}, lambda row: not holds(row)
        inner = [build(depth - 1) for _ in range(2)]
        together = all if kind == "all" else any
        return {kind: [raw for raw, _ in inner]}, lambda row: together(holds(row) for _, holds in inner)

    for _ in range(40):
        raw, holds = build(3)
        assert found(raw) == {f"{number}" for number, row in enumerate(facts) if holds(row)}, raw


# ---- facets ---------------------------------------------------------------------------------------------------


def samples(facet: Facet, operator: str) -> list[Any]:
    """Values of a condition, the bounds of what is taken and what nothing has among them."""
    by_kind: dict[Kind, list[Any]] = {
        Kind.NUMBER: [0, 0.5, 2.5, 3, 1e14],
        Kind.DATE: ["0002-01-01", timezone.localdate().isoformat(), "9998-12-31"],
        Kind.FLAG: [True, False],
        Kind.TEXT: ["a", "a%_\\", "=a", "/nowhere", "é🎉"],
    }
    one = by_kind.get(facet.kind, [])
    if operator in ("empty", "last"):
        return [None] if operator == "empty" else [1, 36_500]
    if operator == "between":
        return [[low, high] for low in one for high in one]
    if facet.kind is Kind.CHOICE and facet.choices:
        values = [choice.value for choice in facet.choices()]
        return [values[:1], values] if values else []
    if facet.kind is Kind.ROWS and facet.find:
        return [[choice.value] for choice in facet.find("", 5)]
    return one


@pytest.mark.slow
def test_a_condition_and_its_opposite_part_the_library() -> None:
    me, now = make_user(), timezone.now()
    tag, ana = Tag.objects.create(name="Place"), Creator.objects.create(name="Ana")
    below = Tag.objects.create(name="Beach", parent=tag)
    studio = Studio.objects.create(name="Net")
    for number in range(8):
        facts = {"duration_seconds": 150.0, "width": 1920, "height": 1080, "recorded_at": now, "file_date": now}
        facts |= {"release_date": now.date(), "size_bytes": 3_000_000, "bit_rate": 2_500_000, "frame_rate": 2.5}
        video = make_video(is_hdr=number % 2 == 0, view_count=number, **(facts if number % 3 else {}))
        make_file(video=video)
        if number % 2:
            VideoTag.objects.create(video=video, tag=below)
            Credit.objects.create(video=video, creator=ana)
            Rating.objects.create(user=me, video=video, stars=3, rated_at=now)
        else:
            VideoStudio.objects.create(video=video, studio=studio, is_primary=number % 4 == 0)
            WatchProgress.objects.create(user=me, video=video, watched_at=now)
    everything = set(Video.objects.values_list("pk", flat=True))

    for facet in all_facets():
        for operator in facet.operator_words():
            for value in samples(facet, operator):
                raw = ask(facet.key, operator, value)
                holds, not_holds = (
                    list(queries.matching_videos(filter=parse_filter(one), user=me).values_list("pk", flat=True))
                    for one in (raw, {"not": raw})
                )
                assert sorted(holds + not_holds) == sorted(everything), raw
                either = parse_filter({"any": [raw, ask("views", "eq", 5)]})
                assert queries.matching_videos(filter=either, user=me).count() >= len(holds), raw


def test_a_number_is_met_as_exactly_as_pages_write_it() -> None:
    for seconds, rate in ((300.4, 30_000 / 1001), (301, 30)):
        make_file(video=make_video(title=f"{seconds}", duration_seconds=seconds, frame_rate=rate, view_count=2))

    assert found(ask("duration", "eq", 5)) == {"300.4"}
    assert found(ask("frame_rate", "eq", 29.97)) == {"300.4"}
    assert found(ask("views", "eq", 2)) == {"300.4", "301"}
    assert found(ask("views", "eq", 2.5)) == set()


@pytest.mark.parametrize("text", ["東京", "夜景", "タワー", '"タワーの夜"', "ไทย", "\uff80\uff9c\uff70"])
def test_words_are_found_in_scripts_that_have_no_spaces(text: str) -> None:
    make_file(video=make_video(title="東京タワーの夜景 หนังไทย"), relative_path="a.mp4")
    make_file(video=make_video(title="京東 夜の景 ワタ ไย"), relative_path="b.mp4")

    assert [title[:2] for title in titles_with(text)] == ["東京"]


def test_a_video_whose_tags_have_no_word_is_not_without_tags() -> None:
    signs = Tag.objects.create(name="!!!")
    for title, tags in {"loud": [signs], "none": []}.items():
        video = make_video(title=title)
        make_file(video=video)
        video.video_tags.bulk_create(VideoTag(video=video, tag=tag) for tag in tags)

    assert VideoText.objects.filter(tag_text="").count() == 2
    assert found(ask("tag", "empty")) == {"none"}
    assert found({"not": ask("tag", "empty")}) == {"loud"}
    Tag.objects.update(trashed_at=timezone.now())
    assert found(ask("tag", "empty")) == {"loud", "none"}


def test_tags_are_found_with_what_lies_below() -> None:
    sea = Tag.objects.create(name="Sea")
    beach = Tag.objects.create(name="Beach", parent=sea)
    dog = Tag.objects.create(name="Dog")
    TagAlias.objects.create(tag=dog, name="Hound")
    for title, tags in {"both": [beach, dog], "sea": [sea], "beach": [beach], "none": []}.items():
        video = make_video(title=title)
        make_file(video=video)
        for tag in tags:
            VideoTag.objects.create(video=video, tag=tag)

    assert found(ask("tag", "any", [sea.pk])) == {"both", "sea", "beach"}
    assert found(ask("tag", "exact", [sea.pk])) == {"sea"}
    assert found(ask("tag", "all", [sea.pk, dog.pk])) == {"both"}
    assert found({"not": ask("tag", "any", [dog.pk])}) == {"sea", "beach", "none"}
    assert found(ask("tag", "empty")) == {"none"}
    assert found(ask("text", "has", "hou")) == {"both"}
    dog.trashed_at = timezone.now()
    dog.save(update_fields=["trashed_at"])
    assert found(ask("tag", "any", [dog.pk])) == set()
    assert found(ask("text", "has", "dog")) == set()


def test_people_and_studios() -> None:
    ana, ben = Creator.objects.create(name="Ana"), Creator.objects.create(name="Ben")
    group, part = Studio.objects.create(name="Group"), Studio.objects.create(name="Part")
    part.parent = group
    part.save()
    for row in (ana, ben, group, part):
        row.refresh_from_db()
    for title, people, studio in [("two", [ana, ben], part), ("one", [ana], group), ("none", [], None)]:
        video = make_video(title=title)
        make_file(video=video)
        Credit.objects.bulk_create([Credit(video=video, creator=person) for person in people])
        if studio:
            VideoStudio.objects.create(video=video, studio=studio, is_primary=title == "two")
    ExternalId.objects.create(video=Video.objects.get(title="one"), source="stash", external_id="7")

    assert found(ask("creator", "any", [str(ana.public_id)])) == {"one", "two"}
    assert found(ask("creator", "all", [str(ana.public_id), str(ben.public_id)])) == {"two"}
    assert found(ask("creator", "empty")) == {"none"}
    assert found(ask("creators", "gte", 2)) == {"two"}
    assert found(ask("creators", "eq", 1)) == {"one"}
    assert found(ask("creators", "lte", 1)) == {"one", "none"}
    assert found(ask("studio", "any", [str(group.public_id)])) == {"one", "two"}
    assert found(ask("studio", "exact", [str(group.public_id)])) == {"one"}
    assert found(ask("studio", "empty")) == {"none"}
    assert found(ask("main_studio", "any", [str(group.public_id)])) == {"two"}
    assert found(ask("known_by", "any", ["stash"])) == {"one"}


def test_opinions_and_plays_are_those_of_the_one_who_asks() -> None:
    me, other = make_user(), make_user()
    now = timezone.now()
    for title in ("mine", "theirs"):
        make_file(video=make_video(title=title))
    for user, title in ((me, "mine"), (other, "theirs")):
        video = Video.objects.get(title=title)
        Rating.objects.create(user=user, video=video, stars="4.5", rated_at=now)
        Favorite.objects.create(user=user, video=video, added_at=now)
        Tally.objects.create(user=user, video=video, count=2)
        PlayCount.objects.create(user=user, video=video, play_count=3)
        WatchProgress.objects.create(user=user, video=video, is_completed=True, watched_at=now)

    for raw in (
        ask("rating", "gte", 4),
        ask("favorite", "is", True),
        ask("tally", "gte", 1),
        ask("plays", "between", [3, 9]),
        ask("watched", "any", ["watched"]),
        ask("watched_at", "last", 1),
    ):
        assert found(raw, me) == {"mine"}, raw
        assert found(raw, None) == set(), raw
    assert found(ask("tally", "eq", 0), me) == {"theirs"}
    assert found(ask("rating", "empty"), me) == {"theirs"}
    assert found(ask("watched", "any", ["unwatched", "begun"]), me) == {"theirs"}


def test_facts_of_pictures_files_and_states() -> None:
    folder = make_folder(path="/nowhere/videos")
    wide = make_video(title="wide", width=1920, height=800, video_codec="hevc", is_hdr=True, duration_seconds=600)
    tall = make_video(title="tall", width=1080, height=1920, audio_codec="aac", is_corrupted=True)
    small = make_video(title="small", width=640, height=480, type="amateur", origin="web", size_bytes=5_000_000)
    make_file(video=wide, folder=folder, relative_path="Holiday/2019/a.mkv", container="matroska")
    make_file(video=tall, relative_path="b.mp4", state="failed")
    make_file(video=small, relative_path="c.mp4", missing_since=timezone.now())
    VideoMetadata.objects.create(video=small, key="Camera", value="Sony 100 %")
    DuplicatePair.objects.create(first=wide, second=tall, kind="near")

    expected = [
        (ask("resolution", "any", ["1080"]), {"wide", "tall"}),
        (ask("resolution", "any", ["sd"]), {"small"}),
        (ask("orientation", "any", ["portrait"]), {"tall"}),
        (ask("codec", "any", ["hevc"]), {"wide"}),
        (ask("audio", "any", ["aac"]), {"tall"}),
        (ask("hdr", "is", False), {"tall", "small"}),
        (ask("duration", "between", [12, 9]), {"wide"}),
        (ask("duration", "empty"), {"tall", "small"}),
        (ask("size", "lte", 5), {"small"}),
        (ask("type", "any", ["amateur"]), {"small"}),
        (ask("origin", "any", ["web"]), {"small"}),
        (ask("corrupted", "is", True), {"tall"}),
        (ask("missing", "is", True), {"small"}),
        (ask("trashed", "is", True), set()),
        (ask("container", "any", ["matroska"]), {"wide"}),
        (ask("folder", "any", [str(folder.pk)]), {"wide"}),
        (ask("path", "under", "Holiday"), {"wide"}),
        (ask("path", "under", "/nowhere/videos/Holiday/2019/"), {"wide"}),
        (ask("path", "under", "/nowhere/videos"), {"wide"}),
        (ask("path", "under", "Holi"), set()),
        (ask("path", "has", "2019"), {"wide"}),
        (ask("note", "named", "camera"), {"small"}),
        (ask("note", "has", "camera=100 %"), {"small"}),
        (ask("note", "has", "camera=nikon"), set()),
        (ask("duplicates", "any", ["open"]), {"wide", "tall"}),
        (ask("state", "any", ["ready"]), {"wide", "small"}),
        (ask("no_pictures", "is", True), {"wide", "tall", "small"}),
        (ask("views", "gte", 1), set()),
    ]
    for raw, titles in expected:
        assert found(raw) == titles, raw


def test_days_count_from_their_first_to_their_last_moment() -> None:
    for title, at in {"before": (2020, 2, 1, 23), "first": (2020, 2, 2, 0), "last": (2020, 2, 3, 23)}.items():
        make_file(
            video=make_video(title=title, recorded_at=datetime(*at, tzinfo=UTC), release_date=datetime(*at).date())
        )
    make_file(video=make_video(title="recent", recorded_at=timezone.now() - timedelta(days=6)))

    assert found(ask("recorded", "between", ["2020-02-02", "2020-02-03"])) == {"first", "last"}
    assert found(ask("released", "between", ["2020-02-02", "2020-02-02"])) == {"first"}
    assert found(ask("recorded", "since", "2020-02-03")) == {"last", "recent"}
    assert found(ask("released", "before", "2020-02-02")) == {"before"}
    assert found(ask("recorded", "last", 7)) == {"recent"}
    assert found(ask("released", "empty")) == {"recent"}


# ---- in words and in parts ----------------------------------------------------------------------------------------


def test_a_filter_is_said_in_words_with_as_many_queries_for_many_tags() -> None:
    tags = [Tag.objects.create(name=name) for name in ("Sea", "Dog")]
    whole = parse_filter(
        {
            "all": [
                ask("tag", "any", [tags[0].pk]),
                {"not": ask("tag", "all", [tags[1].pk, 999])},
                ask("duration", "gte", 5),
            ]
        }
    )

    with CaptureQueriesContext(connection) as asked:
        line = in_words(whole)

    assert line == "Tag: Sea, not Tag: Dog and something that is gone, Length at least 5 min"
    assert len(asked) == 1


def test_chips_take_conditions_off_and_turn_them_round() -> None:
    whole = parse_filter({"all": [ask("hdr", "is", True), {"any": [ask("width", "gte", 1), ask("width", "lte", 2)]}]})

    first, second = chips_of(whole)

    assert decode_filter(first.without) == parse_filter({"any": [ask("width", "gte", 1), ask("width", "lte", 2)]})
    assert decode_filter(first.negated).parts[0].is_negated
    assert decode_filter(second.parts[1].without) == parse_filter(
        {"all": [ask("hdr", "is", True), ask("width", "gte", 1)]}
    )
    assert decode_filter(second.other_mode) == parse_filter(
        {"all": [ask("hdr", "is", True), ask("width", "gte", 1), ask("width", "lte", 2)]}
    )


def test_a_condition_is_added_beside_another_as_an_alternative() -> None:
    hdr, wide = Condition("hdr", "is", True), Condition("width", "gte", 1)

    assert with_condition(EVERYTHING, hdr) == Group("all", (hdr,))
    assert with_condition(Group("all", (hdr,)), wide) == Group("all", (hdr, wide))
    assert with_condition(Group("all", (hdr,)), wide, mode="any") == Group("any", (hdr, wide))
    beside = with_condition(Group("all", (hdr, wide)), Condition("width", "lte", 9), path=path_of("1"), mode="any")
    assert beside == Group("all", (hdr, Group("any", (wide, Condition("width", "lte", 9)))))


def test_what_is_added_to_alternatives_is_one_more_demand() -> None:
    hdr, wide, tall = Condition("hdr", "is", True), Condition("width", "gte", 1), Condition("height", "gte", 1)

    assert with_condition(Group("any", (hdr, wide)), tall) == Group("all", (Group("any", (hdr, wide)), tall))
    assert with_condition(Group("all", (hdr, wide)), tall, mode="any") == Group(
        "any", (Group("all", (hdr, wide)), tall)
    )
    assert turned(Group("any", (hdr, wide))) == Group("all", (hdr, wide))


def test_every_facet_is_written_and_read_back() -> None:
    for facet in all_facets():
        assert facet.label
        assert facet.group
        assert facet.operator_words()
