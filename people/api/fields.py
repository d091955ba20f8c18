"""People and studios as answers have them."""

from typing import Any

from rest_framework import serializers

from library.api.rows import VersionedSerializer
from people.models import Creator, CreatorPicture, CreatorProfile, Platform, SocialLink, Studio
from people.queries import Card


class CardSerializer(serializers.Serializer[Any]):
    """A person or a studio in a list. The count leaves out what lies in the trash."""

    id = serializers.UUIDField(source="row.public_id")
    name = serializers.CharField(source="row.name")
    disambiguation = serializers.CharField(source="row.disambiguation")
    picture = serializers.SerializerMethodField()
    video_count = serializers.IntegerField()

    def get_picture(self, card: Card) -> str | None:
        return card.picture or None


class CardPageSerializer(serializers.Serializer[Any]):
    """A page of people or studios."""

    results = CardSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    next_cursor = serializers.CharField(allow_null=True)


class LinkSerializer(serializers.ModelSerializer[SocialLink]):
    """A link to a site."""

    class Meta:
        model = SocialLink
        fields = ["id", "platform_name", "url"]


class ProfileSerializer(serializers.ModelSerializer[CreatorProfile]):
    """A profile on a platform, at most one on each."""

    platform_name = serializers.CharField(source="platform.name", read_only=True)

    class Meta:
        model = CreatorProfile
        fields = ["id", "platform", "platform_name", "username", "profile_url", "is_primary"]


class CreatorPictureSerializer(serializers.ModelSerializer[CreatorPicture]):
    """A picture of a person; `image` is its address on this server."""

    image = serializers.CharField(source="image.url", read_only=True)

    class Meta:
        model = CreatorPicture
        fields = ["id", "image", "is_primary", "source"]


class PlatformSerializer(VersionedSerializer):
    """A site where people have profiles."""

    class Meta:
        model = Platform
        fields = ["id", "version", "name", "base_url"]


class CreatorSerializer(VersionedSerializer):
    """A person. Two of one name are told apart by `disambiguation`."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    aliases = serializers.SlugRelatedField[Any](many=True, read_only=True, slug_field="name")
    pictures = CreatorPictureSerializer(many=True, read_only=True)
    profiles = ProfileSerializer(many=True, read_only=True)
    links = LinkSerializer(source="social_links", many=True, read_only=True)
    page = serializers.CharField(source="get_absolute_url", read_only=True)

    class Meta:
        model = Creator
        fields = [
            "id", "version", "name", "disambiguation", "description", "is_verified", "gender", "birth_date",
            "death_date", "birthplace", "nationality", "ethnicity", "astrology", "career_start_year",
            "career_end_year", "height_cm", "weight_kg", "measurements", "cup_size", "hair_color", "eye_color",
            "tattoos", "piercings", "has_implants", "is_same_sex_only", "image_url", "aliases", "pictures", "profiles",
            "links", "page", "created_at", "updated_at",
        ]  # fmt: skip


class StudioSerializer(VersionedSerializer):
    """A studio, perhaps part of another and of a network, which are named by their public ids."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    parent = serializers.SlugRelatedField(
        queryset=Studio.objects.in_use(), slug_field="public_id", allow_null=True, required=False
    )
    network = serializers.SlugRelatedField(
        queryset=Studio.objects.in_use(), slug_field="public_id", allow_null=True, required=False
    )
    rating = serializers.DecimalField(
        max_digits=3,
        decimal_places=1,
        min_value=0,
        max_value=10,
        allow_null=True,
        required=False,
        coerce_to_string=False,
    )
    aliases = serializers.SlugRelatedField[Any](many=True, read_only=True, slug_field="name")
    links = LinkSerializer(source="social_links", many=True, read_only=True)
    logo = serializers.SerializerMethodField()
    poster = serializers.SerializerMethodField()
    favicon = serializers.SerializerMethodField()
    page = serializers.CharField(source="get_absolute_url", read_only=True)

    class Meta:
        model = Studio
        fields = [
            "id", "version", "name", "disambiguation", "short_name", "url", "description", "parent", "network",
            "rating", "is_verified", "logo", "poster", "favicon", "aliases", "links", "page", "created_at",
            "updated_at",
        ]  # fmt: skip

    def get_logo(self, row: Studio) -> str | None:
        return row.logo.url if row.logo else None

    def get_poster(self, row: Studio) -> str | None:
        return row.poster.url if row.poster else None

    def get_favicon(self, row: Studio) -> str | None:
        return row.favicon.url if row.favicon else None
