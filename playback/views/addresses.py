"""The addresses that an answer to a player names, for the library's own pages."""

from django.urls import reverse

from library.models import VideoFile


class PageUrls:
    """Below /videos/<id>/; a file that isn't the primary one is named in the query."""

    def direct(self, file: VideoFile) -> str:
        return f"{reverse('stream', args=[file.video_id])}{self._which(file)}"

    def playlist(self, file: VideoFile, key: str) -> str:
        return f"{reverse('watch', args=[file.video_id])}hls/{key}/index.m3u8"

    def subtitle(self, file: VideoFile, track_id: str) -> str:
        return f"{reverse('subtitle', args=[file.video_id, track_id])}{self._which(file)}"

    @staticmethod
    def _which(file: VideoFile) -> str:
        return "" if file.is_primary else f"?file={file.pk}"
