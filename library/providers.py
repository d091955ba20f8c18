"""What the library can put on videos, and what it proposes. Loaded when Django starts."""

from library.bulk_steps import TAGS
from library.models import TagAlias
from library.models.suggestion import SuggestedKind
from library.services.suggesting.targets import Target, register_target

register_target(Target(SuggestedKind.TAG, TAGS, TagAlias))
