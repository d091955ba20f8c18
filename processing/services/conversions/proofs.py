"""What can encode on this machine: tried for real, and remembered until the machine or its FFmpeg changes."""

import logging
import socket
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime

import psutil
from django.db import DatabaseError, connections
from django.utils import timezone

from processing.exceptions import NoProgramError, ProcessingError
from processing.media.encode.catalogue import BY_NAME, Encoder, Family
from processing.media.encode.ladder import Capabilities
from processing.media.encode.presets import Codec
from processing.media.encode.program import ffmpeg_program
from processing.media.encode.proving import Proof, capabilities_of, prove_all
from processing.models import EncoderProof
from processing.models.conversion import ProofKind
from processing.plugins.enabled import encoders
from processing.services.submit import submit_jobs

logger = logging.getLogger(__name__)


def host_name() -> str:
    """This machine's name in the table of proofs."""
    return socket.gethostname()[:200]


def program_or_refuse() -> str:
    """FFmpeg's path. Raises NoProgramError."""
    try:
        return ffmpeg_program()
    except RuntimeError:
        raise NoProgramError("FFmpeg isn't there: run 'make init', or set IMAGEIO_FFMPEG_EXE to a program.") from None


def program_version(program: str) -> str:
    """FFmpeg's first line, "ffmpeg version 9.0 ..."; empty when it says nothing."""
    try:
        done = subprocess.run([program, "-version"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = done.stdout.decode(errors="replace").splitlines()
    return lines[0].partition(" Copyright")[0][:200] if lines else ""


def added_encoders() -> list[Encoder]:
    """Those of plugins that are switched on. One that Videothek knows itself is left to it."""
    return [
        Encoder(one.name, Codec(one.codec), Family.PLUGIN, tuple(one.arguments))
        for one in encoders()
        if one.name not in BY_NAME
    ]


def prove_encoders(*, told: Callable[[Proof], None] = lambda proof: None) -> list[EncoderProof]:
    """Tries every encoder and hardware decoder on this machine and writes what came of it; a few seconds.

    Raises NoProgramError.
    """
    program = program_or_refuse()
    version, host = program_version(program), host_name()
    proofs = prove_all(program, told=told, added=added_encoders())
    rows = [
        EncoderProof(
            host=host,
            kind=ProofKind.ENCODER if proof.is_encoder else ProofKind.DECODER,
            name=proof.name,
            codec=proof.codec,
            family=proof.family,
            is_proven=proof.is_proven,
            has_ten_bit=proof.has_ten_bit,
            reason=proof.reason,
            command=" ".join(proof.command),
            program=version,
            seconds=proof.seconds,
            proven_at=timezone.now(),
        )
        for proof in proofs
    ]
    columns = ["codec", "family", "is_proven", "has_ten_bit", "reason", "command", "program", "seconds", "proven_at"]
    EncoderProof.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["host", "kind", "name"], update_fields=columns
    )
    # Of plugins that were switched off.
    EncoderProof.objects.filter(host=host).exclude(name__in=[proof.name for proof in proofs]).delete()
    if not capabilities_of(proofs).has_hardware:
        logger.warning("Nothing encodes in hardware on %s: conversions run in software.", host)
    return list(EncoderProof.objects.filter(host=host))


def current_capabilities() -> Capabilities:
    """What is proven on this machine; proves anew after a boot and with another FFmpeg. Raises NoProgramError."""
    rows = _valid_proofs()
    return capabilities_of(map(_as_proof, rows or prove_encoders()))


def known_capabilities() -> Capabilities:
    """What is proven on this machine by now; nothing is tried, so before that it is nothing. Raises NoProgramError."""
    return capabilities_of(map(_as_proof, _valid_proofs()))


def _valid_proofs() -> list[EncoderProof]:
    """This machine's, or none when some are of another FFmpeg or from before its boot, or a plugin's encoder was never
    tried. Raises NoProgramError."""
    rows = list(EncoderProof.objects.filter(host=host_name()))
    if {encoder.name for encoder in added_encoders()} - {row.name for row in rows}:
        return []
    version = program_version(program_or_refuse())
    booted = datetime.fromtimestamp(psutil.boot_time(), UTC)
    return [] if any(row.program != version or row.proven_at < booted for row in rows) else rows


def prove_at_start() -> None:
    """What a worker that converts does before its first job: has the encoders tried, once after each boot.

    By a job, so that the worker is there at once. Whatever goes wrong is logged and left to the first conversion.
    """
    try:
        if not _valid_proofs():
            submit_jobs(stage="encoders", target_ids=[0])
    except (ProcessingError, DatabaseError, OSError) as error:
        logger.warning("The encoders of this machine could not be tried: %s", error)
    finally:
        connections.close_all()


def _as_proof(row: EncoderProof) -> Proof:
    return Proof(
        name=row.name,
        is_encoder=row.kind == ProofKind.ENCODER,
        codec=row.codec,
        family=row.family,
        is_proven=row.is_proven,
        has_ten_bit=row.has_ten_bit,
        reason=row.reason,
        seconds=row.seconds,
        command=(),
    )
