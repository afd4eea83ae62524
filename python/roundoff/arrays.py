"""Rounded operations on NumPy arrays, with the bits of the definition.

Every function takes anything that NumPy makes an array of real numbers of: float64 and float32 arrays by rows are read
where they stand, without a copy; others (float16, ml_dtypes, integers, other strides or byte orders) are converted
first, exactly. Operands that are no members of the format are rounded to it first, as ``roundoff eval`` does.

The result has the type of the input where that holds every member of the format, else the next wider one of float16,
float32, float64. A result that no float64 holds, and a result that the format does not have (``Trap``), is an error that
names the element.
"""
from __future__ import annotations

import re
from typing import Any, Dict, Optional, Sequence, Tuple, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _core
from ._core import Format, UsageError

__all__ = [
    "Blocks", "FormatLike", "add", "as_format", "cos", "decode", "div", "dot", "encode", "erf", "exp", "fma", "gelu",
    "gelu_tanh", "log", "matmul", "maximum", "mul", "quantize", "quantize_blocks", "reciprocal", "relu", "rsqrt", "sigmoid",
    "silu", "sin", "softmax", "sqrt", "sub", "sum", "tanh",
]

FormatLike = Union[Format, str]
Floats = NDArray[np.floating[Any]]
Codes = NDArray[np.unsignedinteger[Any]]

_WIDTHS: Dict[int, np.dtype[np.floating[Any]]] = {16: np.dtype(np.float16), 32: np.dtype(np.float32), 64: np.dtype(np.float64)}


def as_format(format: FormatLike) -> Format:
    """A Format of a notation, or the Format itself.

    >>> as_format("bf16")
    Format('bfloat16')
    """
    if isinstance(format, Format):
        return format
    if isinstance(format, str):
        return Format(format)
    raise TypeError(f"a format is a Format or its notation, not {type(format).__name__}")


def _input(x: ArrayLike) -> Tuple[Floats, int]:
    """The numbers as float32 or float64 by rows, and how many bits the caller's type has."""
    a = np.asarray(x)
    dtype = a.dtype
    if dtype.kind == "f" and dtype.itemsize <= 8:
        bits = 8 * dtype.itemsize
    elif dtype.kind in "iub":
        if dtype.itemsize == 8 and a.size and not -(2**53) <= int(a.min()) <= int(a.max()) <= 2**53:
            raise UsageError("integers beyond 2**53 are no float64 numbers; Format.round takes them one by one")
        bits = 64
    elif dtype.type.__module__ == "ml_dtypes":
        bits = 32
    else:
        raise TypeError(f"an array of real numbers is needed, of at most 64 bits each, not of dtype {dtype}")
    work = np.float64 if bits == 64 else np.float32
    return np.require(a, work, ["C", "A"]), bits


def _weak(x: ArrayLike) -> bool:
    """A number of Python's own takes the type of the arrays beside it."""
    return isinstance(x, (int, float)) and not isinstance(x, np.generic)


def _inputs(operands: Sequence[ArrayLike]) -> Tuple[Sequence[Floats], int]:
    made = [_input(x) for x in operands]
    strong = [bits for (_, bits), x in zip(made, operands) if not _weak(x)]
    return [a for a, _ in made], max(strong, default=64)


def _room(shape: Tuple[int, ...], bits: int, format: Format) -> Tuple[Floats, np.dtype[np.floating[Any]]]:
    """An array for the result, and the type that it is handed on in."""
    dtype = _WIDTHS[max(bits, _core.float_bits(format) or 64)]
    return np.empty(shape, np.float64 if dtype.itemsize == 8 else np.float32), dtype


def _result(made: Floats, dtype: np.dtype[np.floating[Any]]) -> Floats:
    # A float16 array is worked on as float32; a scalar in is a scalar out, as of NumPy's own functions.
    handed: Floats = made.astype(dtype, copy=False)[()]
    return handed


def quantize(x: ArrayLike, format: FormatLike, *, seed: Optional[int] = None, out: Optional[Floats] = None,
             reference: bool = False) -> Floats:
    """Every number rounded to the format, once.

    ``seed`` is that of stochastic rounding, in place of the format's own: element i draws at place i, so that the same
    seed gives the same bits. ``out`` is an array for the result, which may be ``x`` itself. ``reference`` rounds by
    definition, element by element, instead of by lane kernels: the same bits, slowly.

    >>> quantize([0.1, 1e6, -3.7], "fixed(3,2)")
    array([ 0.  ,  7.75, -3.75])
    >>> quantize(np.float32([3.14159]), "bfloat16")
    array([3.140625], dtype=float32)
    >>> quantize(np.full(4, 0.3), "int4:sr", seed=1).mean()
    0.25
    """
    if seed is None:
        f = as_format(format)
    else:
        if isinstance(format, str):
            format = re.sub(r":sr(?=:|$)", f":sr({int(seed)})", format)
        f = as_format(format).replace(seed=seed)
    a, bits = _input(x)
    if out is None:
        made, dtype = _room(a.shape, bits, f)
        _core.quantize(f, a, made, reference)
        return _result(made, dtype)
    if not isinstance(out, np.ndarray) or out.shape != a.shape:
        raise UsageError(f"out is to be an array of shape {a.shape}")
    made, dtype = _room(a.shape, min(bits, 8 * out.dtype.itemsize), f)
    if out.dtype.kind != "f" or out.dtype.itemsize > 8 or out.dtype.itemsize < dtype.itemsize:
        raise UsageError(f"out of type {out.dtype} does not hold the members of {f}; take {dtype}")
    in_place = out.flags.c_contiguous and out.flags.aligned and out.dtype.isnative and out.dtype.itemsize >= 4
    if in_place and (not np.may_share_memory(a, out) or (out.dtype == a.dtype and _core.address(a) == _core.address(out))):
        _core.quantize(f, a, out, reference)
    else:
        _core.quantize(f, a, made, reference)
        out[...] = made
    return out


def encode(x: ArrayLike, format: FormatLike) -> Codes:
    """The bit patterns of members, as unsigned integers of 8, 16, 32 or 64 bits. ``UsageError`` for other numbers.

    >>> encode([1.0, -448.0], "e4m3")
    array([ 56, 254], dtype=uint8)
    """
    f = as_format(format)
    a, _ = _input(x)
    codes = np.empty(a.shape, np.uint64)
    _core.encode(f, a, codes)
    width = next((bits for bits in (8, 16, 32) if f.bits <= bits), 64)
    made: Codes = codes.astype(f"u{width // 8}", copy=False)[()]
    return made


def decode(codes: ArrayLike, format: FormatLike) -> Floats:
    """The members with these bit patterns, in the narrowest of float32 and float64 that holds them all.

    >>> decode(np.uint16([0x3f80, 0xff80]), "bfloat16")
    array([  1., -inf], dtype=float32)
    """
    f = as_format(format)
    a = np.asarray(codes)
    if a.dtype.kind not in "iu":
        raise TypeError(f"codes are integers, not of dtype {a.dtype}")
    if a.size and int(a.min()) < 0:
        raise UsageError(f"code {int(a.min())} is negative; bit patterns are unsigned")
    made, dtype = _room(a.shape, 32, f)
    _core.decode(f, np.require(a, np.uint64, ["C", "A"]), made)
    return _result(made, dtype)


def _elementwise(op: str, format: FormatLike, *operands: ArrayLike) -> Floats:
    f = as_format(format)
    arrays, bits = _inputs(operands)
    shape = np.broadcast_shapes(*(a.shape for a in arrays))
    made, dtype = _room(shape, bits, f)
    _core.elementwise(op, f, [np.require(np.broadcast_to(a, shape), None, ["C", "A"]) for a in arrays], made)
    return _result(made, dtype)


def add(a: ArrayLike, b: ArrayLike, format: FormatLike) -> Floats:
    """a + b, rounded once.

    >>> add([400.0, 1.0], 100.0, "e4m3")
    array([448.,  96.])
    """
    return _elementwise("add", format, a, b)


def sub(a: ArrayLike, b: ArrayLike, format: FormatLike) -> Floats:
    """a - b, rounded once."""
    return _elementwise("sub", format, a, b)


def mul(a: ArrayLike, b: ArrayLike, format: FormatLike) -> Floats:
    """a * b, rounded once."""
    return _elementwise("mul", format, a, b)


def div(a: ArrayLike, b: ArrayLike, format: FormatLike) -> Floats:
    """a / b, rounded once.

    >>> div(1.0, 3.0, "fixed(2,3):rup")
    0.375
    """
    return _elementwise("div", format, a, b)


def fma(a: ArrayLike, b: ArrayLike, c: ArrayLike, format: FormatLike) -> Floats:
    """a * b + c, rounded once."""
    return _elementwise("fma", format, a, b, c)


def maximum(a: ArrayLike, b: ArrayLike, format: FormatLike) -> Floats:
    """The larger of two members; NaN traps."""
    return _elementwise("maximum", format, a, b)


def sqrt(x: ArrayLike, format: FormatLike) -> Floats:
    """The square root, correctly rounded."""
    return _elementwise("sqrt", format, x)


def rsqrt(x: ArrayLike, format: FormatLike) -> Floats:
    """1 / sqrt(x), correctly rounded."""
    return _elementwise("rsqrt", format, x)


def reciprocal(x: ArrayLike, format: FormatLike) -> Floats:
    """1 / x, correctly rounded."""
    return _elementwise("reciprocal", format, x)


def exp(x: ArrayLike, format: FormatLike) -> Floats:
    """e**x, correctly rounded.

    >>> exp([0.0, 1.0, -100.0], "binary16")
    array([1.     , 2.71875, 0.     ])
    """
    return _elementwise("exp", format, x)


def log(x: ArrayLike, format: FormatLike) -> Floats:
    """The natural logarithm, correctly rounded."""
    return _elementwise("log", format, x)


def erf(x: ArrayLike, format: FormatLike) -> Floats:
    """The error function, correctly rounded."""
    return _elementwise("erf", format, x)


def tanh(x: ArrayLike, format: FormatLike) -> Floats:
    """The hyperbolic tangent, correctly rounded."""
    return _elementwise("tanh", format, x)


def sin(x: ArrayLike, format: FormatLike) -> Floats:
    """The sine, correctly rounded."""
    return _elementwise("sin", format, x)


def cos(x: ArrayLike, format: FormatLike) -> Floats:
    """The cosine, correctly rounded."""
    return _elementwise("cos", format, x)


def gelu(x: ArrayLike, format: FormatLike) -> Floats:
    """x * Phi(x), correctly rounded."""
    return _elementwise("gelu", format, x)


def gelu_tanh(x: ArrayLike, format: FormatLike) -> Floats:
    """The tanh form of GELU (with exactly 0.044715 and sqrt(2/pi)), correctly rounded."""
    return _elementwise("gelu_tanh", format, x)


def silu(x: ArrayLike, format: FormatLike) -> Floats:
    """x * sigmoid(x), correctly rounded."""
    return _elementwise("silu", format, x)


def sigmoid(x: ArrayLike, format: FormatLike) -> Floats:
    """1 / (1 + e**-x), correctly rounded."""
    return _elementwise("sigmoid", format, x)


def relu(x: ArrayLike, format: FormatLike) -> Floats:
    """max(x, 0); relu(-0) is +0."""
    return _elementwise("relu", format, x)


def _axis_first(a: Floats, axis: int) -> Floats:
    """[terms x lanes], by rows."""
    moved = np.moveaxis(a, axis, 0)
    return np.require(moved.reshape(moved.shape[0], -1), None, ["C", "A"])


def sum(x: ArrayLike, format: FormatLike, *, axis: Optional[int] = None, order: str = "sequential") -> Floats:
    """The sum along an axis (of all elements, in the order of rows, where none is given), rounded in every step.

    ``order`` is ``sequential``, ``tree``, ``exact``, ``wide:FORMAT`` or ``blocked:B``.

    >>> x = [256.0] + [1.0] * 8
    >>> sum(x, "bfloat16"), sum(x, "bfloat16", order="tree"), sum(x, "bfloat16", order="exact")
    (256.0, 264.0, 264.0)
    """
    f = as_format(format)
    a, bits = _input(x)
    if axis is None:
        a, axis = a.reshape(-1), 0
    terms = _axis_first(a, axis)
    made, dtype = _room((terms.shape[1],), bits, f)
    _core.sum(f, order, terms, made)
    return _result(made.reshape(np.delete(a.shape, axis)), dtype)


def dot(x: ArrayLike, y: ArrayLike, format: FormatLike, *, axis: int = -1, order: str = "sequential",
        dot: str = "rounded") -> Floats:
    """The dot product along an axis, products and partial sums rounded (``dot="fused"``: together; ``"exact"``: once).

    >>> dot([1.0, 256.0, 1.0], [1.0, 1.0, 1.0], "bfloat16")
    256.0
    """
    f = as_format(format)
    (a, b), bits = _inputs((x, y))
    shape = np.broadcast_shapes(a.shape, b.shape)
    if not shape:
        raise UsageError("dot takes vectors: an axis to sum along is missing")
    left, right = (_axis_first(np.broadcast_to(z, shape), axis) for z in (a, b))
    made, dtype = _room((left.shape[1],), bits, f)
    _core.dot(f, order, dot, left, right, made)
    return _result(made.reshape(np.delete(shape, axis)), dtype)


def softmax(x: ArrayLike, format: FormatLike, *, axis: int = -1, softmax: str = "stable",
            order: str = "sequential") -> Floats:
    """Softmax along an axis, every operation rounded; ``softmax="plain"`` leaves out the subtraction of the maximum.

    >>> softmax([1.0, 2.0, 3.0], "fixed(3,4)")
    array([0.0625, 0.25  , 0.6875])
    """
    f = as_format(format)
    a, bits = _input(x)
    if not a.ndim:
        raise UsageError("softmax takes vectors: an axis is missing")
    scores = _axis_first(a, axis)
    made, dtype = _room(scores.shape, bits, f)
    _core.softmax(f, softmax, order, scores, made)
    moved = np.moveaxis(a, axis, 0).shape
    return _result(np.ascontiguousarray(np.moveaxis(made.reshape(moved), 0, axis)), dtype)


def matmul(a: ArrayLike, b: ArrayLike, format: FormatLike, *, order: str = "sequential",
           accumulator: Optional[FormatLike] = None, dot: str = "rounded") -> Floats:
    """The product of matrices, products and partial sums rounded in the order of the terms.

    ``accumulator`` is the format of products and partial sums, each result being rounded once more to ``format``; axes
    are those of ``numpy.matmul``.

    >>> matmul([[1.0, 256.0], [2.0, 0.5]], [[1.0, 3.0], [0.25, 1.0]], "bfloat16")
    array([[ 65.   , 260.   ],
           [  2.125,   6.5  ]])
    """
    f = as_format(format)
    sums = f if accumulator is None else as_format(accumulator)
    (x, y), bits = _inputs((a, b))
    if not x.ndim or not y.ndim:
        raise UsageError("matmul takes vectors and matrices, not single numbers")
    left = x.reshape(1, -1) if x.ndim == 1 else x
    right = y.reshape(-1, 1) if y.ndim == 1 else y
    if left.shape[-1] != right.shape[-2]:
        raise UsageError(f"matmul: {left.shape[-1]} columns do not go with {right.shape[-2]} rows")
    batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    made, dtype = _room(batch + (left.shape[-2], right.shape[-1]), bits, f)
    lefts = np.broadcast_to(left, batch + left.shape[-2:])
    rights = np.broadcast_to(right, batch + right.shape[-2:])
    for at in np.ndindex(*batch):
        _core.matmul(f, sums, order, dot, np.require(lefts[at], None, ["C", "A"]),
                     np.require(rights[at], None, ["C", "A"]), made[at])
    if y.ndim == 1:
        made = made[..., 0]
    if x.ndim == 1:
        made = made[..., 0] if y.ndim == 1 else made[..., 0, :]
    return _result(made, dtype)


class Blocks:
    """What a quantiser of vectors made: ``values``, and the ``scales``, ``offsets`` and ``elements`` behind them.

    Rows are the vectors; ``values == elements * scales + offsets`` block by block (times ``tensor_scales`` of nvfp4).
    """

    values: Floats
    scales: Floats
    offsets: Floats
    elements: Floats
    tensor_scales: Floats
    block: int

    def __init__(self, name: str, values: Floats, facts: _core.BlockFacts):
        self.name = name
        self.values = values
        self.scales = facts["scales"]
        self.offsets = facts["offsets"]
        self.elements = facts["elements"]
        self.tensor_scales = facts["tensor_scales"]
        self.block = facts["block"]

    def __repr__(self) -> str:
        return f"Blocks('{self.name}', {self.values.shape[0]} rows of {self.scales.shape[1]} blocks of {self.block})"


def quantize_blocks(x: ArrayLike, name: str, *, tensor_scale: Optional[float] = None) -> Blocks:
    """Vectors (the last axis) by a quantiser with a scale a block: ``mxfp4``, ``nvfp4``, ``int4/32``, ``q4_K``, ...

    >>> blocks = quantize_blocks([7.5, -1.0, 0.25, 0.0], "mxfp4")
    >>> blocks.values
    array([ 6., -1.,  0.,  0.])
    >>> blocks.scales
    array([[1.]])
    """
    a, _ = _input(x)
    if not a.ndim:
        raise UsageError("quantize_blocks takes vectors, not a single number")
    rows = np.require(a.reshape(-1, a.shape[-1]) if a.size else a.reshape(0, a.shape[-1]), np.float64, ["C", "A"])
    values = np.empty(rows.shape, np.float64)
    facts = _core.quantize_rows(name, rows, tensor_scale, values)
    return Blocks(name, values.reshape(a.shape), facts)
