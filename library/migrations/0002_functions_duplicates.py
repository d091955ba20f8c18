"""SQL functions that the indexes of the duplicate search are over."""

from django.db import migrations

# The top bit (mean brightness) is set in nearly every hash and is left out of the 21-bit bands. 0 has none.
BANDS = """
CREATE FUNCTION videothek_phash_bands(hash bigint) RETURNS integer[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN hash = 0 THEN '{}'::integer[] ELSE ARRAY[
    (hash & 65535)::integer,
    (hash >> 16 & 65535)::integer + 65536,
    (hash >> 32 & 65535)::integer + 131072,
    (hash >> 48 & 65535)::integer + 196608] END;
COMMENT ON FUNCTION videothek_phash_bands(bigint) IS
    'Four 16-bit parts: hashes at most 3 bits apart share at least one.';

CREATE FUNCTION videothek_frame_bands(hashes bigint[]) RETURNS integer[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT coalesce(array_agg(DISTINCT band), '{}') FROM unnest(hashes) AS hash, LATERAL (VALUES
        ((hash & 2097151)::integer),
        ((hash >> 21 & 2097151)::integer + 2097152),
        ((hash >> 42 & 2097151)::integer + 4194304)) AS bands (band)
    WHERE hash <> 0
);
COMMENT ON FUNCTION videothek_frame_bands(bigint[]) IS
    'Three 21-bit parts of each hash that is not 0: similar pictures share some.';
"""


class Migration(migrations.Migration):
    dependencies = [("library", "0002_functions")]
    operations = [
        migrations.RunSQL(
            BANDS,
            "DROP FUNCTION videothek_frame_bands(bigint[]); DROP FUNCTION videothek_phash_bands(bigint);",
        )
    ]
