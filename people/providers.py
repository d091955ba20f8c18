"""People and studios can be proposed for videos. Loaded when Django starts."""

from library.models.suggestion import SuggestedKind
from library.services.suggesting.habits import propose_usual, usual_reason
from library.services.suggesting.targets import Target, register_target
from library.services.suggestions import SuggestionProvider, register_provider
from people.bulk_steps import PEOPLE, STUDIOS
from people.models import CreatorAlias, StudioAlias

register_target(Target(SuggestedKind.CREATOR, PEOPLE, CreatorAlias))
register_target(Target(SuggestedKind.STUDIO, STUDIOS, StudioAlias))
register_provider(SuggestionProvider("usual", "Usual with this person", usual_reason, propose_usual))
