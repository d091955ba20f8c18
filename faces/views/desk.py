"""The admin's pages where faces get their names: the inbox, unknown people, pairs. They read and write by the API."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from faces.likeness import bands_of
from faces.models import FaceSettings
from faces.queries import clusters, inbox
from library.access import may
from people.models import Creator

LOOK = ("faces.view_facetrack", "faces.view_facecluster")
# More people than this are found by typing, not in a list.
_PEOPLE_OFFERED = 100


def inbox_page(request: HttpRequest) -> HttpResponse:
    """`?person=`, `?least=`, `?sort=`: which questions, and their order."""
    waiting = inbox.list_waiting(limit=_PEOPLE_OFFERED)
    person = request.GET.get("person", "")
    is_offered = any(str(one.person.row.public_id) == person for one in waiting)
    context = _context(
        request,
        "Face inbox",
        waiting=waiting,
        bands=bands_of(FaceSettings.load()),
        sorts=inbox.SORTS.items(),
        person=person,
        other=None if is_offered else _person(person),
        least=request.GET.get("least", ""),
        sort=request.GET.get("sort", "person"),
        begun=inbox.how_far(),
    )
    return TemplateResponse(request, "admin/faces/inbox.html", context)


def _person(public_id: str) -> Creator | None:
    """Whom an address names; None for nobody."""
    try:
        return Creator.objects.in_use().filter(public_id=UUID(public_id)).first()
    except ValueError:
        return None


def clusters_page(request: HttpRequest) -> HttpResponse:
    """Unknown people by reach; `?hidden=1` the hidden ones."""
    is_hidden = bool(request.GET.get("hidden"))
    context = _context(
        request,
        "Unknown people",
        is_hidden=is_hidden,
        hidden_count=clusters.count_hidden(),
        begun=inbox.how_far(),
    )
    return TemplateResponse(request, "admin/faces/clusters.html", context)


def cluster_page(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """All faces of one unknown person. One who was named or joined meanwhile leads back to the list."""
    found = clusters.find_cluster(cluster_id)
    if found is None:
        return redirect(f"{reverse('faces_clusters')}?gone=1")
    context = _context(
        request,
        str(found.row),
        found=found,
        hints=clusters.looks_like(found.row),
        near=clusters.near_clusters(found.row),
        changes=clusters.changes_of_cluster(found.row),
        parent=("Unknown people", reverse("faces_clusters")),
    )
    return TemplateResponse(request, "admin/faces/cluster.html", context)


def pairs_page(request: HttpRequest) -> HttpResponse:
    """Two at a time: the same person, or not."""
    return TemplateResponse(request, "admin/faces/pairs.html", _context(request, "Same person?", begun=inbox.how_far()))


def _context(request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
    return {
        **admin.site.each_context(request),
        "title": title,
        "may_answer": may(request, "faces.change_facetrack"),
        "may_group": may(request, "faces.change_facetrack", "faces.change_facecluster"),
        "may_create": may(request, "people.add_creator"),
        **more,
    }
