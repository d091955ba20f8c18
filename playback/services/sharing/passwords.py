"""Giving a link's password: counted as tries of logins are."""

from django.contrib.auth.hashers import check_password

from library.services.logins import attempt_failed, attempt_succeeded, begin_attempt
from playback.exceptions import WrongSharePasswordError
from playback.models import ShareLink
from playback.services.sharing.tokens import proof_of


def prove_password(*, link: ShareLink, password: str, address: str | None) -> str:
    """The proof that opens the link for PROOF_SECONDS. `address` is where it was asked from.

    Raises WrongSharePasswordError, and LoginThrottledError after too many of them.
    """
    attempt = begin_attempt(name=f"share link {link.public_id}", address=address)
    if not check_password(password, link.password):
        attempt_failed(attempt)
        raise WrongSharePasswordError("That is not the password.")
    attempt_succeeded(attempt)
    return proof_of(link)
