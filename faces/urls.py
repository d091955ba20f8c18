from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.urls import path

from faces.views import desk, media, people, search, tracks
from library.access import requires


def _in_admin(view: Callable[..., Any]) -> Callable[..., Any]:
    """A page within the admin, for who may see unknown faces."""
    return requires(*desk.LOOK)(admin.site.admin_view(view))


urlpatterns = [
    path("faces/tracks/<int:track_id>/crop.jpg", media.face_crop, name="face_crop"),
    path("faces/tracks/<int:track_id>/similar/", tracks.similar, name="similar_faces"),
    path("faces/references/<int:reference_id>/crop.jpg", media.reference_crop, name="reference_crop"),
    path("admin/faces/inbox/", _in_admin(desk.inbox_page), name="faces_inbox"),
    path("admin/faces/clusters/", _in_admin(desk.clusters_page), name="faces_clusters"),
    path("admin/faces/clusters/<int:cluster_id>/", _in_admin(desk.cluster_page), name="faces_cluster"),
    path("admin/faces/pairs/", _in_admin(desk.pairs_page), name="faces_pairs"),
    path("faces/photos/<uuid:public_id>/picture.webp", people.reference_photo, name="reference_photo"),
    path("faces/searches/<uuid:public_id>/picture.webp", search.picture, name="photo_search_picture"),
    path("faces/search/", search.search, name="face_search"),
    path("faces/together/", people.together, name="faces_together"),
    path("people/<uuid:public_id>/faces/", people.person_faces, name="person_faces"),
    path("videos/<int:video_id>/faces/", tracks.video_faces, name="video_faces"),
]
