"""Queues of videos that lack pictures. Loaded when Django starts."""

from django.db.models import Exists, OuterRef

from library.models import User, VideoFile
from library.models.video import VideoQuerySet
from library.services.triage.queues import Queue, register_queue
from processing.models import Storyboard, Thumbnail


def _without_thumbnail(rows: VideoQuerySet, user: User) -> VideoQuerySet:
    files = VideoFile.objects.filter(video=OuterRef("pk"), is_primary=True)
    return rows.filter(~Exists(files.filter(Exists(Thumbnail.objects.filter(file=OuterRef("pk"))))))


def _without_storyboard(rows: VideoQuerySet, user: User) -> VideoQuerySet:
    files = VideoFile.objects.filter(video=OuterRef("pk"), is_primary=True)
    return rows.filter(~Exists(files.filter(Exists(Storyboard.objects.filter(file=OuterRef("pk"))))))


register_queue(
    Queue("without-thumbnail", "Without picture", "No still could be made of them", _without_thumbnail, 85),
    Queue("without-storyboard", "Without storyboard", "No storyboard could be made of them", _without_storyboard, 86),
)
