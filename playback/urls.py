from django.urls import path

from playback import views

urlpatterns = [
    path("videos/<int:video_id>/", views.watch, name="watch"),
    path("videos/<int:video_id>/stream", views.stream, name="stream"),
    path("videos/<int:video_id>/chapters.vtt", views.chapters, name="chapters"),
    path("videos/<int:video_id>/progress", views.progress, name="progress"),
]
