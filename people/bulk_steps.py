"""People and studios on many videos at once. Loaded when Django starts."""

from library.services.bulk_edit import register_bulk_step
from library.services.bulk_links import LinkKind, link_step
from people.models import Creator, Credit, Studio, VideoStudio
from people.services.creators import find_or_create_creator
from people.services.credits import edit_credits, edit_studios
from people.services.studios import find_or_create_studio

PEOPLE = LinkKind(
    key="people",
    one="person",
    many="people",
    link=Credit,
    column="creator",
    targets=Creator.objects.in_use,
    find_or_create=lambda name, user: find_or_create_creator(name=name, user=user).row.pk,
    edit=edit_credits,
    order=20,
)
STUDIOS = LinkKind(
    key="studios",
    one="studio",
    many="studios",
    link=VideoStudio,
    column="studio",
    targets=Studio.objects.in_use,
    find_or_create=lambda name, user: find_or_create_studio(name=name, user=user).row.pk,
    edit=edit_studios,
    order=30,
)

for _kind in (PEOPLE, STUDIOS):
    register_bulk_step(link_step(_kind))
