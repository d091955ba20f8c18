"""Links that others may watch one thing by."""

from playback.services.sharing.links import LIFETIMES, create_link, note_view, purge_links, revoke_link
from playback.services.sharing.tokens import token_of

__all__ = ["LIFETIMES", "create_link", "note_view", "purge_links", "revoke_link", "token_of"]
