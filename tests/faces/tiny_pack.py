"""A pack of two tiny ONNX models, made in a moment, that InsightFace loads as it loads a real one.

They see drawn faces (`tests.faces.drawing`): a magenta ring around four coloured quarters. The detector answers in
SCRFD's form. It turns the picture into a mask of the ring's colour and takes, in windows of several sizes around each
anchor, the mask's area, centre of mass and second moments; where those are what a ring of that area has, there is a
face, and its box and landmarks follow from centre and radius. The recogniser takes the mean colours of the quarters,
twelve numbers, and puts out 512 random Fourier features of them, so that the cosine of two faces is about
exp(-GAMMA * squared distance of their colours): near 1 for one identity, near 0 for two.
"""

import hashlib
import json
import math
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from faces.ml.align import TEMPLATE
from faces.ml.pack import DIMENSIONS

# The ring goes from this share of the radius to the radius.
HOLE = 0.7
GAMMA = 0.55
CELL = 8
# Side of the windows in cells, for the first and the second anchor of each stride.
WINDOWS = {8: ((4, 6), (8, 10)), 16: ((12, 14), (16, 20)), 32: ((24, 32), (44, 64))}
# Where the face's centre lies in an aligned crop, and how large it is there.
CENTER = np.array([56.0, 64.0], np.float32)
RADIUS = 46.0
LANDMARKS = (TEMPLATE - CENTER) / RADIUS
# Sums of squares of pixel positions would outgrow float32: lengths are in units of this many px inside the graph.
_UNIT = 100.0
_OPSET, _IR = 17, 8


class Graph:
    """Collects nodes; each method gives back the name of what it adds."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: object, kind: type = np.float32) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def add(self, kind: str, *inputs: str | float, outputs: int = 1, name: str = "", **attributes: object) -> str:
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        first = name or f"value_{len(self.nodes)}"
        results = [first, *(f"{first}_{number}" for number in range(1, outputs))]
        # InsightFace takes early nodes called Sub and Mul for another kind of recogniser.
        node = f"node_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, names, results, name=node, **attributes))
        return first

    def split(self, value: str, count: int) -> list[str]:
        sizes = self.constant([1] * count, np.int64)
        first = self.add("Split", value, sizes, outputs=count, axis=1)
        return [first, *(f"{first}_{number}" for number in range(1, count))]

    def model(self, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, "drawn_faces", inputs, outputs, self.constants)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
        onnx.checker.check_model(made)
        return made


def _floats(name: str, shape: list[object]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


# ---- the detector ---------------------------------------------------------------------------------------------------
def detector() -> onnx.ModelProto:
    """Input (1, 3, h, w) RGB, (v - 127.5) / 128; nine outputs: scores, boxes, landmarks of the strides 8, 16 and 32."""
    graph = Graph()
    sums, middles = _moment_maps(graph)
    outputs = {}
    for stride, groups in WINDOWS.items():
        step = stride // CELL
        # SCRFD's anchors lie on the upper left corners of the cells, not in their middle.
        anchors = graph.add(
            "Sub", graph.add("MaxPool", middles, kernel_shape=[1, 1], strides=[step, step]), CELL / 2 / _UNIT
        )
        kinds: list[list[str]] = [[], [], []]
        for sizes in groups:
            best = [_ring_in_window(graph, sums, anchors, stride, size) for size in sizes]
            winner = best[0]
            for other in best[1:]:
                is_better = graph.add("Greater", other[0], winner[0])
                winner = [graph.add("Where", is_better, new, old) for new, old in zip(other, winner, strict=True)]
            for kind, value in zip(kinds, winner, strict=True):
                kind.append(value)
        for name, width, values in zip(("score", "box", "points"), (1, 4, 10), kinds, strict=True):
            both = graph.add("Transpose", graph.add("Concat", *values, axis=1), perm=[0, 2, 3, 1])
            flat = graph.add("Reshape", both, graph.constant([-1, width], np.int64), name=f"{name}_{stride}")
            outputs[name, stride] = _floats(flat, [f"anchors_{stride}", width])
    in_order = [outputs[name, stride] for name in ("score", "box", "points") for stride in WINDOWS]
    return graph.model([_floats("picture", [1, 3, "height", "width"])], in_order)


def _moment_maps(graph: Graph) -> tuple[str, str]:
    """For each cell of 8 x 8 px: the mask and its first and second moments, (1, 6, h/8, w/8); the cells' middles."""
    pixels = graph.add("Add", graph.add("Mul", "picture", 128.0), 127.5)
    red, green, blue = graph.split(pixels, 3)
    magenta = graph.add("Sub", graph.add("Min", red, blue), green)
    mask = graph.add("Clip", graph.add("Mul", graph.add("Sub", magenta, 100.0), 1 / 60), 0.0, 1.0)
    ones = graph.add("Add", graph.add("Mul", mask, 0.0), 1.0)
    places = []
    for axis in (3, 2):
        counted = graph.add("CumSum", ones, graph.constant(axis, np.int64))
        places.append(graph.add("Mul", graph.add("Sub", counted, 0.5), 1 / _UNIT))
    x, y = places
    mx, my = graph.add("Mul", mask, x), graph.add("Mul", mask, y)
    squares = [graph.add("Mul", mx, x), graph.add("Mul", my, y), graph.add("Mul", mx, y)]
    pool = {"kernel_shape": [CELL, CELL], "strides": [CELL, CELL]}
    sums = graph.add("AveragePool", graph.add("Concat", mask, mx, my, *squares, axis=1), **pool)
    return sums, graph.add("AveragePool", graph.add("Concat", x, y, axis=1), **pool)


def _window_sums(graph: Graph, maps: str, size: int, step: int) -> str:
    """Sums over `size` x `size` cells around every anchor (`step` cells apart), in px."""
    half = size // 2
    ends = [max(half - step, 0)] * 2
    pooled = graph.add(
        "AveragePool",
        maps,
        kernel_shape=[size, size],
        strides=[step, step],
        pads=[half, half, *ends],
        count_include_pad=1,
    )
    return graph.add("Mul", pooled, float((size * CELL) ** 2))


def _ring_in_window(graph: Graph, maps: str, anchors: str, stride: int, size: int) -> list[str]:
    """Score, box and landmarks, (1, n, rows, columns), of a ring in the window around each anchor."""
    step = stride // CELL
    area, sx, sy, sxx, syy, sxy = graph.split(_window_sums(graph, maps, size, step), 6)
    area = graph.add("Max", area, 1.0)
    cx, cy = graph.add("Div", sx, area), graph.add("Div", sy, area)
    share = 1 - HOLE**2
    squared = graph.add("Mul", area, 1 / (math.pi * share * _UNIT**2))
    radius = graph.add("Sqrt", squared)
    # A ring's second moment about its centre is r^2 (1 + hole^2) / 4 in either direction, and none across.
    expected = graph.add("Mul", squared, (1 + HOLE**2) / 4)

    def off(moment: str, one: str, other: str, ratio: float) -> str:
        central = graph.add("Sub", graph.add("Div", moment, area), graph.add("Mul", one, other))
        return graph.add("Abs", graph.add("Sub", graph.add("Div", central, expected), ratio))

    only_mask = graph.add(
        "Slice", maps, graph.constant([0], np.int64), graph.constant([1], np.int64), graph.constant([1], np.int64)
    )
    # A ring that reaches beyond the window, or has a neighbour at its edge, has more of the mask one cell further out.
    wider = _window_sums(graph, only_mask, size + 2, step)
    cut = graph.add("Mul", graph.add("Abs", graph.add("Div", graph.add("Sub", wider, area), area)), 5.0)
    error = graph.add("Max", off(sxx, cx, cx, 1.0), off(syy, cy, cy, 1.0), off(sxy, cx, cy, 0.0), cut)
    ax, ay = graph.split(anchors, 2)
    dx, dy = graph.add("Sub", cx, ax), graph.add("Sub", cy, ay)
    near = stride * 0.51 / _UNIT
    largest = (size * CELL / 2 - stride / 2) / _UNIT
    conditions = [
        graph.add("LessOrEqual", graph.add("Abs", dx), near),
        graph.add("LessOrEqual", graph.add("Abs", dy), near),
        graph.add("Less", error, 0.22),
        graph.add("Greater", radius, 5.0 / _UNIT),
        graph.add("Less", radius, largest),
    ]
    holds = conditions[0]
    for condition in conditions[1:]:
        holds = graph.add("And", holds, condition)
    score = graph.add("Mul", graph.add("Cast", holds, to=TensorProto.FLOAT), graph.add("Sub", 0.98, error))
    # Distances from the anchor, in strides.
    scale = _UNIT / stride
    sides = [
        graph.add("Mul", graph.add(kind, radius, shift), scale)
        for kind, shift in (("Sub", dx), ("Sub", dy), ("Add", dx), ("Add", dy))
    ]
    points = [
        graph.add("Mul", graph.add("Add", shift, graph.add("Mul", radius, float(place))), scale)
        for point in LANDMARKS
        for shift, place in zip((dx, dy), point, strict=True)
    ]
    return [score, graph.add("Concat", *sides, axis=1), graph.add("Concat", *points, axis=1)]


# ---- the recogniser -------------------------------------------------------------------------------------------------
def recogniser(*, seed: int = 20, dimensions: int = DIMENSIONS) -> onnx.ModelProto:
    """Input (n, 3, 112, 112) RGB, (v - 127.5) / 127.5; output (n, dimensions). Another seed is another model."""
    graph = Graph()
    half = int(RADIUS * HOLE * 0.62)
    top, left = int(CENTER[1]) - half, int(CENTER[0]) - half
    middle = graph.add(
        "Slice",
        "faces",
        graph.constant([top, left], np.int64),
        graph.constant([top + 2 * half, left + 2 * half], np.int64),
        graph.constant([2, 3], np.int64),
    )
    quarters = graph.add("AveragePool", middle, kernel_shape=[half, half], strides=[half, half])
    colours = graph.add("Reshape", quarters, graph.constant([-1, 12], np.int64))
    random = np.random.default_rng(seed)
    weights = random.standard_normal((12, dimensions)) * math.sqrt(2 * GAMMA)
    phases = random.uniform(0, 2 * math.pi, (1, dimensions))
    angles = graph.add("Add", graph.add("MatMul", colours, graph.constant(weights)), graph.constant(phases))
    vector = graph.add("Cos", angles, name="vector")
    return graph.model([_floats("faces", ["count", 3, 112, 112])], [_floats(vector, ["count", dimensions])])


# ---- the pack -------------------------------------------------------------------------------------------------------
def make_pack(folder: Path, *, seed: int = 20, with_manifest: bool = False, dimensions: int = DIMENSIONS) -> Path:
    """Writes both models, and with the manifest what InsightFace checks them by; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"detection": folder / "drawn_det.onnx", "recognition": folder / "drawn_rec.onnx"}
    files["detection"].write_bytes(detector().SerializeToString())
    files["recognition"].write_bytes(recogniser(seed=seed, dimensions=dimensions).SerializeToString())
    if with_manifest:
        tasks: dict[str, dict[str, object]] = {
            task: {
                "file": path.name,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "preprocessing": {"mean": 127.5, "std": 128.0 if task == "detection" else 127.5},
            }
            for task, path in files.items()
        }
        tasks["recognition"] |= {"input_size": [112, 112], "embedding_dimension": dimensions}
        facts = {"manifest_version": 2, "model_id": f"drawn-{seed}", "license": "MODEL.LICENSE", "tasks": tasks}
        (folder / "MODEL.LICENSE").write_text("Made for tests; do with it what you like.\n")
        (folder / "manifest.json").write_text(json.dumps(facts))
    return folder
