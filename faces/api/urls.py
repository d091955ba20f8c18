from django.urls import path

from faces.api import references, searches, tracks

urlpatterns = [
    path("faces/tracks/", tracks.FaceTracks.as_view(), name="api_face_tracks"),
    path("faces/tracks/name/", tracks.NameFaceTracks.as_view(), name="api_name_face_tracks"),
    path("faces/tracks/set-aside/", tracks.SetFaceTracksAside.as_view(), name="api_set_face_tracks_aside"),
    path("faces/tracks/unname/", tracks.UnnameFaceTracks.as_view(), name="api_unname_face_tracks"),
    path("faces/tracks/delete/", tracks.DeleteFaceTracks.as_view(), name="api_delete_face_tracks"),
    path("faces/tracks/<int:track_id>/", tracks.FaceTrackDetail.as_view(), name="api_face_track"),
    path("faces/tracks/<int:track_id>/split/", tracks.SplitFaceTrack.as_view(), name="api_split_face_track"),
    path("faces/tracks/<int:track_id>/reject/", tracks.RejectFaceTrack.as_view(), name="api_reject_face_track"),
    path("faces/tracks/<int:track_id>/similar/", tracks.SimilarFaceTracks.as_view(), name="api_similar_face_tracks"),
    path("faces/boxes/", tracks.DrawnFaces.as_view(), name="api_drawn_faces"),
    path("faces/boxes/<int:box_id>/", tracks.DrawnFace.as_view(), name="api_drawn_face"),
    path("videos/<int:video_id>/faces/", tracks.FacesOfVideo.as_view(), name="api_faces_of_video"),
    path("faces/references/", references.FaceReferences.as_view(), name="api_face_references"),
    path("faces/references/<int:reference_id>/", references.FaceReferenceDetail.as_view(), name="api_face_reference"),
    path(
        "faces/references/<int:reference_id>/primary/",
        references.PrimaryFaceReference.as_view(),
        name="api_primary_face_reference",
    ),
    path("faces/photos/<uuid:public_id>/", references.ReferencePhotoView.as_view(), name="api_reference_photo"),
    path("faces/searches/", searches.PhotoSearches.as_view(), name="api_photo_searches"),
    path("faces/searches/<uuid:public_id>/", searches.OnePhotoSearch.as_view(), name="api_photo_search"),
    path("faces/moments/", searches.FaceMoments.as_view(), name="api_face_moments"),
]
