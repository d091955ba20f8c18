from django.urls import path

from playback.views import favorites, marks, playlists, stream, watch

urlpatterns = [
    path("videos/<int:video_id>/", watch.watch, name="watch"),
    path("videos/<int:video_id>/stream", stream.stream, name="stream"),
    path("videos/<int:video_id>/chapters.vtt", watch.chapters, name="chapters"),
    path("videos/<int:video_id>/progress", watch.progress, name="progress"),
    path("videos/<int:video_id>/marks/", marks.of_video, name="marks_of_video"),
    path("videos/<int:video_id>/playlists/", playlists.offer, name="playlists_of_video"),
    path("favorites/", favorites.favorites, name="favorites"),
    path("favorites/people/", favorites.people, name="favorite_people"),
    path("favorites/studios/", favorites.studios, name="favorite_studios"),
    path("markers/", marks.marks, name="markers"),
    path("markers/labels/", marks.labels, name="marker_labels"),
    path("markers/labels/change/", marks.change_label, name="change_label"),
    path("markers/<int:marker_id>/delete/", marks.delete, name="delete_marker"),
    path("markers/<int:marker_id>/clip/", marks.download_clip, name="clip_download"),
    path("playlists/", playlists.playlists, name="playlists"),
    path("playlists/new/", playlists.create, name="create_playlist"),
    path("playlists/<uuid:public_id>/", playlists.playlist, name="playlist"),
    path("playlists/<uuid:public_id>/play/", playlists.played, name="play_playlist"),
    path("playlists/<uuid:public_id>/shuffle/", playlists.shuffled, name="shuffle_playlist"),
    path("playlists/<uuid:public_id>/change/", playlists.change, name="change_playlist"),
]
