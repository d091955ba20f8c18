"""How lengths, sizes, rates and codecs are written, on the pages and in the admin alike."""

import re
from datetime import datetime

from django.utils import timezone

CODECS = {
    "aac": "AAC",
    "ac3": "AC-3",
    "alac": "ALAC",
    "amr_nb": "AMR",
    "av1": "AV1",
    "dts": "DTS",
    "dvvideo": "DV",
    "eac3": "E-AC-3",
    "flac": "FLAC",
    "flv1": "Sorenson",
    "h263": "H.263",
    "h264": "H.264",
    "hevc": "HEVC",
    "mjpeg": "Motion JPEG",
    "mp2": "MP2",
    "mp3": "MP3",
    "mpeg1video": "MPEG-1",
    "mpeg2video": "MPEG-2",
    "mpeg4": "MPEG-4",
    "msmpeg4v3": "DivX 3",
    "opus": "Opus",
    "prores": "ProRes",
    "theora": "Theora",
    "truehd": "TrueHD",
    "vc1": "VC-1",
    "vorbis": "Vorbis",
    "vp8": "VP8",
    "vp9": "VP9",
    "wmav2": "WMA",
    "wmv1": "WMV 7",
    "wmv2": "WMV 8",
    "wmv3": "WMV 9",
}
_AUDIO = {"aac", "ac3", "alac", "amr_nb", "dts", "eac3", "flac", "mp2", "mp3", "opus", "truehd", "vorbis", "wmav2"}
# Codec and name, by name, for lists to choose from.
VIDEO_CODECS = sorted(((key, name) for key, name in CODECS.items() if key not in _AUDIO), key=lambda pair: pair[1])
AUDIO_CODECS = sorted(((key, name) for key, name in CODECS.items() if key in _AUDIO), key=lambda pair: pair[1])
CONTAINERS = {
    "3gp": "3GP",
    "asf": "Windows Media",
    "avi": "AVI",
    "flv": "Flash video",
    "matroska": "Matroska",
    "mov": "QuickTime",
    "mp4": "MP4",
    "mpeg": "MPEG",
    "mpegts": "MPEG transport stream",
    "mxf": "MXF",
    "ogg": "Ogg",
    "webm": "WebM",
}
HDR_FORMATS = {"hdr10": "HDR10", "hlg": "HLG", "hdr10plus": "HDR10+", "dolby_vision": "Dolby Vision"}
# By the longer side, so that wide and upright pictures get the name that people know them by.
# Key, name and least height. By the shorter side, or by what it would be at 16:9, so that wide films count as what
# people call them; a little less is allowed: 1920 × 1072 is 1080p. The next one's least is the bound of each.
RESOLUTIONS = (
    ("4320", "8K", 4280),
    ("2160", "4K", 2140),
    ("1440", "1440p", 1424),
    ("1080", "1080p", 1064),
    ("720", "720p", 708),
    ("sd", "SD", 1),
)
WIDE = 16 / 9
_BYTE_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_NUMBER = re.compile(r"\d{1,7}(\.\d{1,9})?", re.ASCII)
_THIN = "\N{NO-BREAK SPACE}"
_ABBREVIATIONS = {"url": "URL", "base url": "Address", "hdr": "HDR", "color": "Colour"}


def clock(seconds: float | None) -> str:
    """2:35, 1:02:03; empty without a length. Whole seconds as players
    count them; what is shorter than one is not nothing: 0:01.
    """
    if seconds is None:
        return ""
    minutes, rest = divmod(max(int(seconds), 1 if seconds else 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def position(seconds: float) -> str:
    """A place in a video: 0:00 for its beginning, else like `clock`."""
    return clock(seconds) if seconds >= 1 else "0:00"


def parse_position(text: str) -> float | None:
    """Seconds of 1:23, 1:02:03.5, 83 or 83.5; None for what is no place in a video."""
    parts = text.strip().replace(",", ".").split(":")
    if len(parts) > 3 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    seconds = 0.0
    for part in parts:
        seconds = seconds * 60 + float(part)
    return seconds


def time_left(seconds: float | None) -> str:
    """How long work still takes, roughly: a few seconds, 14 min, 3 h; empty when nobody can tell."""
    if seconds is None:
        return ""
    if seconds < 20:
        return "a few seconds left"
    if seconds < 90:
        return "about a minute left"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes}{_THIN}min left"
    hours = round(minutes / 60)
    return f"{hours}{_THIN}h left" if hours < 48 else f"{round(hours / 24)} days left"


def size(count: int | None) -> str:
    """1.9 GB, as file managers and disks count: powers of 1,000."""
    if count is None:
        return ""
    number, unit = float(count), 0
    while number >= 999.5 and unit < len(_BYTE_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    digits = f"{number:.1f}" if unit and number < 10 else f"{number:.0f}"
    return f"{digits}{_THIN}{_BYTE_UNITS[unit]}"


def bit_rate(bits: int | None) -> str:
    """6.5 Mbit/s, 800 kbit/s."""
    if not bits:
        return ""
    return f"{bits / 1e6:.1f}{_THIN}Mbit/s" if bits >= 1e6 else f"{bits / 1e3:.0f}{_THIN}kbit/s"


def frame_rate(rate: float | None) -> str:
    """25, 29.97."""
    return f"{rate:.2f}".rstrip("0").rstrip(".") if rate else ""


def codec(name: str) -> str:
    """H.264 for h264; PCM for its many kinds; what nobody wrote down stays as it is."""
    return CODECS.get(name, "PCM" if name.startswith("pcm_") else name)


def container(name: str) -> str:
    """Matroska for matroska."""
    return CONTAINERS.get(name, name)


def hdr_format(name: str) -> str:
    """HDR10+ for hdr10plus, HDR where the kind isn't known."""
    return HDR_FORMATS.get(name, "HDR")


def resolution(of: object) -> str:
    """4K, 1080p or, below 720p, 406p for anything that has a width and a height; empty without."""
    width, height = getattr(of, "width", None), getattr(of, "height", None)
    if not width or not height:
        return ""
    longer, shorter = max(width, height), min(width, height)
    named = (name for _, name, least in RESOLUTIONS[:-1] if shorter >= least or longer >= round(least * WIDE))
    return next(named, f"{shorter}p")


def badge(video: object) -> str:
    """What is special about a picture: 4K, 8K, HDR; empty for the usual."""
    name = resolution(video)
    parts = [name if name in ("4K", "8K") else "", "HDR" if getattr(video, "is_hdr", False) else ""]
    return " ".join(filter(None, parts))


def ago(at: datetime | None) -> str:
    """today, yesterday, 3 days ago, then the month."""
    if at is None:
        return ""
    local, now = timezone.localtime(at), timezone.localtime()
    days = (now.date() - local.date()).days
    if days <= 0:
        return "today"
    if days == 1:
        return "yesterday"
    if days <= 30:
        return f"{days} days ago"
    return f"{local:%B %Y}"


def field_label(name: str) -> str:
    """The name of a field as people read it: "Is auto scanned" is "auto scanned", "url" is "URL"."""
    first, _, rest = name.partition(" ")
    plain = rest if rest and first.lower() in ("is", "has") else name
    return _ABBREVIATIONS.get(plain.lower(), plain)
