"""Segments as players get them: they join without gap or overlap, whichever FFmpeg made them."""

import io
import itertools
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from processing.media.probe import probe
from processing.media.stream import plan as planning
from processing.media.stream.cutter import INIT
from processing.media.stream.errors import FewKeyframesError
from processing.media.stream.plan import Index, plan_copied, plan_encoded
from tests import media_factory as factory
from tests.bitmap_subtitles import make_subtitled_film, words
from tests.processing.media.streaming import all_pieces, make_job, make_parts, pieces, plan_of

B_FRAMES = ("-bf", "3", "-preset", "veryfast")
OPEN = (*B_FRAMES, "-x264-params", "open-gop=1")
SECONDS = 5.2
FRAME = 1 / 25 + 1e-6


@pytest.fixture(autouse=True)
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "COPY_SECONDS", 1.5)
    monkeypatch.setattr(planning, "ENCODE_SECONDS", 1.0)


def film(name: str, **options) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        wanted = {"seconds": SECONDS, "size": "96x64", "gop": 25, "audio": "aac", "extra": B_FRAMES, **options}
        return factory.make_video(folder / name, **wanted)

    return make


def lavfi_film(name: str, video: str, audio: str, *options: str) -> Callable[[Path], Path]:
    """A film of two sources of FFmpeg's."""
    sources = ("-f", "lavfi", "-i", video, "-f", "lavfi", "-i", audio)
    encode = ("-c:v", "libx264", "-g", "25", "-sc_threshold", "0", "-pix_fmt", "yuv420p", *B_FRAMES)
    return lambda folder: factory.run_ffmpeg(folder / name, *sources, *encode, *options)


PICTURE = f"testsrc2=s=96x64:r=25:d={SECONDS}"
FILMS = {
    "mp4": film("film.mp4"),
    "mkv": film("film.mkv"),
    "mkv, opus": film("opus.mkv", audio="opus"),
    "mkv, AC-3": lavfi_film("ac3.mkv", PICTURE, f"sine=d={SECONDS}", "-c:a", "ac3"),
    "open groups": film("open.mkv", extra=OPEN),
    "hevc": film("hevc.mkv", codec="hevc", extra=("-preset", "fast")),
    "ts": film("film.ts"),
    "avi": film("film.avi", codec="mpeg4", audio="mp3", extra=()),
    "uneven": lavfi_film(
        "uneven.mkv", f"{PICTURE},select='not(between(mod(n\\,7)\\,2\\,4))'", f"sine=d={SECONDS}", "-fps_mode", "vfr"
    ),
    "short sound": lavfi_film("short.mkv", PICTURE, "sine=d=2.5"),
    "long sound": lavfi_film("long.mkv", PICTURE, f"sine=d={SECONDS + 4}"),
    "late sound": lavfi_film("late.mkv", PICTURE, f"sine=d={SECONDS},asetpts=PTS+1.3/TB"),
    "no sound": film("silent.mp4", audio=None),
}
WAYS = [
    *((name, "copy", "encode") for name in FILMS if name != "avi"),
    *((name, "copy", "copy") for name in ("mp4", "ts", "mkv")),
    *((name, "encode", "encode") for name in ("ts", "avi", "uneven", "long sound")),
]


@pytest.mark.parametrize(("name", "video", "audio"), WAYS)
def test_segments_are_what_the_playlist_says_and_join_without_a_gap_wherever_a_run_begins(
    tmp_path: Path, name: str, video: str, audio: str
) -> None:
    job = make_job(FILMS[name](tmp_path), video=video, audio=audio)
    plan = plan_of(job)
    # Sound that is copied may move within a millisecond.
    slack = 0.0011 if audio == "copy" else 1e-6

    parts = make_parts(job, plan)
    begun_later = {first: make_parts(job, plan, first=first) for first in (1, len(plan) - 1)}

    shown = list(all_pieces(parts, "video"))
    assert len(plan) >= 3
    assert [number for number, _ in shown] == list(range(len(shown)))
    for number, piece in shown:
        assert piece.starts_with_key
        assert piece.shown[0] == pytest.approx(piece.begin, abs=1e-6)
        assert piece.begin == pytest.approx(plan.starts[number], abs=FRAME)
        if number != shown[-1][0]:
            assert piece.end - piece.begin == pytest.approx(plan.stop(number) - plan.starts[number], abs=FRAME)
    for kind in ("video", "audio"):
        row = [piece for _, piece in all_pieces(parts, kind)]
        for piece, following in itertools.pairwise(row):
            assert following.begin == pytest.approx(piece.end, abs=slack)
    last = max(piece.end for kind in ("video", "audio") for _, piece in all_pieces(parts, kind))
    assert last == pytest.approx(plan.end, abs=2 * FRAME)
    for first, later in begun_later.items():
        assert min(number for number in later if number != INIT) == first
        expected, found = pieces(parts[INIT], parts[first]), pieces(parts[INIT], later[first])
        assert set(found) == set(expected)
        for kind, piece in expected.items():
            # At the end of the film the last frame of sound may be a few samples, or none.
            count = len(piece.shown) if first + 1 < len(plan) or kind == "video" else len(piece.shown) - 1
            assert found[kind].shown[:count] == pytest.approx(piece.shown[:count], abs=slack)
            assert found[kind].begin == pytest.approx(piece.begin, abs=slack)
        if video == "copy" and "video" in expected:
            assert found["video"].data == expected["video"].data


@pytest.mark.parametrize(("name", "video"), [("mkv, AC-3", "copy"), ("hevc", "copy"), ("ts", "encode")])
def test_parts_of_different_runs_decode_to_the_whole_film(tmp_path: Path, name: str, video: str) -> None:
    job = make_job(FILMS[name](tmp_path), video=video)
    plan = plan_of(job)
    init = make_parts(job, plan)[INIT]

    stream = init + b"".join(make_parts(job, plan, first=number)[number] for number in range(len(plan)))

    with av.open(io.BytesIO(stream)) as container:
        pictures = [frame.pts for frame in container.decode(video=0)]
    with av.open(io.BytesIO(stream)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        seconds = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
    assert len(pictures) == pytest.approx(SECONDS * 25, abs=1)
    assert len(set(pictures)) == len(pictures)
    assert seconds == pytest.approx(SECONDS, abs=0.06)


def test_h264_of_open_groups_has_no_picture_that_needs_the_segment_before(tmp_path: Path) -> None:
    job = make_job(FILMS["open groups"](tmp_path), audio="none")
    plan = plan_of(job)

    shown = list(all_pieces(make_parts(job, plan), "video"))

    assert all(piece.key_shown == piece.shown[0] == pytest.approx(plan.starts[at], abs=1e-3) for at, piece in shown)
    # It would be more without: the film has them.
    assert sum(len(piece.shown) for _, piece in shown) < SECONDS * 25


def test_a_turned_picture_comes_out_upright(tmp_path: Path) -> None:
    job = make_job(factory.make_video(tmp_path / "turned.mp4", seconds=1, size="96x64", rotation=90), video="encode")

    parts = make_parts(job, plan_of(job))

    with av.open(io.BytesIO(parts[INIT] + parts[0])) as container:
        frame = next(container.decode(video=0))
    assert (frame.width, frame.height) == (64, 96)


def test_a_smaller_height_counts_for_the_shorter_side(tmp_path: Path) -> None:
    path = factory.make_video(tmp_path / "film.mp4", seconds=1, size="320x180")
    job = make_job(path, video="encode", height=90)

    parts = make_parts(job, plan_of(job))

    with av.open(io.BytesIO(parts[INIT] + parts[0])) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (160, 90)


def test_hdr_becomes_sdr(tmp_path: Path) -> None:
    job = make_job(factory.make_hdr_video(tmp_path / "hdr.mp4"), video="encode", tonemaps=True)

    parts = make_parts(job, plan_of(job))

    with av.open(io.BytesIO(parts[INIT] + parts[0])) as container:
        frame = next(container.decode(video=0))
        # BT.709, as ITU-T H.273 numbers it.
        assert container.streams.video[0].codec_context.color_trc == 1
    # The reference white of HDR is a light grey.
    assert 150 < frame.to_ndarray(format="gray").mean() < 256


def combs(frame: av.VideoFrame) -> float:
    """How much neighbouring lines differ while those two apart are alike."""
    lines = frame.to_ndarray(format="gray").astype(float)
    return float(np.clip(abs(lines[1:-1] - lines[2:]) - abs(lines[:-2] - lines[2:]), 0, None).mean())


@pytest.mark.parametrize("codec", ["mpeg2", "h264"])
def test_interlaced_pictures_are_deinterlaced(tmp_path: Path, codec: str) -> None:
    # A white pillar that moves on from field to field.
    moving = "nullsrc=s=192x128:r=50:d=2,geq=lum='if(lt(mod(X-T*200\\,96)\\,24)\\,235\\,16)':cb=128:cr=128"
    fields = ("-vf", "tinterlace=mode=interleave_top,setfield=tff", "-flags", "+ilme+ildct", "-field_order", "tt")
    encoder = factory.ENCODERS[codec] + (("-x264-params", "tff=1:interlaced=1") if codec == "h264" else ())
    path = factory.run_ffmpeg(tmp_path / "fields.mkv", "-f", "lavfi", "-i", moving, *fields, *encoder)
    job = make_job(path, video="encode")
    plan = plan_of(job)

    parts = make_parts(job, plan)

    with av.open(str(path)) as container:
        before = combs(list(container.decode(video=0))[12])
    with av.open(io.BytesIO(parts[INIT] + parts[0])) as container:
        after = combs(list(container.decode(video=0))[12])
    assert plan.is_interlaced
    assert before > 10
    assert after < before / 10


@pytest.mark.parametrize(("name", "codec"), [("pgs.mkv", "copy"), ("dvd.mkv", "dvdsub"), ("dvb.ts", "dvbsub")])
def test_bitmap_subtitles_are_drawn_into_the_picture_wherever_a_run_begins(
    tmp_path: Path, name: str, codec: str
) -> None:
    path = make_subtitled_film(tmp_path / name, codec=codec, shown=(1.0, 4.0), seconds=6)
    subtitle = next(one.index for one in probe(str(path)).streams if one.kind == "subtitle")
    job = make_job(path, video="encode", burns_subtitle=subtitle)
    plan = plan_of(job)

    parts = make_parts(job, plan)
    begun_later = make_parts(job, plan, first=3)

    seen = {number: picture_of(parts, number) for number in (0, 2, 3, 5)} | {-3: picture_of(begun_later, 3)}
    shown = {number: picture[words()].mean() > 150 for number, picture in seen.items()}
    assert shown == {0: False, 2: True, 3: True, 5: False, -3: True}
    # Letters, not a box: between them it is as black as ever.
    assert seen[2][~words()].mean() < 20


def picture_of(parts: dict[int, bytes], number: int) -> NDArray[np.uint8]:
    """What is shown in the middle of a segment."""
    with av.open(io.BytesIO(parts[INIT] + parts[number])) as container:
        frames = list(container.decode(video=0))
    return frames[len(frames) // 2].to_ndarray(format="gray")


def test_sound_alone_is_streamed_too(tmp_path: Path) -> None:
    path = factory.make_audio(tmp_path / "sound.mp3", seconds=4, codec="mp3")
    job = make_job(path, video="none")
    plan = plan_of(job)

    parts = make_parts(job, plan)

    row = [piece for _, piece in all_pieces(parts, "audio")]
    assert len(row) == len(plan) > 1
    assert all(one.end == pytest.approx(other.begin, abs=1e-6) for one, other in itertools.pairwise(row))


def test_a_file_with_too_few_keyframes_is_refused_with_a_sentence() -> None:
    with pytest.raises(FewKeyframesError, match="too few keyframes"):
        plan_copied(Index(0.0, 900.0, 900.0, (0.0, 400.0)))


def test_a_playlist_tells_every_segment_and_its_length() -> None:
    text = plan_encoded(Index(0.0, 2.6, 2.6), frame_rate=30000 / 1001).playlist()

    assert text.splitlines()[-7:] == [
        "#EXTINF:1.001000,", "0.m4s", "#EXTINF:1.001000,", "1.m4s", "#EXTINF:0.598000,", "2.m4s", "#EXT-X-ENDLIST"
    ]  # fmt: skip
    assert "#EXT-X-TARGETDURATION:2" in text
