"""Arrays have the bits of the definition, and behave as NumPy's users expect."""
from fractions import Fraction
import itertools
import math
import pickle

import numpy as np
import pytest

import roundoff as ro
from roundoff import _core

CATALOGUE = [str(entry["example"]) for entry in ro.formats()["formats"]]
ROUNDINGS = ["rne", "rna", "rnz", "rtz", "rup", "rdn", "rod"]
OVERFLOWS = ["sat", "satfinite", "inf", "wrap", "trap"]


def modes(format):
    """The format under every rounding and overflow rule that it can have."""
    for rounding, overflow in itertools.product(ROUNDINGS, OVERFLOWS):
        try:
            yield format.replace(rounding=rounding, overflow=overflow)
        except ro.UsageError:  # to odd with one bit; wrap of floating point
            pass


def bits(x):
    """Comparable as bits; there is one NaN."""
    x = np.asarray(x, np.float64)
    return np.where(np.isnan(x), np.int64(-1), x.view(np.int64))


def edge_numbers(format):
    """Members, midpoints of neighbours, and one step of float64 beside each; of wide formats, a million random ones."""
    if format.bits <= 16:
        members = np.unique(format.values()[np.isfinite(format.values())])
        beyond = float(members[-1]) + np.array([0.25, 0.5, 0.75, 1, 1.5, 4]) * max(float(members[-1] - members[-2]), 2.0**-1000)
        middles = (members[:-1] + members[1:]) / 2  # exact: 16 bits and one more
        points = np.concatenate([members, middles, beyond, -beyond])
    else:
        random = np.random.default_rng(5)
        top, least = float(min(format.max, 2**1022)), float(max(format.smallest, 2.0**-1074))
        low, high = max(math.frexp(least)[1] - 2, -1074), min(math.frexp(top)[1] + 1, 1022)
        points = np.ldexp(random.uniform(-2, 2, 340_000), random.integers(low, high, 340_000))
        points = np.concatenate([points, [top, -top, least, 2.0**-1074, -(2.0**-1074)]])
    points = np.concatenate([points, np.nextafter(points, np.inf), np.nextafter(points, -np.inf)])
    specials = [0.0, -0.0] + ([np.inf, -np.inf] if format.has_inf else []) + ([np.nan] if format.has_nan else [])
    return np.concatenate([points[np.isfinite(points)], specials])


def same(format, numbers):
    try:
        want = ro.quantize(numbers, format, reference=True)
    except (ro.Trap, ro.UsageError) as error:
        with pytest.raises(type(error)) as found:
            ro.quantize(numbers, format)
        assert str(found.value) == str(error)
        # what traps is one number; the others still have results
        kept = []
        for number in numbers[:: max(1, len(numbers) // 2000)]:
            try:
                kept.append((number, float(ro.quantize(number, format, reference=True))))
            except (ro.Trap, ro.UsageError):
                pass
        if kept:
            given, results = np.array(kept).T
            assert (bits(ro.quantize(given, format)) == bits(results)).all(), format
        return
    assert (bits(ro.quantize(numbers, format)) == bits(want)).all(), format


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_format_and_mode_has_the_bits_of_the_definition(name):
    format = ro.Format(name)
    numbers = edge_numbers(format) if format.bits > 16 or _core.float_bits(format) else np.array([0.0])
    for mode in modes(format):
        same(mode, numbers)
    # float32 arrays: those of the numbers that are float32
    if format.bits <= 16:
        with np.errstate(over="ignore"):
            singles = numbers.astype(np.float32)
        singles = singles[(singles == numbers) & ((singles > 0) | format.has_zero)]
        assert (bits(ro.quantize(singles, format)) == bits(ro.quantize(singles.astype(float), format, reference=True))).all()


def test_a_million_numbers_of_wide_formats():
    random = np.random.default_rng(6)
    numbers = np.ldexp(random.uniform(-2, 2, 1_000_000), random.integers(-150, 128, 1_000_000))
    for name in ["binary32", "tf32", "posit32", "fixed(20,20)", "binary32:rup", "float(8,17):rna"]:
        same(ro.Format(name), numbers)


def test_numpys_own_types():
    random = np.random.default_rng(7)
    patterns = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(float)
    middles = (patterns[np.isfinite(patterns)][:-1] + patterns[np.isfinite(patterns)][1:]) / 2
    numbers = np.concatenate([patterns, middles, np.nextafter(middles, np.inf), np.nextafter(middles, -np.inf),
                              np.ldexp(random.uniform(-2, 2, 100_000), random.integers(-160, 140, 100_000))])
    with np.errstate(over="ignore", invalid="ignore"):
        for name, dtype in [("binary16", np.float16), ("binary32", np.float32)]:
            assert (bits(ro.quantize(numbers, name)) == bits(numbers.astype(dtype))).all()
            a, b = numbers[:65536].astype(dtype), numbers[-65536:].astype(dtype)
            with np.errstate(all="ignore"):
                for op, function in [("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("div", np.divide)]:
                    assert (bits(getattr(ro, op)(a, b, name)) == bits(function(a, b))).all(), (name, op)
                assert (bits(ro.sqrt(a, name)) == bits(np.sqrt(a))).all()



@pytest.mark.parametrize("name", ["bfloat16", "binary16:rup", "fixed(5,3)", "e4m3", "posit16", "float(6,30):rod", "F(3,4)"])
def test_products_of_matrices_by_exact_fractions(name):
    """Written once more in Python's exact rationals, of which only `Format.round` makes members."""
    format = ro.Format(name)
    random = np.random.default_rng(8)
    a, b = random.uniform(-4, 4, (3, 5)), random.uniform(-4, 4, (5, 2))

    def exact(x):
        return Fraction(format.round(float(x)))

    def product(i, j, order):
        terms = [format.round(exact(a[i, t]) * exact(b[t, j])) for t in range(5)]
        if order == "sequential":
            s = terms[0]
            for term in terms[1:]:
                s = format.round(Fraction(s) + Fraction(term))
            return float(s)
        return float(format.round(sum(Fraction(term) for term in terms)))

    for order in ["sequential", "exact"]:
        want = [[product(i, j, order) for j in range(2)] for i in range(3)]
        assert (ro.matmul(a, b, format, order=order) == want).all(), order
    fused = np.array([[0.0, 0.0]] * 3)
    for i, j in np.ndindex(3, 2):
        s = Fraction(format.round(exact(a[i, 0]) * exact(b[0, j])))
        for t in range(1, 5):
            s = Fraction(format.round(s + exact(a[i, t]) * exact(b[t, j])))
        fused[i, j] = float(s)
    assert (ro.matmul(a, b, format, dot="fused") == fused).all()


def test_all_ways_of_a_product_agree():
    random = np.random.default_rng(9)
    for name in ["bfloat16", "e5m2", "fixed(7,4)", "binary32"]:
        a, b = random.standard_normal((70, 9)), random.standard_normal((9, 100))
        whole = ro.matmul(a, b, name)
        assert (whole[:, :3] == ro.matmul(a, b[:, :3], name)).all()  # few columns: rows are lanes
        assert (whole[7] == ro.matmul(a[7], b, name)).all() and (whole[:, 7] == ro.matmul(a, b[:, 7], name)).all()
        assert whole[5, 6] == ro.dot(a[5], b[:, 6], name) == ro.matmul(a[5], b[:, 6], name)
        assert (ro.dot(a[:, :, None], b[None], name, axis=1) == whole).all()
        wide = ro.matmul(a, b, name, accumulator="float(11,53)")
        q = ro.quantize(a, name), ro.quantize(b, name)
        sums = np.zeros((70, 100))
        for t in range(9):  # exact products, and sums that the host rounds as binary64 does
            sums = q[0][:, t : t + 1] * q[1][t] if t == 0 else sums + q[0][:, t : t + 1] * q[1][t]
        assert (wide == ro.quantize(sums, name)).all()
        stack = ro.matmul(np.stack([a, -a]), b, name)
        assert (stack[0] == whole).all()


def test_sums_and_softmax_by_rows_and_by_columns():
    x = np.random.default_rng(10).standard_normal((6, 40)) * 4
    for name in ["binary16", "fixed(4,6)", "posit16"]:
        for order in ["sequential", "tree", "exact", "blocked:8", "wide:binary32"]:
            columns = ro.sum(x, name, axis=0, order=order)
            rows = ro.sum(x.T, name, axis=1, order=order)
            assert (columns == rows).all()
            assert columns[3] == ro.sum(x[:, 3], name, order=order)
        soft = ro.softmax(x, name)
        assert (soft == ro.softmax(x.T, name, axis=0).T).all()
        f = ro.Format(name)
        s = [float(f.round(v)) for v in x[2]]
        e = [float(ro.exp(ro.sub(v, max(s), f), f)) for v in s]
        z = float(ro.sum(e, f))
        assert [float(ro.div(v, z, f)) for v in e] == list(soft[2])


def test_functions_against_fractions_and_the_definition():
    x = np.linspace(-3, 3, 1001)
    for op in ["exp", "tanh", "sigmoid", "gelu", "silu", "erf", "sin", "cos", "relu"]:
        for name in ["binary16", "binary32", "fixed(3,20)"]:
            got = getattr(ro, op)(x, name)
            assert (got[::50] == [float(getattr(ro, op)(v, name)) for v in x[::50]]).all()
    assert ro.fma(1 + 2.0**-10, 1 - 2.0**-10, -1.0, "binary16") == -(2.0**-20)
    assert ro.maximum([1.0, -2.0], [0.5, 3.0], "e4m3").tolist() == [1.0, 3.0]


def test_codes():
    for name in ["e4m3", "bfloat16", "int8", "posit16", "binary32", "fixed(3,4)", "nf4", "e8m0"]:
        f = ro.Format(name)
        codes = np.array([c for c in range(min(f.codes, 1 << 16)) if name != "fixed(3,4)" or c != 128])
        values = ro.decode(codes, f)
        assert (bits(values) == bits([float(f.decode(int(c))) for c in codes])).all()
        numbers = ~np.isnan(values)
        back = ro.encode(values[numbers], f)
        assert back.dtype.itemsize * 8 == max(8, 1 << (f.bits - 1).bit_length())
        assert (back == codes[numbers]).all()
    with pytest.raises(ro.UsageError, match="element 1: .* is no member of e4m3; quantize first"):
        ro.encode([1.0, 0.3], "e4m3")
    with pytest.raises(ro.UsageError, match="no bit patterns"):
        ro.encode([1.0], "F(3,4)")
    with pytest.raises(ro.UsageError):
        ro.decode([-1], "e4m3")
    f = ro.Format("binary128")
    assert f.decode(f.encode("0x1.8p+1")) == 3.0


def test_blocks_equal_the_parts_they_are_made_of():
    x = np.random.default_rng(11).standard_normal((3, 64)) * 3
    for name in ["mxfp4", "mxfp8_e4m3", "mxint8", "nvfp4", "int4/32", "uint4/16", "nf4"]:
        blocks = ro.quantize_blocks(x, name)
        assert blocks.values.shape == x.shape and blocks.scales.shape == (3, 64 // blocks.block)
        if name in ("mxfp4", "mxfp8_e4m3"):
            assert (blocks.values == blocks.elements * np.repeat(blocks.scales, blocks.block, axis=1)).all()
    with pytest.raises(ro.UsageError, match="did you mean 'mxfp4'"):
        ro.quantize_blocks(x, "mxfp44")


# ---- as NumPy's users expect ----

def test_contiguous_inputs_are_not_copied():
    for dtype in (np.float64, np.float32):
        x = np.linspace(0, 1, 1000).astype(dtype)
        seen, _ = ro.arrays._input(x)
        assert _core.address(seen) == x.ctypes.data
        out = np.empty_like(x)
        assert ro.quantize(x, "e4m3", out=out) is out
        assert ro.quantize(x, "e4m3", out=x) is x and (x == out).all()


def test_shapes_types_and_orders():
    x = np.random.default_rng(12).standard_normal((4, 6))
    want = ro.quantize(x, "e4m3")
    assert (ro.quantize(np.asfortranarray(x), "e4m3") == want).all()
    assert (ro.quantize(x[::2, ::-2], "e4m3") == want[::2, ::-2]).all()
    assert (ro.quantize(x.astype(">f8"), "e4m3") == want).all()
    frozen = x.copy()
    frozen.setflags(write=False)
    assert (ro.quantize(frozen, "e4m3") == want).all()
    with pytest.raises(ValueError, match="read-only"):
        ro.quantize(x, "e4m3", out=frozen)
    assert ro.quantize(np.empty((0, 3)), "e4m3").shape == (0, 3)
    scalar = ro.quantize(np.float32(0.3), "e4m3")
    assert scalar.shape == () and isinstance(scalar, np.float32) and isinstance(ro.quantize(0.3, "e4m3"), np.float64)
    assert ro.quantize([1, 2, 3], "e4m3").dtype == np.float64
    assert ro.quantize(np.float16([1]), "e4m3").dtype == np.float16
    assert ro.quantize(np.float16([1]), "bfloat16").dtype == np.float32
    assert ro.quantize(np.float32([1]), "binary64").dtype == np.float64
    assert ro.quantize(np.array([True, False]), "e4m3").tolist() == [1.0, 0.0]
    assert ro.add(np.ones((3, 1), np.float32), 2, "e4m3").dtype == np.float32
    assert ro.add(np.ones((3, 1)), np.ones(4), "e4m3").shape == (3, 4)
    strided = np.zeros(20)
    assert (ro.quantize(x.ravel()[:10], "e4m3", out=strided[::2]) == want.ravel()[:10]).all()
    buffer = np.concatenate([x.ravel(), [0.0]])
    moved = ro.quantize(buffer[:-1], "e4m3", out=buffer[1:])  # they overlap
    assert (moved == want.ravel()).all()
    for wrong in (np.array(["a"]), np.array([1j]), np.array([None]), np.array([1.0], np.longdouble), np.datetime64("2020")):
        with pytest.raises(TypeError):
            ro.quantize(wrong, "e4m3")
    with pytest.raises(TypeError):
        ro.quantize([1.0], 16)
    with pytest.raises(ro.UsageError):
        ro.quantize(np.array([2**53 + 1]), "binary64")
    with pytest.raises(ValueError):
        ro.quantize(x, "binary32", out=np.empty((4, 6), np.float16))
    with pytest.raises(ValueError):
        ro.matmul(x, x, "e4m3")
    with pytest.raises(ValueError):
        ro.add(np.ones(3), np.ones(4), "e4m3")
    ml_dtypes = pytest.importorskip("ml_dtypes")
    assert ro.quantize(np.ones(3, ml_dtypes.bfloat16), "e4m3").dtype == np.float32


def test_what_has_no_result_is_an_error_that_names_the_element():
    with pytest.raises(ro.Trap, match="element 2: "):
        ro.quantize([0.0, 1.0, np.nan], "fixed(3,3)")
    with pytest.raises(ro.Trap, match="element 1: "):
        ro.quantize([0.0, 100.0], "fixed(3,3):trap")
    with pytest.raises(ArithmeticError):
        ro.div([1.0, 0.0], [1.0, 0.0], "int8")
    big = np.zeros(10_000)
    big[9_000] = np.nan
    with pytest.raises(ro.Trap, match="element 9000: "):
        ro.add(big, 1.0, "fixed(3,3)")
    with pytest.raises(ro.UsageError, match="no float64 holds"):
        ro.quantize([1e300], "fixed(60,60)")
    with pytest.raises(ValueError, match="did you mean 'tree'"):
        ro.sum([1.0], "e4m3", order="treee")
    with pytest.raises(ValueError, match="one out"):
        ro.matmul([[1.0]], [[1.0]], "e4m3", dot="fused", order="tree")


def test_stochastic_rounding_is_a_function_of_the_seed_and_the_place():
    x = np.full(20_000, 0.3)
    first = ro.quantize(x, "fixed(1,2):sr", seed=3)
    assert (first == ro.quantize(x, "fixed(1,2):sr(3)")).all() and (first != ro.quantize(x, "fixed(1,2):sr(4)")).any()
    assert abs(first.mean() - 0.3) < 5 * 0.125 / np.sqrt(20_000)
    assert ro.quantize(x[:7], "fixed(1,2):sr(3)").tolist() == first[:7].tolist()


def test_formats_are_values():
    f = ro.Format("float(8,8):rtz")
    assert (f.bits, f.precision, f.emin, f.emax, f.has_inf, f.bias) == (16, 8, -126, 127, True, 127)
    assert f.min_normal == 2.0**-126 and f.min_subnormal == f.smallest == 2.0**-133 and f.epsilon == 2.0**-7
    assert ro.Format("bf16") == ro.Format("BFLOAT16") != f
    assert len({ro.Format("bf16"), ro.Format("bfloat16"), f}) == 2
    for name in CATALOGUE:
        g = ro.Format(name)
        assert pickle.loads(pickle.dumps(g)) == g and eval(repr(g), {"Format": ro.Format}) == g
        assert ro.Format(str(g)) == g and ro.Format(g) == g
    assert ro.Format("binary128").max == Fraction(2**113 - 1) * 2**16271
    assert ro.Format("binary16").nan_codes == (range(0x7C01, 0x8000), range(0xFC01, 0x10000))
    assert ro.Format("posit16").numbers == 2**16 - 1 and ro.Format("F(3,4)").codes is None
    assert len(ro.Format("F(2,2)").values()) == ro.Format("F(2,2)").numbers
    assert ro.Format("fixed(lg(k)+2,0)", k=16) == ro.Format("fixed(6,0)")
    with pytest.raises(ro.UsageError):
        ro.Format("fixed(n,0)")
    with pytest.raises(ro.UsageError, match="'m' is no size"):
        ro.Format("fixed(n,0)", m=3)
    with pytest.raises(ro.UsageError, match="values are listed of formats of at most 16 bits"):
        ro.Format("binary32").values()
