"""Roundoff: transformers bit for bit in any number format.

>>> import roundoff as ro
>>> ro.quantize([0.1, 0.2], "e4m3")
array([0.1015625, 0.203125 ])
"""
from __future__ import annotations

try:
    import numpy as _numpy  # noqa: F401
except ImportError as _error:
    import sys as _sys

    raise ImportError(
        f"roundoff needs NumPy, and {_sys.executable} has none; on Debian make the environment with "
        "/usr/bin/python3 -m venv --system-site-packages"
    ) from _error

from ._core import FileError, Format, Trap, UsageError, block_formats, formats
from .arrays import (Blocks, add, as_format, cos, decode, div, dot, encode, erf, exp, fma, gelu, gelu_tanh, log, matmul,
                     maximum, mul, quantize, quantize_blocks, reciprocal, relu, rsqrt, sigmoid, silu, sin, softmax, sqrt,
                     sub, sum, tanh)

__all__ = [
    "Blocks", "FileError", "Format", "Trap", "UsageError", "add", "as_format", "block_formats", "cos", "decode", "div",
    "dot", "encode", "erf", "exp", "fma", "formats", "gelu", "gelu_tanh", "log", "matmul", "maximum", "mul", "quantize",
    "quantize_blocks", "reciprocal", "relu", "rsqrt", "sigmoid", "silu", "sin", "softmax", "sqrt", "sub", "sum", "tanh",
]
