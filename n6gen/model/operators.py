"""The ONNX operators that a quantised model may consist of, and who imports each."""

from __future__ import annotations

from collections.abc import Mapping

from n6gen.model.conv import import_conv
from n6gen.model.elementwise import import_binary, import_clip, import_unary
from n6gen.model.functions import BINARY, UNARY
from n6gen.model.gemm import import_gemm, import_matmul
from n6gen.model.importer import ImportOperator
from n6gen.model.moving import import_concat, import_pad, import_slice, import_split
from n6gen.model.pooling import import_average_pool, import_global_pool, import_max_pool, import_reduce_mean
from n6gen.model.resizing import import_resize
from n6gen.model.transposed import import_conv_transpose
from n6gen.model.views import VIEWS, import_view

#: Besides QuantizeLinear, DequantizeLinear, Constant and what `normalise` removes.
OPERATORS: Mapping[str, ImportOperator] = {
    **dict.fromkeys(BINARY, import_binary),
    **dict.fromkeys(UNARY, import_unary),
    **dict.fromkeys(VIEWS, import_view),
    "AveragePool": import_average_pool,
    "Clip": import_clip,
    "Concat": import_concat,
    "Conv": import_conv,
    "ConvTranspose": import_conv_transpose,
    "Gemm": import_gemm,
    "GlobalAveragePool": import_global_pool,
    "GlobalMaxPool": import_global_pool,
    "MatMul": import_matmul,
    "MaxPool": import_max_pool,
    "Pad": import_pad,
    "ReduceMean": import_reduce_mean,
    "Resize": import_resize,
    "Slice": import_slice,
    "Split": import_split,
}
