"""Likeness of two faces in words: nobody has to know what a cosine is."""

from dataclasses import dataclass

from faces.models import FaceSettings


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of likeness, from `least` on, with what it is called and how sure that is: high, middle or low."""

    key: str
    words: str
    least: float


def bands_of(settings: FaceSettings) -> tuple[Band, Band, Band]:
    """The surest first. They cut what is proposed, from `match_threshold` to `auto_tag_threshold`, into thirds."""
    low, width = settings.match_threshold, settings.auto_tag_threshold - settings.match_threshold
    return (
        Band("high", "Very likely", round(low + 2 * width / 3, 3)),
        Band("middle", "Likely", round(low + width / 3, 3)),
        Band("low", "Perhaps", low),
    )


def band_of(likeness: float, settings: FaceSettings) -> Band:
    """The band that a likeness (a cosine) lies in; below all of them the lowest."""
    bands = bands_of(settings)
    return next((band for band in bands if likeness >= band.least), bands[-1])
