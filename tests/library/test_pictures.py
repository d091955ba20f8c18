"""Pictures that people choose: what is accepted and how it is kept."""

import io
import re
import struct
import zlib

import pytest
from django import forms
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from library.exceptions import PictureError
from library.models.picture import PictureField
from library.pictures import check_picture, encode_picture
from people.models import CreatorPicture, Studio
from tests.library.factories import make_user
from tests.people.factories import make_creator, make_picture, make_studio, picture_bytes

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'


def encoded(content: bytes, *, longest_px: int = 1600) -> Image.Image:
    return Image.open(io.BytesIO(encode_picture(io.BytesIO(content), size_bytes=len(content), longest_px=longest_px)))


def bomb() -> bytes:
    """A PNG of a few bytes that claims 60,000 x 60,000 pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = [b"IHDR" + header, b"IDAT" + zlib.compress(b"\0" * 100), b"IEND"]
    parts = (struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def stored(name: str) -> Image.Image:
    """The picture of that name in the storage."""
    with default_storage.open(name) as stream:
        picture = Image.open(stream)
        picture.load()
        return picture


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_every_accepted_format_becomes_webp(kind):
    picture = encoded(picture_bytes(kind=kind))

    assert (picture.format, picture.size) == ("WEBP", (64, 48))


def test_a_large_picture_is_made_smaller_and_a_small_one_kept():
    assert encoded(picture_bytes(size=(3000, 1000)), longest_px=600).size == (600, 200)
    assert encoded(picture_bytes(size=(30, 10)), longest_px=600).size == (30, 10)


def test_a_picture_that_lies_on_its_side_stands_up_and_tells_nobody_where_it_was_taken():
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    exif.get_ifd(0x8825)[1] = "N"

    picture = encoded(picture_bytes(kind="JPEG", exif=exif))

    assert picture.size == (48, 64)
    assert not picture.getexif()


def test_what_is_seen_through_stays_so():
    target = io.BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(target, "PNG")

    assert encoded(target.getvalue()).mode == "RGBA"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (SVG, "no picture"),
        (b"", "no picture"),
        (b"<html></html>", "no picture"),
        (picture_bytes(size=(400, 400), kind="JPEG")[:300], "picture"),
        (bomb(), "too many pixels"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(content, words):
    with pytest.raises(PictureError, match=words):
        encode_picture(io.BytesIO(content), size_bytes=len(content), longest_px=600)


def test_a_file_that_is_too_large_is_refused_before_it_is_read():
    with pytest.raises(PictureError, match="at most 30 MB"):
        check_picture(io.BytesIO(), size_bytes=31 * 1024 * 1024)


# ---- the column --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_picture_is_kept_under_a_name_of_its_own_that_says_nothing():
    one, same = (make_picture(creator=make_creator()) for _ in range(2))

    assert re.fullmatch(r"creators/[0-9a-f]{32}\.webp", one.image.name)
    assert one.image.name != same.image.name
    assert stored(one.image.name).format == "WEBP"


@pytest.mark.django_db
def test_saving_the_row_again_writes_no_file():
    picture = make_picture(creator=make_creator())
    default_storage.delete(picture.image.name)

    picture.is_primary = True
    picture.save()

    assert not default_storage.exists(picture.image.name)


@pytest.mark.django_db
def test_each_column_has_its_size():
    studio = make_studio()
    studio.favicon = SimpleUploadedFile("icon.png", picture_bytes(size=(1000, 500)))
    studio.save()

    assert stored(studio.favicon.name).size == (256, 128)


@pytest.mark.parametrize(("content", "words"), [(SVG, "no picture"), (bomb(), "too many pixels")])
def test_forms_refuse_it_with_a_sentence(content, words):
    class Form(forms.ModelForm):
        class Meta:
            model = Studio
            fields = ("logo",)

    form = Form({}, {"logo": SimpleUploadedFile("logo.png", content)})

    assert not form.is_valid()
    assert words in form.errors["logo"][0]


def test_migrations_know_a_plain_image_field():
    assert PictureField(upload_to="x/", longest_px=9).deconstruct()[1:] == (
        "django.db.models.ImageField",
        [],
        {"upload_to": "x/"},
    )


# ---- serving -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_picture_is_served_for_ever_to_who_may_see_videos(client: Client):
    picture: CreatorPicture = make_picture(creator=make_creator())
    client.force_login(make_user())

    response = client.get(picture.image.url)

    assert response.status_code == 200
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    assert "immutable" in response["Cache-Control"]
    assert response.getvalue()[8:12] == b"WEBP"
    client.force_login(make_user(role=""))
    assert client.get(picture.image.url).status_code == 403
    client.logout()
    assert client.get(picture.image.url).status_code == 302
