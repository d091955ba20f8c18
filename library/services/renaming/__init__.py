"""Renaming and moving files on the disk by what is known about their videos. Off unless the owner allows it."""
