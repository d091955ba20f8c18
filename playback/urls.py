from django.urls import path

from playback.views import converting, hls, stream, subtitles, watch

urlpatterns = [
    path("videos/<int:video_id>/", watch.watch, name="watch"),
    path("videos/<int:video_id>/stream", stream.stream, name="stream"),
    path("videos/<int:video_id>/hls/<str:key>/index.m3u8", hls.hls_playlist, name="hls_playlist"),
    path("videos/<int:video_id>/hls/<str:key>/<str:name>", hls.hls_part, name="hls_part"),
    path("videos/<int:video_id>/chapters.vtt", watch.chapters, name="chapters"),
    path("videos/<int:video_id>/progress", watch.progress, name="progress"),
    path("videos/<int:video_id>/subtitles/<slug:track_id>.vtt", subtitles.subtitle, name="subtitle"),
    path("videos/<int:video_id>/convert/", converting.convert, name="convert_video"),
]
