"""The owner's parsing rules clean file names before names are looked for in them. Loaded when Django starts."""

from library.services.suggesting.cleaning import provide_cleaning
from playback.name_cleaning import clean_by_rules

provide_cleaning(clean_by_rules)
