from django.urls import path

from playback.api.playback import Playback

urlpatterns = [path("videos/<int:video_id>/playback/", Playback.as_view(), name="api_playback")]
