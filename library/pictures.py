"""Pictures that people choose: what is accepted, and how it is kept. Knows no models."""

import io
import warnings
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

from library.exceptions import PictureError

# Raster images only: an SVG is a document that runs scripts in whoever opens it.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "TIFF")
MOST_BYTES = 30 * 1024 * 1024
# 100 million pixels take 300 MB while they are decoded; a small file can claim more than any memory holds.
MOST_PIXELS = 100_000_000
_WEBP_QUALITY = 88


def encode_picture(stream: IO[bytes], *, size_bytes: int, longest_px: int) -> bytes:
    """The picture as WebP, upright, its longer side at most `longest_px`, without EXIF, place or animation.

    Raises PictureError, with a sentence, for what is no raster image, is broken, or is too large to be decoded here.
    """
    picture = _open(stream, size_bytes)
    try:
        # JPEG: decoded at half or quarter size when that is still larger than needed.
        picture.draft("RGB", (longest_px, longest_px))
        upright = ImageOps.exif_transpose(picture)
        has_alpha = "A" in upright.getbands() or "transparency" in upright.info
        kept = upright.convert("RGBA" if has_alpha else "RGB")
        kept.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
        target = io.BytesIO()
        kept.save(target, "WEBP", quality=_WEBP_QUALITY, method=4)
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise PictureError("That picture is broken: it could not be read to its end.") from error
    return target.getvalue()


def check_picture(stream: IO[bytes], *, size_bytes: int) -> None:
    """Raises PictureError, with a sentence, for what `encode_picture` would refuse; decodes nothing."""
    _open(stream, size_bytes)
    stream.seek(0)


def _open(stream: IO[bytes], size_bytes: int) -> Image.Image:
    """The picture with its header read and nothing decoded."""
    if size_bytes > MOST_BYTES:
        raise PictureError(f"That file is too large: at most {MOST_BYTES // 1024**2} MB.")
    stream.seek(0)
    try:
        with warnings.catch_warnings():
            # Pillow's own limit only warns at first; ours is below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(stream, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise PictureError(_TOO_MANY_PIXELS) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise PictureError("That is no picture that can be kept. Give a JPEG, PNG, WebP, AVIF or GIF.") from error
    if picture.width * picture.height > MOST_PIXELS:
        raise PictureError(_TOO_MANY_PIXELS)
    return picture


_TOO_MANY_PIXELS = f"That picture has too many pixels: at most {MOST_PIXELS // 1_000_000} million."
