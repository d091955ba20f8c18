from django.urls import path

from playback.api.playback import Playback
from playback.api.share_links import OneShareLink, SharedThing, ShareLinks

urlpatterns = [
    path("videos/<int:video_id>/playback/", Playback.as_view(), name="api_playback"),
    path("share-links/", ShareLinks.as_view(), name="api_share_links"),
    path("share-links/<uuid:public_id>/", OneShareLink.as_view(), name="api_share_link"),
    path("shared/<str:token>/", SharedThing.as_view(), name="api_shared"),
]
