"""People and studios can be proposed for videos. Loaded when Django starts."""

from library.models.suggestion import SuggestedKind
from library.services.suggesting.targets import Target, register_target
from people.bulk_steps import PEOPLE, STUDIOS
from people.models import CreatorAlias, StudioAlias

register_target(Target(SuggestedKind.CREATOR, PEOPLE, CreatorAlias))
register_target(Target(SuggestedKind.STUDIO, STUDIOS, StudioAlias))
