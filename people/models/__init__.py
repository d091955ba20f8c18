from people.models.creator import Creator, CreatorAlias, CreatorPicture, Credit
from people.models.link import CreatorProfile, ExternalId, Platform, SocialLink
from people.models.studio import CreatorStudio, Studio, StudioAlias, VideoStudio

__all__ = [
    "Creator",
    "CreatorAlias",
    "CreatorPicture",
    "CreatorProfile",
    "CreatorStudio",
    "Credit",
    "ExternalId",
    "Platform",
    "SocialLink",
    "Studio",
    "StudioAlias",
    "VideoStudio",
]
