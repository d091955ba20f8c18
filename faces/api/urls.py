from django.urls import path

from faces.api import clusters, pairs, suggestions

urlpatterns = [
    path("faces/suggestions/", suggestions.FaceSuggestions.as_view(), name="api_face_suggestions"),
    path("faces/suggestions/people/", suggestions.FaceSuggestionPeople.as_view(), name="api_face_suggestion_people"),
    path("faces/suggestions/answers/", suggestions.FaceSuggestionAnswers.as_view(), name="api_face_answers"),
    path("faces/clusters/", clusters.FaceClusters.as_view(), name="api_face_clusters"),
    path("faces/clusters/merge/", clusters.FaceClusterMerge.as_view(), name="api_face_clusters_merge"),
    path("faces/clusters/hide/", clusters.FaceClusterHide.as_view(), name="api_face_clusters_hide"),
    path("faces/clusters/<int:cluster_id>/", clusters.FaceClusterDetail.as_view(), name="api_face_cluster"),
    path("faces/clusters/<int:cluster_id>/faces/", clusters.FaceClusterFaces.as_view(), name="api_face_cluster_faces"),
    path("faces/clusters/<int:cluster_id>/name/", clusters.FaceClusterName.as_view(), name="api_face_cluster_name"),
    path("faces/clusters/<int:cluster_id>/split/", clusters.FaceClusterSplit.as_view(), name="api_face_cluster_split"),
    path("faces/pairs/", pairs.FacePairs.as_view(), name="api_face_pairs"),
    path("faces/pairs/answers/", pairs.FacePairAnswers.as_view(), name="api_face_pair_answers"),
]
