"""The stage that forgets API tokens which have long been revoked or run out."""

from library.services.tokens import purge_tokens
from processing.stages.registry import StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Removes them and says how many; the audit log says which."""
    return StageResult({"forgotten": purge_tokens()})
