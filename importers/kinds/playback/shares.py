"""Links that others watch by. Addresses of the other system keep opening."""

from collections.abc import Mapping, Sequence

from importers.kinds.base import Kind, Policy, Prepared
from importers.models import ImportRun
from playback.models import ShareLink
from playback.models.share import ShareTarget, digest_of, is_token


class ShareLinkKind(Kind):
    """Extra: `token`, in clear text. Only its digest is kept, as of links that are made here: whoever has the old
    address opens the link, and nobody can read the address out of the database, the import's own records included.
    A token that no address of ours can hold (see `is_token`) is no link: `bad_value`.
    """

    name = "playback.sharelink"
    model = ShareLink
    natural_key = ("token_digest",)
    needs = ("video", "marker", "playlist")
    extras = ("token",)
    policies = {"view_count": Policy.SUM, "last_viewed_at": Policy.GREATER, "revoked_at": Policy.OURS}

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        reasons = {}
        for index, record in enumerate(records):
            token = str(record.values.pop("token", ""))
            if not is_token(token):
                reasons[index] = "bad_value"
                continue
            record.values["token_digest"] = digest_of(token)
            record.values.setdefault("target", _target(record.values))
        return reasons


def _target(values: Mapping[str, object]) -> str:
    if values.get("marker"):
        return ShareTarget.CLIP
    return ShareTarget.PLAYLIST if values.get("playlist") else ShareTarget.VIDEO
