from django.urls import path

from playback.views import converting, history, hls, home, related, settings, stream, subtitles, watch

urlpatterns = [
    path("", home.home, name="home"),
    path("home/edit/", home.edit_home, name="edit_home"),
    path("home/save/", home.save, name="save_home"),
    path("home/names/", home.home_names, name="home_names"),
    path("history/", history.history, name="history"),
    path("history/forget/", history.forget, name="forget_history"),
    path("account/settings/", settings.preferences, name="preferences"),
    path("account/settings/save/", settings.save_preferences, name="save_preferences"),
    path("account/settings/page-size/", settings.save_page_size, name="save_page_size"),
    path("videos/<int:video_id>/related/", related.related, name="related"),
    path("videos/<int:video_id>/watched/", history.watched, name="watched"),
    path("videos/<int:video_id>/", watch.watch, name="watch"),
    path("videos/<int:video_id>/stream", stream.stream, name="stream"),
    path("videos/<int:video_id>/hls/<str:key>/index.m3u8", hls.hls_playlist, name="hls_playlist"),
    path("videos/<int:video_id>/hls/<str:key>/<str:name>", hls.hls_part, name="hls_part"),
    path("videos/<int:video_id>/chapters.vtt", watch.chapters, name="chapters"),
    path("videos/<int:video_id>/subtitles/<slug:track_id>.vtt", subtitles.subtitle, name="subtitle"),
    path("videos/<int:video_id>/convert/", converting.convert, name="convert_video"),
]
