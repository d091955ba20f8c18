"""The words that search looks in: folding, and the triggers that keep them."""

import random
import sys
import threading
import unicodedata

import pytest
from django.db import connection, transaction

from library.folding import fold
from library.models import Tag, TagAlias, Video, VideoFile, VideoTag, VideoText
from people.models import Creator, CreatorAlias, Credit, Studio, StudioAlias, VideoStudio
from tests.library.factories import make_file, make_video

pytestmark = pytest.mark.django_db


def in_sql(function: str, text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [text])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Straße_nach-Ærø.[2019](1080p).mp4", "strasse nach aero 2019 1080p mp4"),
        ("ÉLAN vital — Łódź", "elan vital lodz"),
        ("\uff26\uff35\uff2c\uff2c \ufb01ne ½", "full fine 1 2"),
        ("Ελλάδα ΌΔΟΣ", "ελλαδα οδοσ"),
        ("Ёлка й", "елка и"),
        ("東京タワー2", "東 京 タ ワ ー 2"),
        ("หนังไทย HD", "ห น ั ง ไ ท ย hd"),
        ("...", ""),
    ],
)
def test_accents_case_and_punctuation_are_folded(text: str, folded: str) -> None:
    assert in_sql("videothek_fold", text) == folded
    assert fold(text) == folded


def test_python_and_the_database_fold_every_letter_alike() -> None:
    letters = [
        chr(code)
        for code in [*range(1, 0x3500), *range(0xF900, 0x10000), 0x4E00, 0x9FFF, 0x20000, 0x2FA1D, 0xF0041, 0x1F600]
        if code < sys.maxunicode and unicodedata.category(chr(code)) not in ("Cn", "Cs")
    ]

    with connection.cursor() as cursor:
        cursor.execute("SELECT one, videothek_fold('a' || one || 'b') FROM unnest(%s::text[]) AS one", [letters])
        differing = {f"U+{ord(one):04X}": (sql, fold(f"a{one}b")) for one, sql in cursor if sql != fold(f"a{one}b")}

    assert differing == {}


def test_titles_sort_by_the_size_of_their_numbers_and_without_case_or_accents() -> None:
    for title in ("part 10", "Part 2", "Éclair", "apple", "Zebra", "!!!", "Part 2b"):
        make_video(title=title)

    titles = list(Video.objects.order_by("title_key").values_list("title", flat=True))

    assert titles == ["!!!", "apple", "Éclair", "Part 2", "Part 2b", "part 10", "Zebra"]


def words(video: Video) -> str:
    text = VideoText.objects.get(pk=video.pk)
    return " | ".join((text.title_text, text.own_text, text.file_text, text.tag_text, text.people_text))


def test_the_words_of_a_video_come_from_everywhere() -> None:
    video = make_video(title="Été", description="By the sea", original_file_name="DSC_0001.MOV")
    make_file(video=video, relative_path="2019/DSC_0001.MOV")
    beach = Tag.objects.create(name="Beach")
    TagAlias.objects.create(tag=beach, name="Strand")
    VideoTag.objects.create(video=video, tag=beach)
    ana = Creator.objects.create(name="Ana Ångström")
    Credit.objects.create(video=video, creator=ana)
    CreatorAlias.objects.create(creator=ana, name="Anna")
    VideoStudio.objects.create(video=video, studio=Studio.objects.create(name="Nordlys", short_name="NL"))

    assert (
        words(video)
        == "ete | by the sea dsc 0001 mov | 2019 dsc 0001 mov | beach strand | ana angstrom anna nordlys nl"
    )


def test_renames_and_the_trash_are_followed() -> None:
    video = make_video(title="A")
    tag = Tag.objects.create(name="Old")
    ana = Creator.objects.create(name="Ana")
    VideoTag.objects.create(video=video, tag=tag)
    Credit.objects.create(video=video, creator=ana)

    Tag.objects.filter(pk=tag.pk).update(name="New")
    Creator.objects.filter(pk=ana.pk).update(trashed_at=video.created_at)
    Video.objects.filter(pk=video.pk).update(title="B")

    assert words(video) == "b |  |  | new | "


def test_deleting_a_tag_or_a_video_takes_the_words_along() -> None:
    one, other = make_video(title="One"), make_video(title="Other")
    tag = Tag.objects.create(name="Beach")
    VideoTag.objects.bulk_create([VideoTag(video=one, tag=tag), VideoTag(video=other, tag=tag)])
    other.delete()

    tag.delete()

    assert words(one) == "one |  |  |  | "
    assert VideoText.objects.count() == 1


def test_a_text_too_long_for_the_index_is_cut_and_not_refused() -> None:
    rng = random.Random(7)
    description = " ".join(f"{rng.randrange(10**9):09d}" for _ in range(60_000))

    video = make_video(title="Long", description=description)

    assert len(words(video)) > 20_000


@pytest.mark.django_db(transaction=True)
def test_two_writers_of_one_video_both_leave_their_words() -> None:
    video = make_video(title="A")
    tags = [Tag.objects.create(name=name) for name in ("one", "two")]
    began = threading.Event()

    def write_second() -> None:
        began.wait(10)
        VideoTag.objects.create(video=video, tag=tags[1])
        connection.close()

    thread = threading.Thread(target=write_second)
    thread.start()
    with transaction.atomic():
        VideoTag.objects.create(video=video, tag=tags[0])
        began.set()
        _wait_for_a_lock()
    thread.join(20)

    assert VideoText.objects.get(pk=video.pk).tag_text == "one two"


def _wait_for_a_lock() -> None:
    """Until another connection waits for one of ours."""
    with connection.cursor() as cursor:
        for _ in range(2000):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.005)")
    raise AssertionError("nobody waited")


def test_a_bulk_write_costs_no_more_statements_than_one() -> None:
    tag = Tag.objects.create(name="Beach")
    videos = Video.objects.bulk_create([Video(title=f"Video {number}") for number in range(300)])

    VideoTag.objects.bulk_create([VideoTag(video=video, tag=tag) for video in videos])

    assert VideoText.objects.filter(tag_text="beach").count() == 300
    assert VideoFile.objects.count() == StudioAlias.objects.count() == 0
