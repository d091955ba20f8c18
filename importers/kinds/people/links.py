"""Where people, studios and videos are found elsewhere."""

from collections.abc import Mapping, Sequence

from importers.kinds.base import Kind, Policy, Prepared
from importers.kinds.naming import NamedKind, keep_one_primary
from importers.models import ImportRun
from people.models import CreatorProfile, ExternalId, Platform, SocialLink


class PlatformKind(NamedKind):
    """A site; one of its name is the same."""

    name = "people.platform"
    model = Platform
    policies = {"base_url": Policy.GAPS}


class CreatorProfileKind(Kind):
    """A person's profile on a platform: one on each, and one of all is primary."""

    name = "people.creatorprofile"
    model = CreatorProfile
    natural_key = ("creator", "platform")
    required = ("username",)
    policies = {"is_primary": Policy.OURS}

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        keep_one_primary(self, records, "creator")
        return {}


class SocialLinkKind(Kind):
    """A link of a person or a studio."""

    name = "people.sociallink"
    model = SocialLink
    natural_key = ("creator", "studio", "url")
    needs = ("creator", "studio")
    required = ("url",)


class ExternalIdKind(Kind):
    """What another system calls a video, a person or a studio."""

    name = "people.externalid"
    model = ExternalId
    natural_key = ("video", "creator", "studio", "source", "external_id")
    needs = ("video", "creator", "studio")
    required = ("source", "external_id")
    policies = {"url": Policy.GAPS}

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            record.values["source"] = str(record.values.get("source") or "").lower()
        return {}
