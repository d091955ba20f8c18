"""The stages of conversions: a file made into another, and the trial of this machine's encoders."""

from processing.services.conversions.perform import perform
from processing.services.conversions.proofs import prove_encoders
from processing.stages.registry import Followup, StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Converts; the new file's pictures come next."""
    facts = perform(context.target_id, context.report)
    return StageResult(facts, followups=[Followup("frames", [facts["file"]])])


def prove(context: StageContext) -> StageResult:
    """Tries every encoder on the machine of the worker."""
    told = 0

    def tell(_: object) -> None:
        nonlocal told
        told += 1
        context.report(told, max(told, 24))

    proofs = prove_encoders(told=tell)
    return StageResult({"proven": [proof.name for proof in proofs if proof.is_proven]})
