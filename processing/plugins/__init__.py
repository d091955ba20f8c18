"""What others add to Videothek: `api` is for them, the rest finds and loads what they made."""
