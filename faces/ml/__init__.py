"""Finding, describing, following and grouping faces: arrays in, arrays out. Knows no Django.

Only `engine` loads onnxruntime, insightface and OpenCV; the rest is NumPy.
"""
