"""Derived files in a bucket: a local server that speaks S3."""

import io
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from moto.server import ThreadedMotoServer

from config.paths import PROJECT_ROOT
from library.models import VideoFile
from processing.bucket import BucketStorage
from processing.exceptions import StorageUnavailableError
from processing.models import Job, Storyboard, Thumbnail
from processing.services import derived_move
from processing.services.frames import make_pictures
from processing.services.trashed import forget_pictures
from processing.services.upkeep import remake_lost_pictures
from processing.storage import DerivedStorage, presence
from tests.config.stacks import environment_for
from tests.library.factories import make_file, make_folder, make_user
from tests.media_factory import make_video as make_film

KEYS = {"access_key": "someone", "secret_key": "something", "region": "us-east-1"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(server: str, request: pytest.FixtureRequest) -> BucketStorage:
    """An empty bucket of the test's own."""
    name = f"b{abs(hash(request.node.nodeid)):x}"[:40]
    storage = BucketStorage(bucket=name, prefix="derived", endpoint=server, **KEYS)
    storage._client.create_bucket(Bucket=name)
    return storage


@pytest.fixture
def in_use(bucket: BucketStorage, settings, monkeypatch) -> BucketStorage:
    """The bucket is where derived files go."""
    settings.DERIVED_STORAGE = "s3"
    settings.S3_BUCKET = bucket.bucket
    monkeypatch.setitem(vars(storages)["_storages"], "derived", bucket)
    for model, fields in ((Thumbnail, ("small", "large")), (Storyboard, ("sprite", "vtt"))):
        for field in fields:
            monkeypatch.setattr(model._meta.get_field(field), "storage", bucket)
    return bucket


@pytest.fixture
def viewer(client: Client, db) -> Client:
    client.force_login(make_user())
    return client


def put(storage, **files: bytes) -> None:
    for name, content in files.items():
        storage.save(f"frames/0000/1/{name.replace('_', '.')}", ContentFile(content))


def content(storage, name: str) -> bytes:
    with storage.open(name) as stream:
        return stream.read()


def body(response) -> bytes:
    return b"".join(response.streaming_content)


# ---- the storage ----------------------------------------------------------------------------------------------------
def test_what_was_saved_is_read_back_and_lies_below_the_prefix(bucket):
    name = bucket.save("frames/a.webp", ContentFile(b"picture"))

    with bucket.open(name) as stream:
        assert (stream.read(), stream.size) == (b"picture", 7)
    assert (bucket.exists(name), bucket.size(name)) == (True, 7)
    assert [one["Key"] for one in bucket._client.list_objects_v2(Bucket=bucket.bucket)["Contents"]] == [
        "derived/frames/a.webp"
    ]


def test_an_object_knows_its_type_and_that_it_never_changes(bucket):
    bucket.save("a.webp", ContentFile(b"1"))
    bucket.save("a.vtt", ContentFile(b"WEBVTT"))

    heads = [bucket._client.head_object(Bucket=bucket.bucket, Key=f"derived/a.{kind}") for kind in ("webp", "vtt")]

    assert [head["ContentType"] for head in heads] == ["image/webp", "text/vtt; charset=utf-8"]
    assert {head["CacheControl"] for head in heads} == {"private, max-age=31536000, immutable"}


def test_saving_again_replaces_and_a_file_that_was_read_from_is_sent_whole(bucket):
    bucket.save("a.webp", ContentFile(b"old and long"))
    stream = io.BytesIO(b"new")
    stream.read(2)

    bucket.save("a.webp", stream)

    assert content(bucket, "a.webp") == b"new"


def test_what_is_not_there(bucket):
    assert not bucket.exists("no.webp")
    bucket.delete("no.webp")
    for look in (bucket.open, bucket.size, bucket.fetch):
        with pytest.raises(FileNotFoundError):
            look("no.webp")


def test_listing_gives_names_and_sizes_below_a_prefix_only(bucket):
    put(bucket, b_webp=b"22", a_webp=b"1")
    bucket.save("frames/0001/9/c.webp", ContentFile(b"333"))

    assert list(bucket.names("frames/0000/")) == [("frames/0000/1/a.webp", 1), ("frames/0000/1/b.webp", 2)]
    assert len(list(bucket.names())) == 3


def test_folders_and_times_are_told_as_by_a_disk(bucket):
    put(bucket, b_webp=b"22", a_webp=b"1")
    bucket.save("frames/top.webp", ContentFile(b"333"))

    assert bucket.listdir("frames") == (["0000"], ["top.webp"])
    assert bucket.listdir("frames/0000/1") == ([], ["a.webp", "b.webp"])
    assert bucket.listdir("") == (["frames"], [])
    assert timezone.now() - bucket.get_modified_time("frames/top.webp") < timedelta(minutes=1)
    with pytest.raises(FileNotFoundError):
        bucket.listdir("nowhere")


def test_asking_for_many_lists_their_folder_once(bucket, monkeypatch):
    put(bucket, a_webp=b"1", b_webp=b"2")
    asked: list[str] = []
    monkeypatch.setattr(bucket, "size", asked.append)

    is_there = presence(bucket)

    assert is_there("frames/0000/1/a.webp") and is_there("frames/0000/1/b.webp")
    assert asked == []


def test_what_came_after_the_listing_is_there_all_the_same(bucket):
    is_there = presence(bucket)
    before = is_there("frames/0000/1/a.webp")
    put(bucket, a_webp=b"1")

    assert (before, is_there("frames/0000/1/a.webp")) == (False, True)


def test_a_bucket_that_is_away_is_a_sentence_and_worth_another_try():
    storage = BucketStorage(bucket="b", endpoint="http://127.0.0.1:9", **KEYS)

    with pytest.raises(StorageUnavailableError, match=r"can't be reached .* check VIDEOTHEK_S3_ENDPOINT") as caught:
        storage.save("a.webp", ContentFile(b"1"))

    assert caught.value.permanent is False


def test_a_bucket_that_does_not_exist_is_a_sentence(server):
    with pytest.raises(StorageUnavailableError, match=r"refuses the bucket nowhere \(NoSuchBucket\)"):
        BucketStorage(bucket="nowhere", endpoint=server, **KEYS).save("a.webp", ContentFile(b"1"))


# ---- what pages get -------------------------------------------------------------------------------------------------
def test_a_picture_is_passed_on_as_from_the_disk(in_use, viewer):
    put(in_use, a_webp=b"picture")

    response = viewer.get(in_use.url("frames/0000/1/a.webp"))

    assert in_use.url("frames/0000/1/a.webp") == "/derived/frames/0000/1/a.webp"
    assert (response.status_code, body(response)) == (200, b"picture")
    assert response["Content-Type"] == "image/webp"
    assert response["Content-Length"] == "7"
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("asked", "status", "part", "told"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=50-", 416, b"", "bytes */10"),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
    ],
)
def test_a_clip_is_passed_on_in_parts(in_use, viewer, asked, status, part, told):
    put(in_use, a_mp4=b"0123456789")

    response = viewer.get("/derived/frames/0000/1/a.mp4", headers={"Range": asked})

    assert (response.status_code, body(response), response.get("Content-Range")) == (status, part, told)


def test_an_open_range_is_cut_so_that_no_player_holds_a_thread(in_use, viewer):
    put(in_use, a_mp4=b"x" * (3 * 1024 * 1024))

    response = viewer.get("/derived/frames/0000/1/a.mp4", headers={"Range": "bytes=0-"})

    assert len(body(response)) == 2 * 1024 * 1024


def test_the_headers_alone_fetch_nothing(in_use, viewer):
    put(in_use, a_webp=b"picture")

    response = viewer.head("/derived/frames/0000/1/a.webp")

    assert (response.status_code, response["Content-Length"], response.content) == (200, "7", b"")


def test_a_redirect_leads_to_a_signed_address_that_needs_no_login(in_use, viewer, settings):
    settings.S3_DELIVERY = "redirect"
    settings.S3_URL_SECONDS = 120
    put(in_use, a_webp=b"picture")

    response = viewer.get("/derived/frames/0000/1/a.webp")

    assert response.status_code == 302
    assert "X-Amz-Expires=120" in response["Location"]
    assert response["Cache-Control"] == "private, max-age=60"
    with urllib.request.urlopen(response["Location"]) as direct:
        assert (direct.read(), direct.headers["Content-Type"]) == (b"picture", "image/webp")


def test_subtitles_are_passed_on_even_then(in_use, viewer, settings):
    settings.S3_DELIVERY = "redirect"
    put(in_use, a_vtt=b"WEBVTT")

    response = viewer.get("/derived/frames/0000/1/a.vtt")

    assert (response.status_code, body(response)) == (200, b"WEBVTT")


@pytest.mark.parametrize("delivery", ["proxy", "redirect"])
def test_nobody_gets_anything_without_a_login(in_use, client, settings, delivery):
    settings.S3_DELIVERY = delivery
    put(in_use, a_webp=b"picture")

    response = client.get("/derived/frames/0000/1/a.webp")

    assert response["Location"].startswith("/login/")


@pytest.mark.parametrize("path", ["frames/no.webp", "secret.txt", "../other/a.webp", "/a.webp"])
def test_what_is_no_derived_file_is_not_found(in_use, viewer, path):
    in_use._client.put_object(Bucket=in_use.bucket, Key="derived/secret.txt", Body=b"secret")
    in_use._client.put_object(Bucket=in_use.bucket, Key="other/a.webp", Body=b"secret")

    assert viewer.get(f"/derived/{path}").status_code == 404


def test_a_bucket_that_is_away_is_no_broken_page(in_use, viewer, monkeypatch):
    gone = BucketStorage(bucket="b", endpoint="http://127.0.0.1:9", **KEYS)
    monkeypatch.setitem(vars(storages)["_storages"], "derived", gone)

    response = viewer.get("/derived/a.webp")

    assert (response.status_code, response["Cache-Control"]) == (503, "no-store")
    assert b"127.0.0.1" not in response.content


# ---- a file's pictures ----------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    return make_film(tmp_path_factory.mktemp("films") / "a.mp4", seconds=2)


@pytest.fixture
def file(film: Path, db) -> VideoFile:
    return make_file(path=film, folder=make_folder(path=film.parent))


def test_pictures_are_made_into_the_bucket_and_made_again_when_lost(in_use, file, viewer):
    make_pictures(file=file, report=lambda done, total: None)
    VideoFile.objects.filter(pk=file.pk).update(state="ready")
    known = [name for name, _ in in_use.names()]
    thumbnail, board = Thumbnail.objects.get(), Storyboard.objects.get()

    assert sorted(known) == sorted([thumbnail.small.name, thumbnail.large.name, board.sprite.name, board.vtt.name])
    text = body(viewer.get(board.vtt.url)).decode()
    assert f"{board.sprite.name.rpartition('/')[2]}#xywh=" in text, "a neighbour: no address of the bucket"
    assert body(viewer.get(thumbnail.small.url))[:4] == b"RIFF"
    assert remake_lost_pictures() == 0
    in_use.delete(board.sprite.name)
    assert remake_lost_pictures() == 1
    assert Job.objects.get().stage == "frames"


def test_a_purge_removes_the_pictures_from_the_bucket(in_use, file):
    make_pictures(file=file, report=lambda done, total: None)

    forget_pictures([file.pk])()

    assert list(in_use.names()) == []


# ---- moving ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def disk(tmp_path: Path) -> DerivedStorage:
    return DerivedStorage(location=tmp_path / "disk", base_url="/derived/")


@pytest.fixture
def both(disk, bucket, settings, monkeypatch) -> dict:
    """The two storages between which is moved."""
    settings.S3_BUCKET = bucket.bucket
    storages_by_name = {"disk": disk, "s3": bucket}
    monkeypatch.setattr(derived_move, "storage_called", lambda name: storages_by_name[name])
    return storages_by_name


def move(to: str, **options) -> str:
    out = io.StringIO()
    call_command("move_derived", to=to, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def test_before_the_setting_changes_files_are_only_copied(both, settings):
    put(both["disk"], a_webp=b"1", b_vtt=b"22")

    told = move("s3")

    assert told.startswith("2 files copied (0.0 MB), 0 were there already, 0 removed")
    assert "Set VIDEOTHEK_DERIVED_STORAGE=s3" in told
    assert (
        list(both["s3"].names())
        == list(both["disk"].names())
        == [
            ("frames/0000/1/a.webp", 1),
            ("frames/0000/1/b.vtt", 2),
        ]
    )


def test_after_it_the_rest_is_copied_and_the_old_files_go(both, settings):
    put(both["disk"], a_webp=b"1")
    move("s3")
    put(both["disk"], c_webp=b"3")
    settings.DERIVED_STORAGE = "s3"

    told = move("s3")

    assert told == "1 files copied (0.0 MB), 1 were there already, 2 removed where they were.\n"
    assert [name for name, _ in both["s3"].names()] == ["frames/0000/1/a.webp", "frames/0000/1/c.webp"]
    assert list(both["disk"].names()) == []


def test_it_goes_the_other_way_too(both):
    put(both["s3"], a_webp=b"picture")

    told = move("disk")

    assert "1 files copied" in told and "Set VIDEOTHEK" not in told
    assert content(both["disk"], "frames/0000/1/a.webp") == b"picture"
    assert list(both["s3"].names()) == []


def test_keep_removes_nothing(both):
    put(both["s3"], a_webp=b"picture")

    move("disk", keep=True)

    assert len(list(both["s3"].names())) == 1


def test_one_that_was_cut_short_goes_on_where_it_was(both, monkeypatch):
    put(both["disk"], a_webp=b"1", b_webp=b"2", c_webp=b"3")
    save = both["s3"].save

    def break_off(name, content):
        if name.endswith("c.webp"):
            raise StorageUnavailableError("It is away.")
        return save(name, content)

    monkeypatch.setattr(both["s3"], "save", break_off)
    with pytest.raises(CommandError, match="What was copied stays"):
        move("s3")
    monkeypatch.setattr(both["s3"], "save", save)

    assert move("s3").startswith("1 files copied (0.0 MB), 2 were there already")


def test_a_copy_that_was_cut_in_half_is_made_again(both):
    put(both["disk"], a_webp=b"whole")
    put(both["s3"], a_webp=b"ha")

    move("s3")

    assert content(both["s3"], "frames/0000/1/a.webp") == b"whole"


def test_files_that_are_being_written_are_left_alone(disk, tmp_path):
    put(disk, a_webp=b"1")
    (tmp_path / "disk/frames/0000/1/b.webp.0f0f.part").write_bytes(b"half")

    assert [name for name, _ in disk.names()] == ["frames/0000/1/a.webp"]


def test_without_a_bucket_it_says_what_to_set(settings):
    with pytest.raises(CommandError, match="set VIDEOTHEK_S3_BUCKET"):
        move("s3")


# ---- the settings ---------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "DerivedStorage False"),
        ({"VIDEOTHEK_DERIVED_STORAGE": "s3", "VIDEOTHEK_S3_BUCKET": "films"}, "BucketStorage True"),
    ],
)
def test_boto3_is_loaded_only_where_the_setting_says_so(tmp_path, more, told):
    script = (
        "import django, sys; django.setup(); from processing.models.images import derived_storage\n"
        "print(type(derived_storage()).__name__, 'boto3' in sys.modules)"
    )
    environment = environment_for(tmp_path, DJANGO_SETTINGS_MODULE="config.settings", **more)

    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert (ran.stdout.strip(), ran.stderr) == (told, "")


def test_a_bucket_without_its_name_stops_the_start(tmp_path):
    environment = environment_for(tmp_path, DJANGO_SETTINGS_MODULE="config.settings", VIDEOTHEK_DERIVED_STORAGE="s3")

    ran = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert "name the bucket in VIDEOTHEK_S3_BUCKET too" in ran.stderr
