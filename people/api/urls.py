from django.urls import path

from people.api import people

urlpatterns = [
    path("people/", people.Creators.as_view(), name="api_people"),
    path("people/similar/", people.CreatorsSimilar.as_view(), name="api_people_similar"),
    path("people/<uuid:public_id>/", people.CreatorDetail.as_view(), name="api_person"),
    path("people/<uuid:public_id>/related/", people.CreatorRelated.as_view(), name="api_person_related"),
    path("people/<uuid:public_id>/aliases/", people.CreatorAliases.as_view(), name="api_person_aliases"),
    path("people/<uuid:public_id>/merge/", people.CreatorMerge.as_view(), name="api_person_merge"),
    path("people/<uuid:public_id>/links/", people.CreatorLinks.as_view(), name="api_person_links"),
    path("people/<uuid:public_id>/profiles/", people.CreatorProfiles.as_view(), name="api_person_profiles"),
    path(
        "people/<uuid:public_id>/profiles/<int:row_id>/",
        people.CreatorProfileDetail.as_view(),
        name="api_person_profile",
    ),
    path("people/<uuid:public_id>/pictures/", people.CreatorPictures.as_view(), name="api_person_pictures"),
    path(
        "people/<uuid:public_id>/pictures/<int:row_id>/",
        people.CreatorPictureDetail.as_view(),
        name="api_person_picture",
    ),
    path("studios/", people.Studios.as_view(), name="api_studios"),
    path("studios/similar/", people.StudiosSimilar.as_view(), name="api_studios_similar"),
    path("studios/<uuid:public_id>/", people.StudioDetail.as_view(), name="api_studio"),
    path("studios/<uuid:public_id>/related/", people.StudioRelated.as_view(), name="api_studio_related"),
    path("studios/<uuid:public_id>/aliases/", people.StudioAliases.as_view(), name="api_studio_aliases"),
    path("studios/<uuid:public_id>/merge/", people.StudioMerge.as_view(), name="api_studio_merge"),
    path("studios/<uuid:public_id>/links/", people.StudioLinks.as_view(), name="api_studio_links"),
    path("studios/<uuid:public_id>/picture/", people.StudioPicture.as_view(), name="api_studio_picture"),
    path("platforms/", people.Platforms.as_view(), name="api_platforms"),
    path("platforms/<int:row_id>/", people.PlatformDetail.as_view(), name="api_platform"),
]
