from django.urls import path

from playback.api import home, preferences, sessions, watched
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
]
