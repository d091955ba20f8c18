"""SQL functions that columns and triggers use."""

from django.db import migrations

# Letters that Unicode's decomposition leaves alone, one for one. `library.folding` has the same for queries.
_FROM = "øłđðħıŧŋĸƒɨʉɓɗ"
_TO = "olddhitnkfiubd"
# Everything else between words: ASCII, Latin-1, general and CJK punctuation, and the escapes of broken file names.
_BETWEEN = r"[\u0001-/:-@\[-`{-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u2000-\u206f\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\U000f0000-\U000f00ff]+"
# Combining marks: Latin, Greek and Cyrillic accents, the points of Hebrew, the vowels of Arabic, variation selectors.
_MARKS = r"[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]+"
# Thai, Lao, Burmese, Khmer, kana and Han: written without spaces, so each letter is a word and a word is a phrase.
_UNSPACED = r"([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"

FOLD = rf"""
CREATE FUNCTION videothek_fold(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(regexp_replace(regexp_replace(translate(
    replace(replace(replace(replace(replace(
        regexp_replace(lower(normalize(value, NFKD)), '{_MARKS}', '', 'g'),
        'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'ς', 'σ'),
    '{_FROM}', '{_TO}'
), '{_UNSPACED}', ' \1 ', 'g'), '{_BETWEEN}', ' ', 'g'));
COMMENT ON FUNCTION videothek_fold(text) IS 'Words in lower case without accents, single spaces between them: what search compares.';
"""

# Every number gets twelve digits, so that 2 comes before 10. Short enough for a B-tree entry.
SORT_KEY = r"""
CREATE FUNCTION videothek_sort_key(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN left(regexp_replace(
    regexp_replace(COALESCE(NULLIF(videothek_fold(value), ''), lower(value)), '([0-9]+)', '000000000000\1', 'g'),
    '[0-9]*([0-9]{12})(?![0-9])', '\1', 'g'
), 500);
COMMENT ON FUNCTION videothek_sort_key(text) IS 'What titles are sorted by: folded, numbers by their size.';
"""

# Each part is cut well below the 1 MB that a tsvector can hold; a longer one would make the write fail. A letter that
# nobody types stands between the parts, so that no phrase is found across them.
DOCUMENT = """
CREATE FUNCTION videothek_document(title text, tags text, people text, own text, files text) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN setweight(to_tsvector('pg_catalog.simple'::regconfig, left(title, 2000) || ' ʬ'), 'A')
    || setweight(to_tsvector('pg_catalog.simple'::regconfig,
                             left(tags, 20000) || ' ʬ ' || left(people, 20000) || ' ʬ'), 'B')
    || setweight(to_tsvector('pg_catalog.simple'::regconfig,
                             left(own, 40000) || ' ʬ ' || left(files, 20000)), 'C');
COMMENT ON FUNCTION videothek_document(text, text, text, text, text) IS 'What full text search looks in, by weight.';
"""


class Migration(migrations.Migration):
    dependencies = [("library", "0001_initial")]
    operations = [
        migrations.RunSQL(FOLD, "DROP FUNCTION videothek_fold(text);"),
        migrations.RunSQL(SORT_KEY, "DROP FUNCTION videothek_sort_key(text);"),
        migrations.RunSQL(DOCUMENT, "DROP FUNCTION videothek_document(text, text, text, text, text);"),
    ]
