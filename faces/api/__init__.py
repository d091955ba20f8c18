"""Faces under /api/v1/faces/."""
