"""What pages, commands and the API read from snapshots: never from whole tables."""
