"""How the text of a video that search looks in is kept: sources of words and the triggers that follow them.

Every column of `VideoText` has a source. Triggers of every table a source reads rewrite the column for the videos
that a statement touched, so that bulk writes, SQL and cascades count, at one statement more whatever their number.
"""

from dataclasses import dataclass

import pgtrigger

from library.models.triggers import planned_anew, statement_trigger


@dataclass(frozen=True, slots=True)
class TextSource:
    """Where columns of `VideoText` get their words.

    `sql` selects `video_id` and one folded text under each column's name, a row for each video of the subquery
    `{ids}` (which has the one column `video_id`), also for videos that have no words.
    """

    columns: tuple[str, ...]
    sql: str

    def update(self, ids: str) -> str:
        """The statement that rewrites the columns of these videos where they differ.

        The words are put together first, whatever PostgreSQL believes of the tables: with statistics from when there
        were no videos yet it would do that again for each row that is there.
        """
        settings = ", ".join(f"{column} = fresh.{column}" for column in self.columns)
        differs = " OR ".join(f"kept.{column} IS DISTINCT FROM fresh.{column}" for column in self.columns)
        return (
            f"WITH fresh AS MATERIALIZED ({self.sql.format(ids=ids)})"
            f" UPDATE library_videotext AS kept SET {settings} FROM fresh"
            f" WHERE kept.video_id = fresh.video_id AND ({differs})"
        )

    def differing(self, ids: str) -> str:
        """A query for the videos whose kept words are not what the source says; one without a row counts."""
        differs = " OR ".join(f"kept.{column} IS DISTINCT FROM fresh.{column}" for column in self.columns)
        return (
            f"SELECT fresh.video_id FROM ({self.sql.format(ids=ids)}) AS fresh"
            f" LEFT JOIN library_videotext AS kept ON kept.video_id = fresh.video_id WHERE {differs}"
        )


_SOURCES: list[TextSource] = []


def register_text_source(source: TextSource) -> TextSource:
    """Makes a source known to the rebuild and to its check."""
    _SOURCES.append(source)
    return source


def text_sources() -> list[TextSource]:
    """Every source, the library's own first."""
    return list(_SOURCES)


_OWN_WORDS = """
        SELECT video.id AS video_id, videothek_fold(video.title) AS title_text,
               videothek_fold(concat_ws(' ', left(video.description, 30000), video.original_file_name)) AS own_text
"""
OWN = register_text_source(
    TextSource(
        ("title_text", "own_text"),
        f"{_OWN_WORDS} FROM library_video AS video WHERE video.id IN (SELECT video_id FROM ({{ids}}) AS asked)",
    )
)
FILES = register_text_source(
    TextSource(
        ("file_text",),
        """
        SELECT ids.video_id,
               COALESCE(videothek_fold(left(string_agg(file.relative_path, ' ' ORDER BY file.id), 20000)), '')
                   AS file_text
          FROM ({ids}) AS ids LEFT JOIN library_videofile AS file ON file.video_id = ids.video_id
         GROUP BY ids.video_id
        """,
    )
)
TAGS = register_text_source(
    TextSource(
        ("tag_text",),
        """
        SELECT ids.video_id,
               COALESCE(videothek_fold(left(string_agg(words.name, ' ' ORDER BY words.tag_id, words.id), 20000)), '')
                   AS tag_text
          FROM ({ids}) AS ids
          LEFT JOIN (
            SELECT link.video_id, tag.id AS tag_id, 0 AS id, tag.name
              FROM library_videotag AS link JOIN library_tag AS tag ON tag.id = link.tag_id
             WHERE tag.trashed_at IS NULL AND link.video_id IN (SELECT video_id FROM ({ids}) AS asked)
            UNION ALL
            SELECT link.video_id, tag.id, alias.id, alias.name
              FROM library_videotag AS link JOIN library_tag AS tag ON tag.id = link.tag_id
              JOIN library_tagalias AS alias ON alias.tag_id = tag.id
             WHERE tag.trashed_at IS NULL AND link.video_id IN (SELECT video_id FROM ({ids}) AS asked)
          ) AS words ON words.video_id = ids.video_id
         GROUP BY ids.video_id
        """,
    )
)


def text_triggers(
    source: TextSource, *, insert: str = "", update: str = "", delete: str = "", name: str = "text"
) -> list[pgtrigger.Trigger]:
    """Triggers of a table that a source reads.

    Each of `insert`, `update` and `delete` selects the `video_id`s that a statement touched, each once and none NULL,
    from the transition tables `new_rows` and `old_rows`; an empty one needs no trigger.
    """
    wanted = [
        ("insert", pgtrigger.Insert, insert, {"new": "new_rows"}),
        ("update", pgtrigger.Update, update, {"old": "old_rows", "new": "new_rows"}),
        ("delete", pgtrigger.Delete, delete, {"old": "old_rows"}),
    ]
    return [
        statement_trigger(f"{name}_after_{verb}", operation, refreshing(source, touched), tables)
        for verb, operation, touched, tables in wanted
        if touched
    ]


def refreshing(source: TextSource, touched: str) -> str:
    """The body of a trigger.

    The rows are locked first, in order: two writers of one video then see each other's words (the second statement
    sees what was committed while the first waited), and bulk writes of the same videos don't lock each other out.
    """
    lock = f"SELECT FROM library_videotext WHERE video_id IN ({touched}) ORDER BY video_id FOR NO KEY UPDATE"
    return f"""
        {planned_anew(lock)}
        GET DIAGNOSTICS locked = ROW_COUNT;
        IF locked > 0 THEN {planned_anew(source.update(touched))} END IF;
        RETURN NULL;
    """


def link_touches(*columns: str) -> dict[str, str]:
    """`text_triggers`' arguments for a table that links videos (`video_id`) to what `columns` point to."""
    changed = " OR ".join(f"o.{column} IS DISTINCT FROM n.{column}" for column in ("video_id", *columns))
    return {
        "insert": "SELECT DISTINCT video_id FROM new_rows WHERE video_id IS NOT NULL",
        "update": f"""SELECT DISTINCT both_ids.video_id FROM (
            SELECT unnest(ARRAY[o.video_id, n.video_id]) AS video_id FROM old_rows AS o JOIN new_rows AS n USING (id)
             WHERE {changed}) AS both_ids WHERE both_ids.video_id IS NOT NULL""",
        "delete": "SELECT DISTINCT video_id FROM old_rows WHERE video_id IS NOT NULL",
    }


def named_touches(link_table: str, link_column: str, *columns: str) -> dict[str, str]:
    """For a table of names (tags, people) whose rows are linked to videos: a rename, and into and out of the trash.

    `columns` are further ones that have words.
    """
    renamed = " OR ".join(f"o.{column} IS DISTINCT FROM n.{column}" for column in ("name", *columns))
    return {
        "update": f"""SELECT DISTINCT link.video_id FROM {link_table} AS link WHERE link.{link_column} IN (
            SELECT id FROM old_rows AS o JOIN new_rows AS n USING (id) WHERE {renamed}
                OR (o.trashed_at IS NULL) IS DISTINCT FROM (n.trashed_at IS NULL))""",
    }


def alias_touches(link_table: str, link_column: str) -> dict[str, str]:
    """For a table of other names: every write; its column to what is named is called as the link's."""
    linked = f"SELECT DISTINCT link.video_id FROM {link_table} AS link WHERE link.{link_column} IN"
    return {
        "insert": f"{linked} (SELECT {link_column} FROM new_rows)",
        "update": f"{linked} (SELECT {link_column} FROM new_rows UNION SELECT {link_column} FROM old_rows)",
        "delete": f"{linked} (SELECT {link_column} FROM old_rows)",
    }


# Videos: a new one gets its row; words follow where title, description or the first file name changed.
VIDEO_TRIGGERS = [
    statement_trigger(
        "text_after_insert",
        pgtrigger.Insert,
        planned_anew(f"""
        INSERT INTO library_videotext (video_id, title_text, own_text, file_text, tag_text, people_text)
        SELECT fresh.video_id, fresh.title_text, fresh.own_text, '', '', ''
          FROM ({_OWN_WORDS} FROM new_rows AS video) AS fresh
            ON CONFLICT (video_id) DO NOTHING
        """)
        + " RETURN NULL;",
        {"new": "new_rows"},
    ),
    *text_triggers(
        OWN,
        update="""SELECT id AS video_id FROM old_rows AS o JOIN new_rows AS n USING (id)
            WHERE o.title IS DISTINCT FROM n.title OR o.description IS DISTINCT FROM n.description
               OR o.original_file_name IS DISTINCT FROM n.original_file_name""",
    ),
]
