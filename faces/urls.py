from django.urls import path

from faces.views import media, people, search, tracks

urlpatterns = [
    path("faces/tracks/<int:track_id>/crop.jpg", media.face_crop, name="face_crop"),
    path("faces/tracks/<int:track_id>/similar/", tracks.similar, name="similar_faces"),
    path("faces/references/<int:reference_id>/crop.jpg", media.reference_crop, name="reference_crop"),
    path("faces/photos/<uuid:public_id>/picture.webp", people.reference_photo, name="reference_photo"),
    path("faces/searches/<uuid:public_id>/picture.webp", search.picture, name="photo_search_picture"),
    path("faces/search/", search.search, name="face_search"),
    path("faces/together/", people.together, name="faces_together"),
    path("people/<uuid:public_id>/faces/", people.person_faces, name="person_faces"),
    path("videos/<int:video_id>/faces/", tracks.video_faces, name="video_faces"),
]
