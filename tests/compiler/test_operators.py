"""Each operator by itself against onnxruntime: every attribute, odd shapes, saturation, zero points at both ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from n6gen.compiler.cpu.lower import lower
from n6gen.errors import InputError
from n6gen.model.import_qdq import import_qdq
from tests.compiler.on_host import HostCompiler, compare, images
from tests.support.qdq import QdqBuilder
from tests.support.random_models import OPERATORS, bundles

# An example is six operators and one call of gcc; shrinking would take long and tell little more.
_SETTINGS = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@pytest.mark.slow
@pytest.mark.parametrize("kind", OPERATORS)
@settings(_SETTINGS, max_examples=12)
@given(data=st.data())
def test_every_byte(tmp_path: Path, sanitized: HostCompiler, kind: str, data: st.DataObject) -> None:
    """As onnxruntime computes it, on noise and on inputs at both ends, and the sanitizers find nothing."""
    proto = data.draw(bundles(kind))
    graph = import_qdq(proto)
    source = graph.tensors[graph.input]
    compare(sanitized, proto, tmp_path / "network", "c", images(*source.shape))


def test_an_overflowing_transposed_convolution_is_refused_by_name() -> None:
    """Parts of the sum must fit too: a bias that only just fits by itself does not with any weight."""
    b = QdqBuilder(4, 4, 2, zero_point=-128)
    b.dequantise([b.constant("q", np.full((2, 1, 2, 2), 127, np.int8)), b.constant("s", np.float32(0.5))], "w")
    scale = np.float32(0.5) * b.input.scale
    b.dequantise([b.constant("bias_q", np.array([2**31 - 200_000], np.int32)), b.constant("bias_s", scale)], "bias")
    made = b.node("ConvTranspose", [b.input.name, "w", "bias"], "decoder/up")
    graph = import_qdq(b.model(b.quantise(made, 5, 5, 1, 0.1, 0)))
    with pytest.raises(InputError, match=r"^decoder/up: the sum of channel 0 can reach 21\d{8}, which int32"):
        lower(graph)
