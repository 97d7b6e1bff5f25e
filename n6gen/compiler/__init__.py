"""Compilers make a network (C source, weights, description) from a model. All that follows sees only the network."""

from n6gen.compiler.base import Compiler
from n6gen.compiler.network import CompilerInfo, Head, LayerInfo, Network, NpuInfo, TensorInfo, network_id

__all__ = ["Compiler", "CompilerInfo", "Head", "LayerInfo", "Network", "NpuInfo", "TensorInfo", "network_id"]
