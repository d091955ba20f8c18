"""Converting video files with the FFmpeg program: paths and numbers in, frozen dataclasses out, no Django.

`source`, `verify` and `convert` load FFmpeg's libraries and belong to workers; `program` and `proving` start processes.
All else only computes.
"""
