"""Subtitle files beside a video: encodings, formats, names, and tricks. Without a database."""

import os
from pathlib import Path

import pytest

from library.models import Folder, VideoFile
from library.paths import encode_path
from playback.exceptions import SubtitleError
from playback.services.decisions import media_of
from playback.services.subtitles.encodings import decode_text
from playback.services.subtitles.listing import list_subtitles
from playback.services.subtitles.sidecars import MOST_BYTES, find_sidecars, read_sidecar
from playback.services.subtitles.vtt import MOST_CUES, to_vtt
from tests.playback.playing import film, sound, text

SRT = "1\n00:00:01,000 --> 00:00:02,500\n{}\n"
RUSSIAN = "Привет, как дела? Я не знаю, что сказать."
GREEK = "Καλημέρα, τι κάνεις; Δεν ξέρω τι να πω."  # noqa: RUF001
POLISH = "Cześć, jak się masz? Nie wiem, co powiedzieć. Źdźbło trawy, żółw."
FRENCH = "Ça va ? L’été où l’élève naît à Noël."
GERMAN = "Grüße aus Köln, schöne Straße, Äpfel und Öl."
TURKISH = "Günaydın, nasılsın? Şimdi gidiyorum, çocuğum."  # noqa: RUF001
HEBREW = "שלום, מה שלומך? אני לא יודע מה לומר."
JAPANESE = "こんにちは、お元気ですか。何を言えばいいのか分かりません。"
KOREAN = "안녕하세요, 어떻게 지내세요? 무슨 말을 해야 할지 모르겠어요."
CHINESE = "你好，我不知道该说什么。他在这里有一个大的地方。"  # noqa: RUF001


def at(path: Path, *, folder: Path | None = None, **columns: object) -> VideoFile:
    """The row of a file on disk, in no database."""
    root = folder or path.parent
    place = Folder(name="Films", path=encode_path(os.fspath(root)))
    return VideoFile(folder=place, relative_path=encode_path(os.path.relpath(path, root)), **columns)


# ---- encodings ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("words", "encoding", "language"),
    [
        (FRENCH, "utf-8", ""), (FRENCH, "utf-8-sig", ""), (RUSSIAN, "utf-16", ""), (RUSSIAN, "utf-16-le", ""),
        (FRENCH, "utf-16-be", ""), (JAPANESE, "utf-16", ""), (FRENCH, "utf-32", ""),
        (FRENCH, "cp1252", ""), (GERMAN, "latin-1", ""), (POLISH, "cp1250", ""), (TURKISH, "cp1254", ""),
        (RUSSIAN, "cp1251", ""), (GREEK, "cp1253", ""), (HEBREW, "cp1255", ""),
        (JAPANESE, "cp932", ""), (KOREAN, "cp949", ""), (CHINESE, "gb18030", ""),
        (POLISH, "cp1250", "pl"), (RUSSIAN, "cp1251", "ru"), (GERMAN, "cp1252", "de"), (TURKISH, "cp1254", "tr"),
        ("Only ASCII.", "ascii", ""),
    ],
)  # fmt: skip
def test_the_encoding_is_found_out(words: str, encoding: str, language: str) -> None:
    raw = SRT.format(words).replace("\n", "\r\n").encode(encoding)

    assert decode_text(raw, language=language) == SRT.format(words)


def test_a_wrong_language_in_the_name_does_no_harm_to_unicode() -> None:
    assert decode_text(RUSSIAN.encode(), language="ja") == RUSSIAN


def test_bytes_that_are_no_text_never_raise() -> None:
    for raw in (b"", b"\xff", bytes(range(256)) * 40, b"\x00" * 100, b"\xff\xfe\x00"):
        assert "\x00" not in decode_text(raw)


# ---- formats --------------------------------------------------------------------------------------------------------
def test_srt_becomes_webvtt() -> None:
    source = (
        "1\n00:00:01,000 --> 00:00:02,500\n<i>Hello</i> <font color=red>red</font> & <b>bold</b>\nsecond line\n\n"
        "2\n01:00:03,000 --> 01:00:04,000\n{\\an8}On top\n\n3\n00:00:09,000 --> 00:00:08,000\nbackwards\n"
    )

    assert to_vtt(source, format="srt") == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<i>Hello</i> red &amp; <b>bold</b>\nsecond line\n\n"
        "01:00:03.000 --> 01:00:04.000 line:0\nOn top\n"
    )


ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,20,&H00FFFFFF,&H000000FF,&H00000000,&H00000000,-1,0,0,0,100,100,0,0,1,2,2,2,10,10,10,1
Style: Sign,Arial,20,&H00FFFFFF,&H000000FF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,2,2,8,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,Later
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,Plain {\\i1}slanted{\\i0}\\Nnext, with comma
Dialogue: 0,0:00:01.00,0:00:02.00,Sign,,0,0,0,,A sign
Dialogue: 1,0:00:01.00,0:00:02.00,Sign,,0,0,0,,{\\blur3}A sign
Dialogue: 0,0:00:03.00,0:00:04.00,Sign,,0,0,0,,{\\p1}m 0 0 l 100 0 100 100{\\p0}
Comment: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,a note
"""


def test_ass_keeps_its_words_in_order_without_drawings_and_doubles() -> None:
    assert to_vtt(ASS, format="ass") == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nPlain <i>slanted</i>\nnext, with comma\n\n"
        "00:00:01.000 --> 00:00:02.000 line:0\nA sign\n\n00:00:05.000 --> 00:00:06.000\nLater\n"
    )


def test_an_ending_may_lie() -> None:
    assert to_vtt(ASS, format="srt") == to_vtt(ASS, format="ass")


def test_a_damaged_line_of_ass_costs_only_itself() -> None:
    damaged = ASS.replace("Dialogue: 0,0:00:05.00", "Dialogue: 0,soon")

    assert "A sign" in to_vtt(damaged, format="ass")
    assert "Later" not in to_vtt(damaged, format="ass")


def test_ssa_is_read_too() -> None:
    source = (
        "[Script Info]\nScriptType: v4.00\n\n[V4 Styles]\n\n[Events]\n"
        "Format: Marked, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Dialogue: Marked=0,0:00:01.00,0:00:02.00,*Default,,0000,0000,0000,,Old {\\a6}words\n"
    )

    assert to_vtt(source, format="ssa") == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000 line:0\nOld words\n"


def test_webvtt_stays_as_it_is_and_gets_its_header_where_it_lacks_one() -> None:
    whole = "WEBVTT - by somebody\n\nSTYLE\n::cue { color: lime }\n\n00:01.000 --> 00:02.000 align:left\n<v Ann>Hi\n"

    assert to_vtt(f"\ufeff{whole}", format="vtt") == whole
    assert to_vtt("00:01.000 --> 00:02.000\nHi\n", format="vtt") == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHi\n"


def test_words_cannot_pose_as_marks_or_end_a_cue() -> None:
    source = SRT.format("a <3 --> c & {\\i1}\\N\\N<script>alert(1)</script>x")

    vtt = to_vtt(source, format="srt")

    assert vtt.count("-->") == 1
    assert "<script>" not in vtt
    assert "a &lt;3 --&gt; c &amp;\n<i>alert(1)x</i>\n" in vtt
    assert "\n\n" not in vtt.partition("-->")[2].strip("\n")


@pytest.mark.parametrize(
    "junk", ["", "just words", "\x7fELF binary", "[Events]\n", "1\n00:00:01,000 --> 00:00:02,000\n\n"]
)
def test_what_holds_no_subtitles_is_refused_with_a_sentence(junk: str) -> None:
    for format in ("srt", "ass", "vtt"):
        with pytest.raises(SubtitleError, match=r"\.$"):
            to_vtt(junk, format=format)


def test_more_lines_than_any_film_has_are_cut_off() -> None:
    lines = "".join(
        f"{n}\n{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02},000 --> {n // 3600:02}:{n // 60 % 60:02}:{n % 60:02},900\n"
        f"line {n}\n\n"
        for n in range(MOST_CUES + 50)
    )

    assert to_vtt(lines, format="srt").count("-->") == MOST_CUES


# ---- names ----------------------------------------------------------------------------------------------------------
def test_the_files_beside_a_video_are_found_by_name(tmp_path: Path) -> None:
    names = [
        "Film.srt", "Film.en.srt", "Film.eng.forced.ass", "Film.de.sdh.VTT", "Film.pt-BR.ssa", "Film.hi.srt",
        "Film.en.hi.srt", "Film.Director's cut.srt", "Film.default.fr.srt",
    ]  # fmt: skip
    others = ["Film 2.srt", "film.srt", "Film.sub", "Film.en.txt", "Other.srt", "Film.nfo", "xFilm.srt", "Film"]
    for name in [*names, *others]:
        (tmp_path / name).write_text("x")
    (tmp_path / "Film.mkv").write_text("x")

    found = {one.name: one for one in find_sidecars(at(tmp_path / "Film.mkv"))}

    assert sorted(found) == sorted(names)
    assert found["Film.eng.forced.ass"].is_forced
    assert found["Film.eng.forced.ass"].language == "eng"
    assert found["Film.de.sdh.VTT"].is_hearing_impaired
    assert found["Film.de.sdh.VTT"].format == "vtt"
    assert (found["Film.hi.srt"].language, found["Film.hi.srt"].is_hearing_impaired) == ("hi", False)
    assert (found["Film.en.hi.srt"].language, found["Film.en.hi.srt"].is_hearing_impaired) == ("en", True)
    assert found["Film.Director's cut.srt"].title == "Director's cut"
    assert found["Film.default.fr.srt"].is_default
    assert len({one.id for one in found.values()}) == len(names)


def test_subtitles_of_another_video_that_begins_alike_are_its_own(tmp_path: Path) -> None:
    for name in ("Film.mkv", "Film.Extras.mp4", "Film.Extras.en.srt", "Film.en.srt", "Film.Extras.srt"):
        (tmp_path / name).write_text("x")

    assert [one.name for one in find_sidecars(at(tmp_path / "Film.mkv"))] == ["Film.en.srt"]
    assert len(find_sidecars(at(tmp_path / "Film.Extras.mp4"))) == 2


def test_names_may_be_any_bytes(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path)
    for name in (b"F\xfclm.mkv", b"F\xfclm.en.srt", b"F\xfclm.\xff.srt"):
        Path(os.fsdecode(raw + b"/" + name)).write_text(SRT.format("Hi"))
    file = at(Path(os.fsdecode(raw + b"/F\xfclm.mkv")))

    found = find_sidecars(file)

    assert [read_sidecar(file, one) for one in found] == [SRT.format("Hi").encode()] * 2
    assert all(one.title.encode() is not None for one in found)


def test_the_list_says_it_in_words_and_marks_one(tmp_path: Path) -> None:
    for name in ("Film.mkv", "Film.en.srt", "Film.eng.forced.srt", "Film.srt"):
        (tmp_path / name).write_text("x")
    embedded = [
        text(index=2, language="ger", is_default=True, title="Deutsch (SDH)", is_hearing_impaired=True),
        text("ass", index=3, language="eng"),
        text("hdmv_pgs_subtitle", index=4, language="eng", is_forced=True, is_default=True),
        text("dvb_teletext", index=5),
        text(index=6),
    ]
    file = at(tmp_path / "Film.mkv", container="matroska", streams=[sound(language="eng"), *embedded])
    media = media_of(file)

    tracks = list_subtitles(file, media, sound=media.default_sound, languages=("en",))

    assert [(track.label, track.kind) for track in tracks] == [
        ("German · Deutsch (SDH)", "text"),
        ("English", "text"),
        ("English · forced · picture", "bitmap"),
        ("Subtitles", "text"),
        ("English 2", "text"),
        ("English · forced", "text"),
        ("Subtitles 2", "text"),
    ]
    assert [track.label for track in tracks if track.is_chosen] == ["English · forced"]
    assert [track.language for track in tracks] == ["de", "en", "en", "", "en", "en", ""]


@pytest.mark.parametrize(
    ("heard", "viewer", "wished", "chosen"),
    [
        ("jpn", ("de", "en"), None, "e2"), ("jpn", ("fr",), None, None), ("ger", ("de",), None, None),
        (None, ("de",), None, None), ("jpn", ("de",), "off", None), ("ger", ("de",), "e3", "e3"),
        ("jpn", ("de",), "e9", None),
    ],
)  # fmt: skip
def test_marked_subtitles_show_when_the_viewer_reads_them_and_does_not_understand_the_sound(
    tmp_path: Path, heard: str | None, viewer: tuple[str, ...], wished: str | None, chosen: str | None
) -> None:
    streams = [text(index=2, language="ger", is_default=True), text(index=3, language="eng"), sound(language=heard)]
    file = film("matroska", *streams, folder=Folder(path=str(tmp_path)), relative_path="Film.mkv")
    media = media_of(file)

    tracks = list_subtitles(file, media, wished=wished, sound=media.default_sound, languages=viewer)

    assert [track.id for track in tracks if track.is_chosen] == ([chosen] if chosen else [])


# ---- tricks ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("relative", ["../secret/Film.mkv", "/etc/Film.mkv", "a/../../Film.mkv", ""])
def test_a_row_that_leads_out_of_its_folder_has_none(tmp_path: Path, relative: str) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "Film.srt").write_text(SRT.format("secret"))
    (tmp_path / "library").mkdir()
    file = VideoFile(folder=Folder(path=str(tmp_path / "library")), relative_path=relative)

    assert find_sidecars(file) == []


def test_a_link_within_the_folder_is_followed_and_one_that_leads_out_is_not(tmp_path: Path) -> None:
    library, outside = tmp_path / "library", tmp_path / "outside"
    (library / "subs").mkdir(parents=True)
    outside.mkdir()
    (library / "subs" / "english.srt").write_text("inside")
    (library / "subs" / "notes.txt").write_text("no subtitles")
    (outside / "secret.srt").write_text("secret")
    (library / "Film.en.srt").symlink_to("subs/english.srt")
    (library / "Film.de.srt").symlink_to(outside / "secret.srt")
    (library / "Film.fr.srt").symlink_to("../outside/secret.srt")
    (library / "Film.it.srt").symlink_to("subs/notes.txt")
    (library / "Film.es.srt").symlink_to("nowhere.srt")
    (library / "Film.nl.srt").symlink_to("Film.nl.srt")
    file = at(library / "Film.mkv")
    read = {}

    for sidecar in find_sidecars(file):
        try:
            read[sidecar.language] = read_sidecar(file, sidecar)
        except SubtitleError as error:
            read[sidecar.language] = str(error)

    assert read["en"] == b"inside"
    assert "link to a place outside" in read["de"]
    assert "link to a place outside" in read["fr"]
    assert "link to a place outside" in read["it"]
    assert "can't be read" in read["es"]
    assert "can't be read" in read["nl"]


def test_pipes_folders_and_huge_files_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "Film.en.srt")
    (tmp_path / "Film.de.srt").mkdir()
    with (tmp_path / "Film.fr.srt").open("wb") as huge:
        huge.truncate(MOST_BYTES + 1)
    file = at(tmp_path / "Film.mkv")

    for sidecar, words in zip(find_sidecars(file), ("no file", "no file", "larger than"), strict=True):
        with pytest.raises(SubtitleError, match=words):
            read_sidecar(file, sidecar)
