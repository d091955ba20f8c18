from django.urls import path

from playback.api import home, markers, opinions, playlists, preferences, sessions, watched
from playback.api.playback import Playback
from playback.api.share_links import OneShareLink, SharedThing, ShareLinks

urlpatterns = [
    path("videos/<int:video_id>/playback/", Playback.as_view(), name="api_playback"),
    path("share-links/", ShareLinks.as_view(), name="api_share_links"),
    path("share-links/<uuid:public_id>/", OneShareLink.as_view(), name="api_share_link"),
    path("shared/<str:token>/", SharedThing.as_view(), name="api_shared"),
    path("playback-sessions/", sessions.PlaybackSessions.as_view(), name="api_playback_sessions"),
    path("playback-sessions/<uuid:public_id>/", sessions.PlaybackSession.as_view(), name="api_playback_session"),
    path("playback-sessions/<uuid:public_id>/stop/", sessions.StopSession.as_view(), name="api_stop_session"),
    path("me/settings/", preferences.Preferences.as_view(), name="api_preferences"),
    path("me/home/", home.Home.as_view(), name="api_home"),
    path("me/history/", watched.History.as_view(), name="api_history"),
    path("me/history/<str:day>/", watched.HistoryDay.as_view(), name="api_history_day"),
    path("me/history/<str:day>/<int:video_id>/", watched.HistoryVideo.as_view(), name="api_history_video"),
    path("me/activity/", watched.Activity.as_view(), name="api_activity"),
    path("me/continue-watching/", watched.ContinueWatching.as_view(), name="api_continue_watching"),
    path("videos/<int:video_id>/watched/", watched.Watched.as_view(), name="api_watched"),
    path("videos/<int:video_id>/related/", watched.RelatedVideos.as_view(), name="api_related"),
    path("favorites/", opinions.Favorites.as_view(), name="api_favorites"),
    path("videos/<int:key>/opinion/", opinions.OpinionOf.as_view(), name="api_video_opinion"),
    path("videos/<int:key>/favorite/", opinions.FavoriteOf.as_view(), name="api_video_favorite"),
    path("videos/<int:key>/rating/", opinions.RatingOf.as_view(), name="api_video_rating"),
    path("videos/<int:key>/tally/", opinions.TallyOf.as_view(), name="api_video_tally"),
    *(
        path(f"{place}/<uuid:key>/{name}/", view.as_view(kind=kind), name=f"api_{kind}_{name}")
        for place, kind in (("people", "creator"), ("studios", "studio"))
        for name, view in (
            ("opinion", opinions.OpinionOf),
            ("favorite", opinions.FavoriteOf),
            ("rating", opinions.RatingOf),
        )
    ),
    path("videos/<int:video_id>/markers/", markers.MarkersOfVideo.as_view(), name="api_video_markers"),
    path("markers/", markers.Markers.as_view(), name="api_markers"),
    path("markers/labels/", markers.Labels.as_view(), name="api_labels"),
    path("markers/labels/tags/", markers.LabelTags.as_view(), name="api_label_tags"),
    path("markers/<int:marker_id>/", markers.MarkerView.as_view(), name="api_marker"),
    path("markers/<int:marker_id>/clip/", markers.ClipOfMarker.as_view(), name="api_marker_clip"),
    path("playlists/", playlists.Playlists.as_view(), name="api_playlists"),
    path("playlists/<uuid:public_id>/", playlists.PlaylistView.as_view(), name="api_playlist"),
    path("playlists/<uuid:public_id>/videos/", playlists.PlaylistVideos.as_view(), name="api_playlist_videos"),
    path(
        "playlists/<uuid:public_id>/videos/<int:video_id>/",
        playlists.PlaylistVideo.as_view(),
        name="api_playlist_video",
    ),
    path(
        "playlists/<uuid:public_id>/videos/<int:video_id>/following/",
        playlists.PlaylistFollowing.as_view(),
        name="api_playlist_following",
    ),
    path("playlists/<uuid:public_id>/like/", playlists.PlaylistLikeOf.as_view(), name="api_playlist_like"),
    path("playlists/<uuid:public_id>/duplicate/", playlists.PlaylistCopy.as_view(), name="api_playlist_duplicate"),
    path("playlists/<uuid:public_id>/progress/", playlists.PlaylistPlace.as_view(), name="api_playlist_progress"),
]
