"""Element-wise functions in the float32 arithmetic that onnxruntime evaluates, on arrays of any shape.

`exact` functions give the very float32 that onnxruntime gives. The others go through float64 and give the float32 that
is nearest to the true value; onnxruntime approximates them, differently on different CPUs, to a few units in the last
place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]
Doubles: TypeAlias = npt.NDArray[np.float64]


@attrs.frozen
class Unary:
    """A function of one tensor. `defaults` are its attributes, all of them numbers."""

    compute: Callable[..., Floats]
    defaults: Mapping[str, float] = attrs.field(factory=dict)
    exact: bool = True


def _hard_sigmoid(x: Floats, alpha: float, beta: float) -> Floats:
    line = np.float32(alpha) * x + np.float32(beta)
    result: Floats = np.maximum(np.minimum(line, np.float32(1)), np.float32(0))
    return result


def _leaky_relu(x: Floats, alpha: float) -> Floats:
    return np.where(x >= 0, x, np.float32(alpha) * x)


def _smooth(function: Callable[..., Any]) -> Callable[..., Floats]:
    """`function` of float64, rounded to float32 once."""

    def compute(x: Floats, **attributes: float) -> Floats:
        with np.errstate(over="ignore"):
            return np.asarray(function(x.astype(np.float64), **attributes)).astype(np.float32)

    return compute


def _softplus(x: Doubles) -> Doubles:
    return np.logaddexp(0.0, x)


def _erf(x: Doubles) -> Doubles:
    result: Doubles = np.vectorize(math.erf, otypes=[np.float64])(x)
    return result


def _elu(x: Doubles, alpha: float) -> Doubles:
    return np.where(x >= 0, x, alpha * np.expm1(np.minimum(x, 0)))


#: Functions of one tensor and no other operand.
UNARY: Mapping[str, Unary] = {
    "Abs": Unary(np.abs),
    "Elu": Unary(_smooth(_elu), {"alpha": 1.0}, exact=False),
    "Erf": Unary(_smooth(_erf), exact=False),
    "Exp": Unary(_smooth(np.exp), exact=False),
    "HardSigmoid": Unary(_hard_sigmoid, {"alpha": 0.2, "beta": 0.5}),
    "HardSwish": Unary(lambda x: x * _hard_sigmoid(x, 1 / 6, 0.5)),
    "LeakyRelu": Unary(_leaky_relu, {"alpha": 0.01}),
    "Mish": Unary(_smooth(lambda x: x * np.tanh(_softplus(x))), exact=False),
    "Neg": Unary(np.negative),
    "Relu": Unary(lambda x: np.maximum(x, np.float32(0))),
    "Sigmoid": Unary(_smooth(lambda x: 1 / (1 + np.exp(-x))), exact=False),
    "Softplus": Unary(_smooth(_softplus), exact=False),
    "Tanh": Unary(_smooth(np.tanh), exact=False),
}


def _prelu(x: Floats, slope: Floats) -> Floats:
    return np.where(x >= 0, x, slope * x)


#: Functions of two tensors, one of which may be constant; all exact.
BINARY: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "Add": np.add,
    "Div": np.divide,
    "Max": np.maximum,
    "Min": np.minimum,
    "Mul": np.multiply,
    "PRelu": _prelu,
    "Sub": np.subtract,
    "Sum": np.add,
}


def clip(x: Floats, low: float | None, high: float | None) -> Floats:
    """`x` limited to low … high; None is no limit. Where low is above high, the result is high."""
    if low is not None:
        x = np.maximum(x, np.float32(low))
    return x if high is None else np.minimum(x, np.float32(high))
