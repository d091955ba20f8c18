"""The stages that look after files: whole reads against checksums, and looks for damage."""

from processing.services.check import check_file
from processing.services.verify import verify_file
from processing.stages.files import load_file
from processing.stages.registry import StageContext, StageResult


def run_verify(context: StageContext) -> StageResult:
    """Reads the file and compares it with its checksum; one that rotted is no failure of the job but its result."""
    verified = verify_file(file=load_file(context.target_id), report=context.report)
    return StageResult({"outcome": verified.outcome})


def run_check(context: StageContext) -> StageResult:
    """Looks at content and for damage; `depth` ("quick", "deep") goes before the settings'."""
    issues = check_file(file=load_file(context.target_id), report=context.report, depth=context.params.get("depth", ""))
    return StageResult({"problems": sorted({issue.code for issue in issues if issue.severity != "info"})})
