"""The pages of one person and of one studio."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from library.access import requires
from people import queries
from people.models import Creator
from people.views.videos import render_with_videos


@requires("library.view_video")
@require_safe
def person(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """`/people/<public id>/`: a profile, and the videos that somebody is in. 404 for one in the trash."""
    creator = get_object_or_404(queries.profiled_creators(), public_id=public_id)
    context: dict[str, Any] = {"person": creator}
    if not _is_piece(request):
        pictures = list(creator.pictures.all()[:12])
        context |= {
            "card": queries.creator_card(creator, pictures),
            "pictures": pictures[1:],
            "facts": _facts(creator),
            "texts": _texts(creator),
            "studios": queries.studios_of(creator),
            "costars": queries.costars(creator),
        }
    return render_with_videos(
        request, "people/person.html", facet="creator", value=str(creator.public_id), context=context
    )


@requires("library.view_video")
@require_safe
def studio(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """`/studios/<public id>/`: what it is part of, what is part of it, its videos and theirs. 404 for a trashed one."""
    found = get_object_or_404(queries.profiled_studios(), public_id=public_id)
    context: dict[str, Any] = {"studio": found}
    if not _is_piece(request):
        above = [one for one in (found.parent, found.network) if one is not None and one.trashed_at is None]
        parts, members = queries.below(found)
        context |= {
            "card": queries.studio_cards([found])[0],
            "parent": found.parent if found.parent in above else None,
            "network": found.network if found.network in above and found.network != found.parent else None,
            "parts": parts,
            "members": members,
            "people": queries.people_of(found),
        }
    return render_with_videos(
        request, "people/studio.html", facet="studio", value=str(found.public_id), context=context
    )


def _is_piece(request: HttpRequest) -> bool:
    """Whether htmx asks for more tiles only; nothing else of the page is read then."""
    return request.headers.get("HX-Target") == "more" and request.headers.get("HX-History-Restore-Request") != "true"


def _facts(creator: Creator) -> list[tuple[str, str]]:
    """What is known, as name and value, in the order of the page."""
    years = [str(year) if year else "" for year in (creator.career_start_year, creator.career_end_year)]
    facts = [
        ("Gender", creator.get_gender_display() if creator.gender else ""),
        ("Born", _day(creator.birth_date) + _age(creator)),
        ("Died", _day(creator.death_date)),
        ("From", creator.birthplace),
        ("Nationality", creator.nationality),
        ("Ethnicity", creator.ethnicity),
        ("Star sign", creator.astrology),
        ("Active", "–".join(years) if any(years) else ""),
        ("Height", f"{creator.height_cm} cm" if creator.height_cm else ""),
        ("Weight", f"{creator.weight_kg} kg" if creator.weight_kg else ""),
        ("Measurements", creator.measurements),
        ("Cup size", creator.cup_size),
        ("Hair", creator.hair_color),
        ("Eyes", creator.eye_color),
        ("Implants", _yes(creator.has_implants)),
        ("Same sex only", _yes(creator.is_same_sex_only)),
    ]
    return [(name, value) for name, value in facts if value]


def _texts(creator: Creator) -> list[tuple[str, str]]:
    return [(name, text) for name, text in (("Tattoos", creator.tattoos), ("Piercings", creator.piercings)) if text]


def _day(day: date | None) -> str:
    return f"{day:%B} {day.day}, {day.year}" if day else ""


def _age(creator: Creator) -> str:
    """How old they are, or were."""
    if creator.birth_date is None:
        return ""
    until = creator.death_date or timezone.localdate()
    born = creator.birth_date
    years = until.year - born.year - ((until.month, until.day) < (born.month, born.day))
    return f" ({years})" if years >= 0 else ""


def _yes(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"
