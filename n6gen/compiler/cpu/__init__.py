"""The `cpu` compiler: the integer graph becomes plain C for a Cortex-M55 (or any other C11 machine)."""

from n6gen.compiler.cpu.compile import CPU, compile_cpu

__all__ = ["CPU", "compile_cpu"]
