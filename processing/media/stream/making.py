"""The segments of a stream, from what its file tells."""

from dataclasses import replace

from processing.media.stream.index import read_index
from processing.media.stream.plan import Plan, plan_copied, plan_encoded, plan_sound
from processing.media.stream.rendition import Rendition
from processing.media.stream.runs import StreamJob


def make_plan(job: StreamJob) -> Plan:
    """The segments of a stream. Reads the file; MPEG-TS takes a while. Raises MediaError, OSError."""
    facts, video = job.source.facts, job.rendition.video
    duration = facts.duration_seconds
    is_encode = video is not None and not job.rendition.is_remux
    index = read_index(
        job.source.path, video=video.stream_index if video is not None else None, looks_at_fields=is_encode
    )
    if video is None:
        return plan_sound(index, duration_seconds=duration)
    if is_encode:
        return plan_encoded(index, frame_rate=facts.frame_rate, duration_seconds=duration)
    if drops_leading(job.rendition):
        index = replace(index, leads=())
    return plan_copied(index, duration_seconds=duration)


def drops_leading(rendition: Rendition) -> bool:
    """Whether copied segments go without pictures that are shown before their keyframe.

    After a seek Chromium's decoder of H.264 stops at them with an error. Decoders of HEVC pass over them, as the
    standard says they must.
    """
    return rendition.is_remux and rendition.video is not None and rendition.video.codec == "h264"
