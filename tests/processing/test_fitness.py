"""Which workers may begin, and what is said to the others."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.functions import Now

from processing import worker as worker_module
from processing.exceptions import FolderAwayError, WorkerUnfitError
from processing.media import hardware
from processing.media.encode.catalogue import Encoder, Family
from processing.media.encode.presets import Codec
from processing.media.encode.proving import Proof, prove_added, prove_hardware
from processing.models import WorkerProcess
from processing.services import fitness
from processing.services.fitness import check_worker, describe_worker
from processing.stages.files import load_file
from processing.worker import Worker
from tests.library.factories import make_file, make_folder

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _pictures(settings, tmp_path):
    """The library's folder of pictures, marked by a main worker."""
    settings.DERIVED_FOLDER = tmp_path / "derived"
    check_worker(describe_worker(["media"], is_main=True))


def about(*queues: str, **more) -> dict:
    """A worker on another machine."""
    return describe_worker(queues or ("media",), is_main=False) | more


def tell_main(**more) -> None:
    """A living main worker that says this of itself."""
    capabilities = describe_worker(["media"], is_main=True) | more
    WorkerProcess.objects.create(
        name="main:1", host="main", pid=1, queue="media", heartbeat_at=Now(), capabilities=capabilities
    )


def problem(told: dict) -> str:
    with pytest.raises(WorkerUnfitError) as caught:
        check_worker(told)
    return str(caught.value)


def test_a_worker_tells_what_it_can():
    told = describe_worker(["media", "maintenance"], is_main=False)

    assert told["queues"] == ["media", "maintenance"]
    assert told["cores"] >= 1 and told["ffmpeg"] and told["code"].startswith("0.")
    assert told["hardware"] == {"encoders": [], "cuda": [], "reasons": {}}


def test_one_that_is_like_the_main_one_may_begin(tmp_path):
    tell_main()
    folder = make_folder(path=tmp_path)
    (tmp_path / "a.mp4").write_bytes(b"x" * 10)
    make_file(folder=folder, path=tmp_path / "a.mp4")

    check_worker(about())


@pytest.mark.parametrize(
    ("main", "told"),
    [
        ({"code": "0.0.9-feed"}, "The main machine runs the code 0.0.9-feed, this one 0."),
        ({"secret": "other"}, "VIDEOTHEK_SECRET_KEY is another one"),
        ({"derived": "s3"}, "The main machine keeps pictures on s3"),
    ],
)
def test_one_that_differs_from_the_main_one_may_not(main, told):
    tell_main(**main)

    assert told in problem(about())


def test_what_a_dead_main_worker_said_does_not_count():
    tell_main(code="0.0.9-feed")
    WorkerProcess.objects.update(heartbeat_at="2020-01-01T00:00:00Z")

    check_worker(about())


def test_another_schema_is_refused_on_every_machine():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('library', '0999_to_come', now())")
    newer = problem(describe_worker(["media"], is_main=True))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name IN ('0999_to_come', '0004_scaleout')")
        cursor.execute("DELETE FROM django_migrations WHERE app = 'faces'")

    assert "newer release (it has library.0999_to_come)" in newer
    assert "older release" in problem(describe_worker(["media"], is_main=True))


def test_a_folder_that_is_not_here_is_named_with_what_to_do():
    make_folder(path="/srv/nowhere")

    assert "/srv/nowhere can't be read here (No such file or directory): mount it, or map its path" in problem(about())


def test_a_folder_that_holds_something_else_is_refused(tmp_path):
    make_file(folder=make_folder(path=tmp_path), relative_path="a.mp4", size_bytes=10)

    assert "holds other files here than the library knows there" in problem(about())


def test_a_folder_is_looked_for_where_the_map_says(settings, tmp_path):
    settings.PATH_MAP = (("/srv/films", str(tmp_path)),)
    (tmp_path / "a.mp4").write_bytes(b"x" * 10)
    make_file(folder=make_folder(path="/srv/films"), relative_path="a.mp4", size_bytes=10)

    check_worker(about())


def test_scans_are_refused_where_a_folder_lies_elsewhere(settings, tmp_path):
    settings.PATH_MAP = (("/srv/films", str(tmp_path)),)
    make_folder(path="/srv/films")

    assert "scans run only where a folder really is" in problem(about("media", "scan"))


def test_a_folder_that_was_switched_off_is_nobodys_business():
    make_folder(path="/srv/nowhere", is_active=False)

    check_worker(about())


def test_pictures_must_go_where_the_library_finds_them(settings, tmp_path):
    settings.DERIVED_FOLDER = tmp_path / "own"

    assert "own is not the library's folder of pictures" in problem(about())


def test_pictures_of_another_library_are_not_ours(settings):
    (settings.DERIVED_FOLDER / fitness.MARK).write_text("something else")

    assert "is not the library's folder of pictures" in problem(about())


# ---- graphics cards -------------------------------------------------------------------------------------------------
def test_the_gpu_queue_is_refused_on_another_machine_without_a_proven_card(monkeypatch):
    tried = Proof("h264_nvenc", True, "h264", "nvenc", False, False, "No device", 0.0, ())
    monkeypatch.setattr(fitness, "prove_hardware", lambda program: [tried])
    monkeypatch.setattr(fitness, "cuda_cards", lambda: ())

    assert "No graphics card was proven to work here" in problem(about("gpu"))
    assert "h264_nvenc: No device" in problem(about("gpu"))


def test_the_main_machine_converts_in_software_without_a_card():
    check_worker(describe_worker(["gpu"], is_main=True))


@pytest.mark.parametrize(("is_proven", "cards"), [(True, ()), (False, ("Card",))])
def test_a_proven_card_opens_it(monkeypatch, is_proven, cards):
    tried = Proof("h264_vaapi", True, "h264", "vaapi", is_proven, False, "" if is_proven else "No", 0.0, ())
    monkeypatch.setattr(fitness, "prove_hardware", lambda program: [tried])
    monkeypatch.setattr(fitness, "cuda_cards", lambda: cards)

    check_worker(about("gpu"))


def test_an_encoder_that_fails_is_not_proven_and_says_why(tmp_path):
    program = tmp_path / "ffmpeg"
    program.write_text('#!/bin/sh\necho "No card" >&2; exit 1\n')
    program.chmod(0o755)

    reasons = {proof.name: proof.reason for proof in prove_hardware(str(program))}

    assert reasons["h264_nvenc"] == reasons["av1_amf"] == "No card"
    assert not any("lib" in name for name in reasons)


def test_encoders_of_plugins_are_tried_by_encoding_and_told(monkeypatch):
    added = [Encoder(name, Codec.H264, Family.PLUGIN) for name in ("libopenh264", "no_such_encoder")]
    monkeypatch.setattr(fitness, "added_encoders", lambda: added)

    assert about("media")["plugin_encoders"] == ["libopenh264"]
    assert about("scan")["plugin_encoders"] == []


def test_without_a_program_or_a_driver_nothing_is_proven(monkeypatch):
    def missing(name):
        raise OSError

    monkeypatch.setattr("ctypes.CDLL", missing)

    added = [Encoder("libx", Codec.H264, Family.PLUGIN)]
    assert not any(proof.is_proven for proof in [*prove_hardware("/no/ffmpeg"), *prove_added("/no/ffmpeg", added)])
    assert hardware.cuda_cards() == ()
    assert hardware.ffmpeg_version("/no/ffmpeg") == ""


# ---- the command and the heartbeat ----------------------------------------------------------------------------------
def test_the_command_says_what_is_wrong_and_starts_nothing(monkeypatch):
    monkeypatch.delenv("VIDEOTHEK_STACK", raising=False)
    make_folder(path="/srv/nowhere")

    with pytest.raises(
        CommandError, match=r"This machine can't work for the library\. /srv/nowhere can't be read"
    ) as end:
        call_command("worker", queue=["media"])

    assert end.value.returncode == 2
    assert not WorkerProcess.objects.exists()


@pytest.fixture
def ended(monkeypatch):
    signals = []
    monkeypatch.setattr("os.kill", lambda pid, number: signals.append(number))
    monkeypatch.setattr(worker_module, "FITNESS_SECONDS", 0.0)
    return signals


@pytest.fixture
def remote(redis_connection):
    worker = Worker(["media"], connection=redis_connection)
    worker.about = about()
    return worker


def test_a_worker_whose_folder_goes_away_ends(remote, ended):
    remote._check_fitness()
    still = list(ended)
    make_folder(path="/srv/nowhere")

    remote._check_fitness()

    assert (still, len(ended)) == ([], 1)


def test_a_main_worker_is_not_asked_again(remote, ended):
    remote.about["is_main"] = True
    make_folder(path="/srv/nowhere")

    remote._check_fitness()

    assert ended == []


def test_what_it_tells_stands_in_its_row_and_in_the_admin(remote, admin_client, monkeypatch):
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)
    remote._tell()

    row = WorkerProcess.objects.get()
    page = admin_client.get(f"/admin/processing/workerprocess/{row.pk}/change/")

    assert row.capabilities["queues"] == ["media"]
    assert b"FFmpeg" in page.content


def test_a_file_of_a_folder_that_is_away_is_tried_again_later():
    file = make_file(folder=make_folder(path="/srv/nowhere"))

    with pytest.raises(FolderAwayError, match="/srv/nowhere can't be reached from") as caught:
        load_file(file.pk)

    assert caught.value.permanent is False
