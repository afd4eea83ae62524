"""Rates of the Python module, as ratios against a reference in the same run (never a timed test):

    PYTHONPATH=build/release/python /usr/bin/python3 bench/python.py [build/release/bench/bench_formats]

quantize against the same rounding written with NumPy (below: by frexp, rint and ldexp, with subnormal numbers and overflow,
compared with it on bits before anything is timed); matmul against bench_formats' rate for the same format, where its
program is named. Rates are items a second of processor time, the best of several.
"""
import json
import os
import subprocess
import sys
import time

import numpy as np

import roundoff as ro


def numpy_rounding(x, format):
    """To nearest, ties to even, into a format with exponents and infinities: the usual few lines of NumPy."""
    step = np.maximum(np.frexp(x)[1] - 1, format.emin) - (format.precision - 1)
    made = np.ldexp(np.rint(np.ldexp(x, -step)), step)
    made[np.abs(made) > format.max] = np.inf * np.sign(made[np.abs(made) > format.max])
    return made


def rate(work, items, repetitions=5):
    best = 0.0
    for _ in range(repetitions):
        calls, begin = 0, time.process_time()
        while time.process_time() - begin < 0.3:
            work()
            calls += 1
        best = max(best, calls * items / (time.process_time() - begin))
    return best


def main():
    random = np.random.default_rng(1)
    x = np.ldexp(random.standard_normal(1_000_000), random.integers(-20, 20, 1_000_000))
    for name in ("bfloat16", "binary16"):
        format = ro.Format(name)
        out = np.empty_like(x)
        with np.errstate(over="ignore", invalid="ignore"):
            assert (numpy_rounding(x, format) == ro.quantize(x, format)).all()
            ours = rate(lambda: ro.quantize(x, format, out=out), x.size)
            theirs = rate(lambda: numpy_rounding(x, format), x.size)
            cast = rate(lambda: x.astype(np.float16), x.size) if name == "binary16" else 0
        print(f"quantize {name}: {ours / 1e6:.0f} million a second, {ours / theirs:.1f} times NumPy's {theirs / 1e6:.0f}"
              + (f", {ours / cast:.1f} times its cast to float16" if cast else ""))
    for name in ("bfloat16", "e4m3", "binary16", "fixed(7,8)"):
        if len(sys.argv) < 2:
            break
        a, b = (random.uniform(-2, 2, (256, 256)).astype(np.float32) for _ in range(2))
        ours = rate(lambda: ro.matmul(a, b, name), 256 * 256 * 511)
        pattern = "^product/" + name.replace("(", r"\(").replace(")", r"\)") + "/(?!mpfr)"
        done = subprocess.run([sys.argv[1], f"--benchmark_filter={pattern}", "--benchmark_format=json", "--benchmark_repetitions=5",
                               "--benchmark_min_time=0.3"], capture_output=True, text=True, env={**os.environ})
        rows = json.loads(done.stdout[done.stdout.index("{") : done.stdout.rindex("}") + 1])["benchmarks"]
        theirs = max(row["items_per_second"] for row in rows)
        print(f"matmul {name}: {ours / 1e9:.2f} G rounded operations a second, {100 * ours / theirs:.0f} % of bench_formats' {theirs / 1e9:.2f}")


if __name__ == "__main__":
    main()
