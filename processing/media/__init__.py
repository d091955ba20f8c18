"""Reading video files and making pictures from them: paths and numbers in, frozen dataclasses out, no Django.

`facts` and `errors` load no native library, so any process may import them; `probe` and `frames` load FFmpeg
(through PyAV) and belong to the workers.
"""
