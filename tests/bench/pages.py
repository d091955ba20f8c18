"""Pages and searches at 100,000 videos, 20,000 people and a million tags and credits; run by `make bench AREA=pages`.

Requests go through Django in this process: what is measured is the server's time for a whole page, templates included.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse

# The models can be imported only then.
django.setup()

from config.memory import settle
from config.services.seed.scale import seed_scale
from config.services.seed.words import PLACES, THINGS
from library import queries
from library.filters import encode_filter, parse_filter
from library.models import Tag, User, Video
from library.queries import cursor_at, find_video, sort_of
from library.services.search import rebuild_search
from people.models import Creator, Studio
from tests.bench.more_pages import add_rows, admin_pages, people_pages
from tests.bench.table import Row, show

VIDEOS = 100_000
TARGET_MS = 100.0
MOST_QUERIES = 20
_PAGE_50 = 49 * queries.PAGE_SIZE


@dataclass(frozen=True, slots=True)
class Page:
    """A kind of page; `address` makes a different one each time, so that nothing is measured twice."""

    name: str
    address: Callable[[random.Random], str]
    has_target: bool = True
    headers: tuple[tuple[str, str], ...] = ()


def ask(facet: str, op: str, value: Any) -> dict[str, Any]:
    return {"facet": facet, "op": op, "value": value}


def library(*, text: str = "", sort: str = "", after: str = "", parts: tuple[dict[str, Any], ...] = ()) -> str:
    """An address of the library page."""
    code = encode_filter(parse_filter({"all": list(parts)}))
    named = {"q": text, "sort": sort, "after": after, "f": code}
    return reverse("library") + "?" + "&".join(f"{name}={value}" for name, value in named.items() if value)


def deep(sort: str) -> Callable[[random.Random], str]:
    """Page 50 in an order."""

    def address(rng: random.Random) -> str:
        column = sort_of(sort)
        order = f"-{column.field}" if column.is_descending else column.field
        rows = queries.listed_videos().filter(**{f"{column.field}__isnull": False}).order_by(order)
        video_id = rows.values_list("pk", flat=True)[_PAGE_50 + rng.randrange(100)]
        file = find_video(video_id)
        assert file is not None
        return library(sort=sort, after=cursor_at(file, column).encoded())

    return address


def pages() -> list[Page]:
    """Every kind that is measured."""
    tags = list(Tag.objects.filter(parent__isnull=False).order_by("pk").values_list("pk", flat=True)[:400])
    roots = list(Tag.objects.filter(parent__isnull=True).values_list("pk", flat=True))
    people = [str(one) for one in Creator.objects.order_by("pk").values_list("public_id", flat=True)[:4000]]
    studios = [str(one) for one in Studio.objects.order_by("pk").values_list("public_id", flat=True)[:200]]
    highest = Video.objects.order_by("-pk").values_list("pk", flat=True)[0]

    def word(rng: random.Random) -> str:
        one = rng.choice([*PLACES, *THINGS]).lower().split()[0]
        return one[: rng.randrange(2, len(one) + 1)] if len(one) > 2 else one

    def three(rng: random.Random) -> str:
        parts = (
            ask("tag", "any", [rng.choice(tags)]),
            ask("duration", "gte", rng.randrange(1, 5)),
            {"not": ask("hdr", "is", True)},
        )
        return library(text=word(rng), parts=parts)

    def three_rare(rng: random.Random) -> str:
        parts = (
            ask("creator", "any", [rng.choice(people)]),
            ask("rating", "gte", 3),
            {"any": [ask("studio", "any", [rng.choice(studios)]), ask("resolution", "any", ["1080", "2160"])]},
        )
        return library(text=word(rng), parts=parts)

    def nothing(rng: random.Random) -> str:
        return library(text=f"{word(rng)} zzq{rng.randrange(10**6)}")

    result = [
        Page("library", lambda rng: reverse("library")),
        *(Page(f"library, {sort.label.lower()}", lambda rng, key=sort.key: library(sort=key, text=""))
          for sort in queries.all_sorts() if sort.kind == "column"),
        Page("library, shuffled", lambda rng: library(sort=f"random-{rng.randrange(10**6)}")),
        Page("library, page 50", deep("newest")),
        Page("library by title, page 50", deep("title")),
        Page("library by size, page 50", deep("largest")),
        Page("words", lambda rng: library(text=word(rng))),
        Page("words, by title", lambda rng: library(text=word(rng), sort="title")),
        Page("words, best match", lambda rng: library(text=word(rng), sort="best")),
        Page("words that nothing has", nothing),
        Page("words and 3 filters", three),
        Page("words and 3 other filters", three_rare),
        Page("a tag and what is below", lambda rng: library(parts=(ask("tag", "any", [rng.choice(roots)]),))),
        Page("without a tag", lambda rng: library(parts=({"not": ask("tag", "any", [rng.choice(tags)])},))),
        Page("a person", lambda rng: library(parts=(ask("creator", "any", [rng.choice(people)]),))),
        Page("no tags", lambda rng: library(parts=(ask("tag", "empty", None),))),
        Page("a folder's shelf", lambda rng: library(parts=(ask("path", "under", f"shelf {rng.randrange(400)}"),))),
        Page("not begun", lambda rng: library(parts=(ask("watched", "any", ["unwatched"]),))),
        Page("suggestions", lambda rng: f"/search/suggestions/?q={word(rng)}"),
        Page("the panel of filters", lambda rng: "/search/filters/"),
        Page("a video", lambda rng: reverse("watch", args=(rng.randrange(1, highest) // 499 * 499 + 1,))),
        Page("admin: videos", lambda rng: reverse("admin:library_video_changelist")),
        Page("admin: videos, words", lambda rng: reverse("admin:library_video_changelist") + f"?q={word(rng)}"),
        Page("admin: videos, 3 filters",
             lambda rng: reverse("admin:library_video_changelist") + "?" + three(rng).partition("?")[2]),
    ]  # fmt: skip
    return [*result, *(Page(name, address) for name, address in [*people_pages(), *admin_pages()])]


def _timed(client: Client, address: str, page: Page) -> tuple[Any, float, int]:
    """The answer, what it took in milliseconds, and how many statements were sent."""
    with CaptureQueriesContext(connection) as asked:
        began = time.perf_counter()
        response = client.get(address, headers=dict(page.headers))
        took = 1000 * (time.perf_counter() - began)
    return response, took, len(asked)


def measured(client: Client, page: Page, times: int) -> Row:
    """p50 and p95 of `times` requests after two to warm up, and the most statements of any."""
    rng = random.Random(page.name)
    milliseconds: list[float] = []
    statements: set[int] = set()
    for number, address in enumerate(islice(iter(lambda: page.address(rng), None), times + 2)):
        # The log keeps only the last 9,000.
        reset_queries()
        response, took, asked = _timed(client, address, page)
        if response.status_code == 302 and response.url.startswith("/admin/"):
            # Settings of which there is one row; a pair of duplicates, which opens its comparison.
            response, took, asked = _timed(client, response.url, page)
        if response.status_code != 200:
            return Row(page.name, f"{response.status_code} for {address}", "", "", False)
        if number > 1:
            milliseconds.append(took)
            statements.add(asked)
    p95 = statistics.quantiles(milliseconds, n=20, method="inclusive")[-1]
    return Row(
        page.name,
        f"p50 {statistics.median(milliseconds):.0f} ms, p95 {p95:.0f} ms",
        f"{min(statements)} to {max(statements)} statements"
        if len(statements) > 1
        else f"{max(statements)} statements",
        f"p95 {TARGET_MS:.0f} ms, {MOST_QUERIES} statements" if page.has_target else "",
        (p95 < TARGET_MS and max(statements) <= MOST_QUERIES) if page.has_target else None,
    )


def run(*, full: bool = False) -> bool:
    """Prints the table; False when a page is too slow. `full` asks each page more often."""
    call_command("migrate", verbosity=0)
    owner = User.owners().order_by("pk").first() or User.objects.create_superuser("bench")
    if not Video.objects.exists():
        began = time.perf_counter()
        made = seed_scale(videos=VIDEOS, user=owner)
        rebuild_search()
        add_rows(owner)
        print(f"{made} in {time.perf_counter() - began:.0f} s")
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(STORAGES=settings.STORAGES | plain, ALLOWED_HOSTS=["*"]):
        client = Client(raise_request_exception=False)
        client.force_login(owner)
        # As in a web process (config/gunicorn.py).
        settle()
        rows = [measured(client, page, 100 if full else 30) for page in pages()]
    return show("Pages", rows)


if __name__ == "__main__":
    sys.exit(0 if run(full="--full" in sys.argv) else 1)
