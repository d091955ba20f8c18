from django.urls import path

from faces.views import media

urlpatterns = [
    path("faces/tracks/<int:track_id>/crop.jpg", media.face_crop, name="face_crop"),
    path("faces/references/<int:reference_id>/crop.jpg", media.reference_crop, name="reference_crop"),
]
