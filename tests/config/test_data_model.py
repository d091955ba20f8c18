"""docs/data-model.md says what the database has, and where everything of the four earlier systems has gone."""

import re

import pytest
from django.db import connection

from tests.config.data_model import APPS, DOCUMENT, Catalogue, read_catalogue, render, split
from tests.config.legacy_schema import SYSTEMS

pytestmark = pytest.mark.django_db
_OURS = re.compile(rf"(?:{'|'.join(APPS)}|auth)_[a-z0-9_]+(?:\.[a-z0-9_]+)?")
# Told with the columns, by rule: keys, foreign keys, `unique`, Django's checks of positive numbers, single indexes.
_BY_RULE = re.compile(r"_pkey$|_fk_|_key$|_check$|_[0-9a-f]{8}(_like|_uniq)?$")


@pytest.fixture
def catalogue(db: None) -> Catalogue:
    return read_catalogue()


@pytest.fixture(scope="module")
def text() -> str:
    return DOCUMENT.read_text()


def _section(text: str, title: str) -> str:
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def _cells(section: str, *, ours: bool) -> str:
    """Of the tables of a system's section the left cells (theirs), or all other words (ours)."""
    rows = [line.split(" | ", 1) for line in section.splitlines() if line.startswith("| ")]
    if not ours:
        return "\n".join(row[0] for row in rows)
    # Within the right cells, what stands before an arrow is a column of theirs.
    return "\n".join(re.sub(r"(?:`\w+`(?:, | and )?)+ →", "", row[-1]) for row in rows)


def test_the_appendix_is_what_the_database_has(catalogue: Catalogue, text: str) -> None:
    _, appendix, _ = split(text)

    assert appendix == render(catalogue), "Run: python -m tests.config.data_model"


def test_every_name_of_ours_exists(catalogue: Catalogue, text: str) -> None:
    introduction = split(text)[0]
    for title in SYSTEMS:
        section = _section(introduction, title)
        introduction = introduction.replace(section, _cells(section, ours=True))
    used = {name for name in re.findall(r"`([^`\n]+)`", introduction) if _OURS.fullmatch(name)}

    assert len(used) > 200
    assert used - catalogue.names() - _names_of_django() == set()


def _names_of_django() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname LIKE 'auth\\_%'")
        return {name for (name,) in cursor.fetchall()}


def test_every_table_of_ours_is_introduced(catalogue: Catalogue, text: str) -> None:
    introduction = split(text)[0].split("\n## System A", 1)[0]

    assert [name for name in catalogue.tables if f"`{name}`" not in introduction] == []


def test_every_constraint_and_index_is_named_or_told_with_its_column(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, conrelid::regclass::text FROM pg_constraint WHERE contype NOT IN ('n', 't')"
            " UNION SELECT indexrelid::regclass::text, indrelid::regclass::text FROM pg_index"
        )
        of_ours = [(name, table) for name, table in cursor.fetchall() if table.startswith(tuple(f"{a}_" for a in APPS))]
    events = set(read_catalogue().events.values())
    missing = [name for name, table in of_ours if table not in events and f"`{name}`" not in text]

    assert [name for name in missing if not _BY_RULE.search(name)] == []


@pytest.mark.parametrize("title", SYSTEMS)
def test_everything_that_their_document_names_is_there(text: str, title: str) -> None:
    theirs = set(re.findall(r"`([^`]+)`", _cells(_section(text, title), ours=False)))
    tables, others = SYSTEMS[title]

    assert [name for name in (*tables, *others) if name not in theirs] == []


@pytest.mark.parametrize("title", SYSTEMS)
def test_nothing_of_theirs_is_left_without_a_word(text: str, title: str) -> None:
    rows = [line for line in _section(text, title).splitlines() if line.startswith("| ")]

    assert [row for row in rows if len(row.split(" | ", 1)[-1].strip(" |")) < 4] == []
