"""What an address of the library asks for: words, a filter, an order, a place in it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from library import queries
from library.filters import EVERYTHING, FilterError, Group, decode_filter, encode_filter
from library.filters.words import text_query
from library.models import User, Video
from library.models.video import VideoQuerySet
from library.queries import BoundedCount, Selection, VideoPage
from library.sorting import MOST_SEEDS, NEWEST, RANDOM, Cursor, Sort, sort_of


@dataclass(frozen=True, slots=True)
class Wish:
    """`show` is how many tiles, where Back should find them again. `problem` says why the filter can't be read: then
    nothing is shown. `base` is the page it belongs to, the library's or a saved search's. `default` is the order of
    an address that names none: what the user likes, or the saved search's own.
    """

    sort: Sort = NEWEST
    text: str = ""
    filter: Group = EVERYTHING
    after: Cursor | None = None
    show: int = queries.PAGE_SIZE
    problem: str = ""
    base: str = ""
    default: Sort = NEWEST

    @classmethod
    def of(cls, query: Mapping[str, str], *, default: Sort = NEWEST, page_size: int = 0) -> "Wish":
        """Raises CursorError on a broken `after`; an unreadable filter is the `problem`, other junk the default."""
        page_size = page_size or queries.PAGE_SIZE
        after, show, problem, chosen = query.get("after", ""), query.get("show", ""), "", EVERYTHING
        count = int(show) if show.isascii() and show.isdigit() and len(show) < 6 else page_size
        try:
            chosen = decode_filter(query.get("f", ""))
        except FilterError as error:
            problem = str(error)
        return cls(
            sort_of(query["sort"]) if query.get("sort") else default,
            query.get("q", "").strip().replace("\0", ""),
            chosen,
            Cursor.decoded(after) if after else None,
            min(max(count, page_size), queries.MOST_AT_ONCE),
            problem,
            default=default,
        )

    @property
    def code(self) -> str:
        """The filter as an address has it."""
        return encode_filter(self.filter)

    def address(self, **more: str | int) -> str:
        """The page of the same words, filter and order."""
        parts = ({} if self.base else self._selection()) | self._order() | more
        return self._with(parts)

    def filtered(self, code: str) -> str:
        """The library with another filter, from its start."""
        return self._with({"q": self.text} | self._order() | {"f": code}, is_library=True)

    def sorted_by(self, sort: Sort) -> str:
        """The same in another order; a new shuffle each time it is asked for."""
        seeded = replace(RANDOM, seed=secrets.randbelow(MOST_SEEDS)) if sort.kind == "random" else sort
        return self._with(({} if self.base else self._selection()) | replace(self, sort=seeded)._order())

    def cleared(self) -> str:
        """The same without words."""
        return replace(self, text="", base="").address()

    def carried(self, **more: str) -> str:
        """What links carry on, so that "Up next" and the line of progress know the selection; no question mark."""
        order = {} if self.sort == NEWEST == self.default else {"sort": self.sort.address}
        return _encoded(self._selection() | order | more)

    @property
    def is_plain(self) -> bool:
        """Newest first, everything, from the start: the page that new videos are offered on."""
        return self.sort == NEWEST and not (self.text or self.filter or self.after or self.problem or self.base)

    @property
    def is_selective(self) -> bool:
        """Whether words or a filter leave something out."""
        return bool(self.text or self.filter)

    @property
    def has_no_words(self) -> bool:
        """Whether there are only signs in the search box: that finds nothing, never everything."""
        return bool(self.text) and not text_query(self.text)

    def page(
        self, user: User, *, after: Cursor | None = None, limit: int = 0, matching: VideoQuerySet | None = None
    ) -> VideoPage:
        """The videos it asks for; none while there is a problem. Raises CursorError on a place of another order."""
        if self.problem or self.has_no_words:
            return VideoPage([], None)
        return queries.list_videos(
            sort=self.sort, text=self.text, filter=self.filter, user=user,
            after=after or self.after, limit=limit or self.show, matching=matching,
        )  # fmt: skip

    def selection(self, user: User) -> Selection:
        """Which videos it asks for and how many, for a page that shows both. One query; none where it asks for none."""
        if self.problem or self.has_no_words:
            return Selection(Video.objects.none(), BoundedCount(0, True))
        return queries.select_videos(sort=self.sort, text=self.text, filter=self.filter, user=user)

    def _selection(self) -> dict[str, Any]:
        return {"q": self.text, "f": self.code}

    def _order(self) -> dict[str, Any]:
        return {} if self.sort == self.default else {"sort": self.sort.address}

    def _with(self, parts: dict[str, Any], *, is_library: bool = False) -> str:
        query = _encoded(parts)
        return (reverse("library") if is_library else self.base or reverse("library")) + (f"?{query}" if query else "")


def _encoded(parts: Mapping[str, Any]) -> str:
    return urlencode({name: value for name, value in parts.items() if value})
