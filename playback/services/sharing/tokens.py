"""The secret part of a link's address, and the proof that its password was given."""

import base64
import hashlib
from uuid import UUID

from django.core import signing
from django.utils.crypto import salted_hmac

from playback.models import ShareLink
from playback.models.share import digest_of

_SALT = "playback.share"
_TOKEN_BYTES = 16
# So long a browser that gave the password isn't asked again.
PROOF_SECONDS = 12 * 3600


def make_token(public_id: UUID) -> str:
    """The 22 characters of base64url that open the link of that id: 16 bytes that only the secret key can tell."""
    raw = salted_hmac(_SALT, public_id.hex, algorithm="sha256").digest()[:_TOKEN_BYTES]
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token_of(link: ShareLink) -> str | None:
    """The link's token, to be shown to its owner; None for one that was made with another secret key, or elsewhere.

    Such a link still opens for those who have its address.
    """
    token = make_token(link.public_id)
    return token if digest_of(token) == link.token_digest else None


def proof_of(link: ShareLink) -> str:
    """What a browser keeps after the right password; worth nothing for another link or after a change of it."""
    return signing.TimestampSigner(salt=_SALT).sign(_claim(link))


def is_proof(link: ShareLink, proof: str) -> bool:
    """Whether it is one of this link and its present password, at most PROOF_SECONDS old."""
    try:
        return signing.TimestampSigner(salt=_SALT).unsign(proof, max_age=PROOF_SECONDS) == _claim(link)
    except signing.BadSignature:
        return False


def _claim(link: ShareLink) -> str:
    return f"{link.public_id.hex}.{hashlib.sha256(link.password.encode()).hexdigest()[:16]}"
