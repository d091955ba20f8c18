"""Faces under /api/v1/."""
