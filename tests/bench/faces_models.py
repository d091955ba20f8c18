"""The drawn pack with as much to compute as a real one, for measuring what is around the models."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.faces.tiny_pack import detector, recogniser

# Channels and strides of 3 x 3 convolutions, whose products are what InsightFace's smallest pack computes: 0.5 billion
# multiplications for a picture of 640 px, 0.4 billion for a face of 112 px (SCRFD-500MF and MobileFaceNet).
_OF_DETECTOR = ((16, 2), (32, 2), (64, 2), (64, 1))
_OF_RECOGNISER = ((32, 2), (64, 1), (64, 1), (64, 1), (64, 1))


def make_heavy_pack(folder: Path) -> Path:
    """A pack that finds what the drawn one finds, at the price of buffalo_s."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, model, layers in (
        ("heavy_det.onnx", detector(), _OF_DETECTOR),
        ("heavy_rec.onnx", recogniser(), _OF_RECOGNISER),
    ):
        _add_weight(model, layers)
        (folder / name).write_bytes(model.SerializeToString())
    return folder


def _add_weight(model: onnx.ModelProto, layers: Sequence[tuple[int, int]]) -> None:
    """Convolutions over the input, whose mean times zero is added to the first output: computed, and without effect."""
    graph, random = model.graph, np.random.default_rng(1)
    value, channels = graph.input[0].name, 3
    for number, (width, stride) in enumerate(layers):
        weights = (random.standard_normal((width, channels, 3, 3)) * 0.05).astype(np.float32)
        graph.initializer.append(numpy_helper.from_array(weights, f"weight_{number}"))
        attributes = {"kernel_shape": [3, 3], "strides": [stride, stride], "pads": [1, 1, 1, 1]}
        graph.node.append(helper.make_node("Conv", [value, f"weight_{number}"], [f"conv_{number}"], **attributes))
        graph.node.append(helper.make_node("Relu", [f"conv_{number}"], [f"relu_{number}"]))
        value, channels = f"relu_{number}", width
    graph.initializer.append(helper.make_tensor("nothing", TensorProto.FLOAT, [], [0.0]))
    graph.node.append(helper.make_node("ReduceMean", [value], ["mean"], keepdims=0))
    graph.node.append(helper.make_node("Mul", ["mean", "nothing"], ["no_effect"]))
    output = graph.output[0].name
    for node in graph.node:
        for place, name in enumerate(node.output):
            if name == output:
                node.output[place] = "without_weight"
    graph.node.append(helper.make_node("Add", ["without_weight", "no_effect"], [output]))
    onnx.checker.check_model(model)
