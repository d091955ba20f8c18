"""Converting video files with the FFmpeg program: paths and numbers in, frozen dataclasses out, no Django.

`presets`, `catalogue`, `ladder`, `tracks`, `picture` and `command` only compute and may be imported anywhere; `source`
and `verify` load FFmpeg's libraries, `program` and `proving` start processes: they belong to workers.
"""
