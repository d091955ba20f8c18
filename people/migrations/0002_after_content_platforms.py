"""The sites where creators commonly have profiles."""

from django.db import migrations

PLATFORMS = {
    "Clips4Sale": "https://www.clips4sale.com/studio/",
    "Facebook": "https://www.facebook.com/",
    "Fansly": "https://fansly.com/",
    "Instagram": "https://www.instagram.com/",
    "LoyalFans": "https://www.loyalfans.com/",
    "ManyVids": "https://www.manyvids.com/Profile/",
    "OnlyFans": "https://onlyfans.com/",
    "Patreon": "https://www.patreon.com/",
    "Reddit": "https://www.reddit.com/user/",
    "TikTok": "https://www.tiktok.com/@",
    "Twitch": "https://www.twitch.tv/",
    "Vimeo": "https://vimeo.com/",
    "X": "https://x.com/",
    "YouTube": "https://www.youtube.com/@",
}


def add_platforms(apps, schema_editor):
    """Adds those that are not there by name."""
    platform = apps.get_model("people", "Platform")
    known = {name.lower() for name in platform.objects.values_list("name", flat=True)}
    missing = [name for name in PLATFORMS if name.lower() not in known]
    platform.objects.bulk_create(platform(name=name, base_url=PLATFORMS[name]) for name in missing)


def remove_platforms(apps, schema_editor):
    """Removes those that nobody uses; the others are the owner's by now."""
    platform = apps.get_model("people", "Platform")
    platform.objects.filter(name__in=PLATFORMS, profiles=None).delete()


class Migration(migrations.Migration):
    dependencies = [("people", "0001_content")]
    operations = [migrations.RunPython(add_platforms, remove_platforms)]
