from django.urls import path

from playback.views import converting, stream, subtitles, watch

urlpatterns = [
    path("videos/<int:video_id>/", watch.watch, name="watch"),
    path("videos/<int:video_id>/stream", stream.stream, name="stream"),
    path("videos/<int:video_id>/chapters.vtt", watch.chapters, name="chapters"),
    path("videos/<int:video_id>/progress", watch.progress, name="progress"),
    path("videos/<int:video_id>/subtitles/<slug:track_id>.vtt", subtitles.subtitle, name="subtitle"),
    path("videos/<int:video_id>/convert/", converting.convert, name="convert_video"),
]
