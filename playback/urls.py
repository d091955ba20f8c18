from django.urls import include, path

from playback.views import converting, history, hls, home, related, settings, sharing, stream, subtitles, watch
from playback.views.shared import converted, media, pages

# What a link gives out, at its address and, of a playlist, at each of its numbers.
_shared_media = [
    path("stream", media.stream, name="shared_stream"),
    path("playback/", converted.playback, name="shared_playback"),
    path("hls/<str:key>/index.m3u8", converted.hls_playlist, name="shared_hls"),
    path("hls/<str:key>/<str:name>", converted.hls_part, name="shared_hls_part"),
    path("subtitles/<slug:track_id>.vtt", converted.subtitle, name="shared_subtitle"),
    path("poster", media.poster, name="shared_poster"),
    path("storyboard.vtt", media.storyboard, {"kind": "vtt"}, name="shared_storyboard"),
    path("storyboard.webp", media.storyboard, {"kind": "webp"}, name="shared_sprite"),
    path("chapters.vtt", media.chapters, name="shared_chapters"),
]

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
    path("account/shares/", sharing.share_links, name="share_links"),
    path("account/shares/<uuid:public_id>/revoke/", sharing.revoke, name="share_link_revoke"),
    path("s/<str:token>/", pages.page, name="shared"),
    path("s/<str:token>/password", pages.password, name="shared_password"),
    path("s/<str:token>/<int:number>/", pages.page, name="shared_item"),
    path("s/<str:token>/", include(_shared_media)),
    path("s/<str:token>/<int:number>/", include(_shared_media)),
    path("videos/<int:video_id>/subtitles/<slug:track_id>.vtt", subtitles.subtitle, name="subtitle"),
    path("videos/<int:video_id>/convert/", converting.convert, name="convert_video"),
]
