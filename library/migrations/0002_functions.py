"""SQL functions that columns and triggers use."""

from django.db import migrations

# Letters that Unicode's decomposition leaves alone.
_FROM = "øłđðþıħŧŋĸ"
_TO = "olddtihtnk"

FOLD = rf"""
CREATE FUNCTION videothek_fold(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN translate(
    replace(replace(replace(
        regexp_replace(lower(normalize(value, NFKD)), U&'[\0300-\036F]', '', 'g'),
        'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'),
    '{_FROM}', '{_TO}'
);
COMMENT ON FUNCTION videothek_fold(text) IS 'Lower case, without accents: what search compares by.';
"""


class Migration(migrations.Migration):
    dependencies = [("library", "0001_initial")]
    operations = [migrations.RunSQL(FOLD, "DROP FUNCTION videothek_fold(text);")]
