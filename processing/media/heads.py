"""Whether the first bytes of a file that calls itself a video are those of something else. Reads nothing."""

from processing.media.content import DISGUISES

_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"%PDF", "a document"),
    (b"<!DOCTYPE", "a web page"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"{", "a text"),
)


def refusal_of(name: str, head: bytes) -> str:
    """Why a file of this name with these first bytes is no video, in a sentence; empty when nothing speaks against it.

    Only what is certain counts: kinds of video are many, and a probe judges them.
    """
    known = [(signature, what) for signature, _, what in DISGUISES] + list(_OTHERS)
    what = next((what for signature, what in known if head.startswith(signature)), "")
    return f"{name} is not a video but {what}." if what else ""
