"""The words that people and studios lend to a video's text; their triggers keep `library.VideoText.people_text`."""

from library.models.search_text import TextSource, register_text_source

PEOPLE = register_text_source(
    TextSource(
        ("people_text",),
        """
        SELECT ids.video_id,
               COALESCE(videothek_fold(left(
                   string_agg(words.name, ' ' ORDER BY words.kind, words.named_id, words.id), 20000)), '')
                   AS people_text
          FROM ({ids}) AS ids
          LEFT JOIN (
            SELECT link.video_id, 1 AS kind, creator.id AS named_id, 0 AS id, creator.name
              FROM people_credit AS link JOIN people_creator AS creator ON creator.id = link.creator_id
             WHERE creator.trashed_at IS NULL AND link.video_id IN (SELECT video_id FROM ({ids}) AS asked)
            UNION ALL
            SELECT link.video_id, 1, creator.id, alias.id, alias.name
              FROM people_credit AS link JOIN people_creator AS creator ON creator.id = link.creator_id
              JOIN people_creatoralias AS alias ON alias.creator_id = creator.id
             WHERE creator.trashed_at IS NULL AND link.video_id IN (SELECT video_id FROM ({ids}) AS asked)
            UNION ALL
            SELECT link.video_id, 2, studio.id, 0, concat_ws(' ', studio.name, NULLIF(studio.short_name, ''))
              FROM people_videostudio AS link JOIN people_studio AS studio ON studio.id = link.studio_id
             WHERE studio.trashed_at IS NULL AND link.video_id IN (SELECT video_id FROM ({ids}) AS asked)
            UNION ALL
            SELECT link.video_id, 2, studio.id, alias.id, alias.name
              FROM people_videostudio AS link JOIN people_studio AS studio ON studio.id = link.studio_id
              JOIN people_studioalias AS alias ON alias.studio_id = studio.id
             WHERE studio.trashed_at IS NULL AND link.video_id IN (SELECT video_id FROM ({ids}) AS asked)
          ) AS words ON words.video_id = ids.video_id
         GROUP BY ids.video_id
        """,
    )
)
