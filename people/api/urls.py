from django.urls import path

from people.api import creators, platforms, studios

urlpatterns = [
    path("people/", creators.Creators.as_view(), name="api_people"),
    path("people/similar/", creators.CreatorsSimilar.as_view(), name="api_people_similar"),
    path("people/<uuid:public_id>/", creators.CreatorDetail.as_view(), name="api_person"),
    path("people/<uuid:public_id>/related/", creators.CreatorRelated.as_view(), name="api_person_related"),
    path("people/<uuid:public_id>/aliases/", creators.CreatorAliases.as_view(), name="api_person_aliases"),
    path("people/<uuid:public_id>/merge/", creators.CreatorMerge.as_view(), name="api_person_merge"),
    path("people/<uuid:public_id>/links/", creators.CreatorLinks.as_view(), name="api_person_links"),
    path("people/<uuid:public_id>/profiles/", creators.CreatorProfiles.as_view(), name="api_person_profiles"),
    path(
        "people/<uuid:public_id>/profiles/<int:row_id>/",
        creators.CreatorProfileDetail.as_view(),
        name="api_person_profile",
    ),
    path("people/<uuid:public_id>/pictures/", creators.CreatorPictures.as_view(), name="api_person_pictures"),
    path(
        "people/<uuid:public_id>/pictures/<int:row_id>/",
        creators.CreatorPictureDetail.as_view(),
        name="api_person_picture",
    ),
    path("studios/", studios.Studios.as_view(), name="api_studios"),
    path("studios/similar/", studios.StudiosSimilar.as_view(), name="api_studios_similar"),
    path("studios/<uuid:public_id>/", studios.StudioDetail.as_view(), name="api_studio"),
    path("studios/<uuid:public_id>/related/", studios.StudioRelated.as_view(), name="api_studio_related"),
    path("studios/<uuid:public_id>/aliases/", studios.StudioAliases.as_view(), name="api_studio_aliases"),
    path("studios/<uuid:public_id>/merge/", studios.StudioMerge.as_view(), name="api_studio_merge"),
    path("studios/<uuid:public_id>/links/", studios.StudioLinks.as_view(), name="api_studio_links"),
    path("studios/<uuid:public_id>/picture/", studios.StudioPicture.as_view(), name="api_studio_picture"),
    path("platforms/", platforms.Platforms.as_view(), name="api_platforms"),
    path("platforms/<int:row_id>/", platforms.PlatformDetail.as_view(), name="api_platform"),
]
