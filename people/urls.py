from django.urls import path

from people.views import lists, profiles, tags

urlpatterns = [
    path("people/", lists.people, name="people"),
    path("people/<uuid:public_id>/", profiles.person, name="person"),
    path("studios/", lists.studios, name="studios"),
    path("studios/<uuid:public_id>/", profiles.studio, name="studio"),
    path("tags/", tags.tags, name="tags"),
    path("tags/<int:tag_id>/", tags.tag, name="tag"),
]
