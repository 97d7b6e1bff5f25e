"""C that the program emx-onnx-cgen makes of a model, dressed as network.h."""

from __future__ import annotations

import shutil
from pathlib import Path

import onnx

from n6gen.errors import InputError, MissingToolError
from n6gen.tools.run import run

_TIMEOUT_S = 900.0
#: No weights in files of their own: there is no file system on the board.
_OPTIONS = ("--large-weight-threshold", "0", "--model-name", "peer")
_FACADE = """#include "network.h"
#define CHANNELS_FIRST(h, w, c) {{h, w, c, NETWORK_FLOAT32, NETWORK_CHW, 1.0f, 0}}
void peer(const float input[1][{ic}][{ih}][{iw}], float output[1][{oc}][{oh}][{ow}]);
const struct network_tensor network_input_info = CHANNELS_FIRST({ih}, {iw}, {ic});
const struct network_tensor network_output_info = CHANNELS_FIRST({oh}, {ow}, {oc});
static float input[1][{ic}][{ih}][{iw}], output[1][{oc}][{oh}][{ow}];
int network_init(const void *weights) {{
    (void)weights;
    return 0;
}}
void *network_input(void) {{
    return input;
}}
int network_run(void) {{
    peer(input, output);
    return 0;
}}
const void *network_output(void) {{
    return output;
}}
"""


def write(proto: onnx.ModelProto, folder: Path) -> str:
    """Have emx-onnx-cgen write C for `proto` to `folder`; its name and what it says about its version.

    Raises MissingToolError if it is not installed, InputError if it refuses the model.
    """
    program = shutil.which("emx-onnx-cgen")
    if program is None:
        raise MissingToolError(
            "emx-onnx-cgen is not on PATH", "pip install emx-onnx-cgen (into an environment of its own)"
        )
    model = folder / "model.onnx"
    fixed, shapes = _without_batch(proto)
    onnx.save(fixed, model)
    words = [program, "compile", *_OPTIONS, str(model), str(folder / "peer.c")]
    result = run(words, timeout=_TIMEOUT_S)
    if not result.ok:
        raise InputError("emx-onnx-cgen refuses the model", *result.tail(3).splitlines())
    model.unlink()
    (ic, ih, iw), (oc, oh, ow) = shapes
    facade = _FACADE.format(ic=ic, ih=ih, iw=iw, oc=oc, oh=oh, ow=ow)
    (folder / "facade.c").write_text(facade, encoding="utf-8")
    said = run([program, "--help"], timeout=60).output
    return f"emx-onnx-cgen ({' '.join(said.split()).partition('(')[2].partition(')')[0]})"


def _without_batch(proto: onnx.ModelProto) -> tuple[onnx.ModelProto, list[tuple[int, ...]]]:
    """A copy whose batch is 1, and the shapes of input and output without it."""
    fixed = onnx.ModelProto()
    fixed.CopyFrom(proto)
    shapes = []
    for value in (fixed.graph.input[0], fixed.graph.output[0]):
        dims = value.type.tensor_type.shape.dim
        dims[0].dim_value = 1
        shapes.append(tuple(dim.dim_value for dim in dims[1:]))
    return fixed, shapes
