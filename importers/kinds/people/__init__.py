"""People, studios, platforms and what ties them to videos."""

from importers.kinds.base import Kind
from importers.kinds.people.creators import CreatorAliasKind, CreatorKind, CreatorPictureKind, CreditKind
from importers.kinds.people.links import CreatorProfileKind, ExternalIdKind, PlatformKind, SocialLinkKind
from importers.kinds.people.studios import CreatorStudioKind, StudioAliasKind, StudioKind, VideoStudioKind

KINDS: tuple[Kind, ...] = (
    CreatorKind(),
    CreatorAliasKind(),
    CreatorPictureKind(),
    CreditKind(),
    StudioKind(),
    StudioAliasKind(),
    VideoStudioKind(),
    CreatorStudioKind(),
    PlatformKind(),
    CreatorProfileKind(),
    SocialLinkKind(),
    ExternalIdKind(),
)
