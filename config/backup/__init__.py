"""Backups: one tar with the database, the pictures that people chose, and the secret key."""
