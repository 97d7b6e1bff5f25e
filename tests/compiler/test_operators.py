"""Each operator by itself against onnxruntime: every attribute, odd shapes, saturation, zero points at both ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from n6gen.model.import_qdq import import_qdq
from tests.compiler.on_host import HostCompiler, compare, images
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
