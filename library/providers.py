"""What the library can put on videos, and what it proposes. Loaded when Django starts."""

from library.bulk_steps import TAGS
from library.models import TagAlias
from library.models.suggestion import SuggestedKind
from library.services.suggesting import habits, paths, sidecars, templates
from library.services.suggesting.targets import Target, register_target
from library.services.suggestions import SuggestionProvider, register_provider

register_target(Target(SuggestedKind.TAG, TAGS, TagAlias))

for _provider in (
    SuggestionProvider("path", "Names in the path", paths.path_reason, paths.propose_by_path),
    SuggestionProvider("template", "How you name files", templates.template_reason, templates.propose_by_template),
    SuggestionProvider("nfo", "Sidecar files", sidecars.sidecar_reason, sidecars.propose_by_sidecar),
    SuggestionProvider("embedded", "Tags in the file", sidecars.embedded_reason, sidecars.propose_by_embedded),
    SuggestionProvider("folder", "The others in the folder", habits.habit_reason, habits.propose_by_folder),
    SuggestionProvider("session", "The same session", habits.session_reason, habits.propose_by_session),
    SuggestionProvider("looks", "Videos that look alike", habits.looks_reason, habits.propose_by_looks),
):
    register_provider(_provider)
