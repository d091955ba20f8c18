"""The probe stage: technical facts, and the video that the file belongs to."""

from library.services import FileFacts, record_facts
from processing.media.errors import UnreadableFileError
from processing.media.facts import MediaFacts
from processing.media.fingerprint import packet_fingerprint
from processing.media.probe import probe
from processing.services.check import check_content
from processing.stages.enrich import after_probe
from processing.stages.files import load_file
from processing.stages.registry import StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Probes the file in this process and records what it is."""
    file = load_file(context.target_id)
    path = file.fs_path
    try:
        facts = probe(path)
        packet_hash = packet_fingerprint(path, facts)
    except UnreadableFileError as error:
        if error.permanent:
            # What can't be read may be a program that calls itself a video: its name and first bytes say so.
            check_content(file=file)
        raise
    read = record_facts(file_id=file.pk, mtime_ns=file.mtime_ns, facts=as_file_facts(facts, packet_hash))
    check_content(file=read)
    return StageResult(followups=after_probe(file.pk))


def as_file_facts(facts: MediaFacts, packet_hash: str) -> FileFacts:
    """The columns of VideoFile."""
    return FileFacts(
        container=facts.container,
        duration_seconds=facts.duration_seconds,
        width=facts.width,
        height=facts.height,
        rotation=facts.rotation,
        frame_rate=facts.frame_rate,
        bit_rate=facts.bit_rate,
        video_codec=facts.video_codec or "",
        audio_codec=facts.audio_codec or "",
        is_hdr=facts.is_hdr,
        hdr_format=facts.hdr_format,
        embedded_title=facts.embedded_title or "",
        embedded_created_at=facts.embedded_created_at,
        packet_hash=packet_hash,
        streams=[stream.to_json() for stream in facts.streams],
        chapters=[chapter.to_json() for chapter in facts.chapters],
        notes=list(facts.warnings),
    )
