"""Streams for browsers made from files: renditions, segments, FFmpeg's part in them. Knows no Django."""
