"""manage.py encoders"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from processing.exceptions import ProcessingError
from processing.media.encode.catalogue import FAMILY_TITLES, Family
from processing.models import EncoderProof
from processing.models.conversion import ProofKind
from processing.services.conversions import prove_encoders
from processing.services.conversions.proofs import host_name


class Command(BaseCommand):
    help = "Tries every encoder and hardware decoder on this machine and shows which ones work, and why others don't."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stored", action="store_true", help="Show what was found last time; try nothing.")
        parser.add_argument("--json", action="store_true", help="As JSON, for programs.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = list(EncoderProof.objects.filter(host=host_name())) if options["stored"] else prove_encoders()
        except ProcessingError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(row) for row in rows], indent=2))
            return
        if not rows:
            self.stdout.write("Nothing was tried on this machine yet.")
        for kind, title in ((ProofKind.ENCODER, "Encoders"), (ProofKind.DECODER, "Hardware decoders")):
            of_kind = [row for row in rows if row.kind == kind]
            if of_kind:
                self.stdout.write(f"{title}:")
            for row in of_kind:
                self.stdout.write(f"  {row.name:<14} {FAMILY_TITLES[Family(row.family)]:<18} {_said(row)}")


def _said(row: EncoderProof) -> str:
    if row.is_proven:
        return f"works{' with 10 bits' if row.has_ten_bit else ''} ({row.seconds:.1f} s)"
    return f"no: {row.reason}"


def _as_json(row: EncoderProof) -> dict[str, Any]:
    names = ("host", "kind", "name", "codec", "family", "is_proven", "has_ten_bit", "reason", "program")
    return {name: getattr(row, name) for name in names}
