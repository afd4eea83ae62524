"""Nothing leaks, and no wrong call ends the process."""
import gc
import os
import pathlib
import random
import resource
import subprocess
import sys

import numpy as np
import pytest

import roundoff as ro


def pages():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1])


def test_a_hundred_thousand_calls_leak_nothing():
    x = np.linspace(-1, 1, 100)
    f = ro.Format("e4m3")

    def round_of_calls(count):
        for i in range(count):
            ro.quantize(x, f)
            ro.Format("bfloat16")
            if i % 5 == 0:
                ro.add(x, x, "fixed(3,4)")
                f.round(0.3), f.values() if i % 100 == 0 else None
            if i % 50 == 0:
                with pytest.raises(ro.UsageError):
                    ro.Format("nothing")
                ro.run("add-hinge", "1+0=")

    round_of_calls(2_000)
    gc.collect()
    before, objects = pages(), len(gc.get_objects())
    round_of_calls(50_000)  # two calls and more each
    gc.collect()
    assert pages() - before < 1024, "4 MB more than before"
    assert len(gc.get_objects()) - objects < 1000


WRONG_CALLS = r'''
import contextlib, inspect, io, os, random, sys
import numpy as np
import roundoff as ro
from roundoff import _core

draw = random.Random(int(sys.argv[1]))
task = ro.task("add", n=2)
builder = ro.ModelBuilder(task)
model = ro.construction("add-hinge", n=2)
register = builder.add("one")
pool = [
    None, True, 0, 1, -1, 3, 2**31, 2**70, -2**70, 0.5, float("nan"), float("inf"), "", "0", "add", "add-hinge", "e4m3", "fixed(4,0)",
    "fixed(", "\0", "nowhere.json", "--help", "01+01=", "x" * 5000, "\ud800", b"bytes", [], [1], [[1.0, 2.0]], {}, {"D": 1}, {"a": None}, (1, 2),
    np.zeros(0), np.zeros((2, 3)), np.zeros((0, 3), np.float32), np.ones((2, 2, 2)), np.array(["a"]), np.float32(1), np.arange(6)[::-2],
    np.broadcast_to(1.0, (3, 3)), object(), len, print, ro.Format("bf16"), task, builder, model, register, 2 * register, range(3), slice(1), iter([1]),
    lambda *a, **k: None, lambda *a: 1 / 0,
]
targets = [getattr(ro, name) for name in ro.__all__ if callable(getattr(ro, name)) and name not in ("sweep", "table1", "report", "train", "least", "generate")]
targets += [getattr(_core, name) for name in dir(_core) if not name.startswith("_") and callable(getattr(_core, name)) and name != "program"]
for thing in (ro.Format("e4m3"), task, builder, model, register, 2 * register, builder.layer(), builder.layer().head(), task._held, model._held, builder._builder):
    targets += [getattr(thing, name) for name in dir(thing) if not name.startswith("__") and callable(getattr(thing, name))]
os.chdir(sys.argv[2])
for call in range(int(sys.argv[3])):
    target = draw.choice(targets)
    try:
        parameters = list(inspect.signature(target).parameters)
    except (TypeError, ValueError):
        parameters = []
    named = {}
    if parameters and draw.random() < 0.5:
        for name in draw.sample(parameters, min(len(parameters), draw.randrange(1, 4))):
            named[name] = draw.choice(pool)
        named.pop("self", None), named.pop("threads", None), named.pop("budget", None)
    values = [draw.choice(pool) for _ in range(draw.randrange(0, 5))]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            target(*values, **named)
    except (Exception, SystemExit) as error:
        assert not isinstance(error, SystemError) and "internal error" not in str(error), (target, values, named, error)
print("survived")
'''


@pytest.mark.parametrize("seed", range(4))
def test_wrong_calls_are_errors_and_never_the_end(seed, tmp_path):
    """2 000 calls in all, drawn from the signatures; what they write goes to a folder of their own."""
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(ro.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-B", "-c", WRONG_CALLS, str(seed), str(tmp_path), "500"], capture_output=True, text=True,
                          timeout=550, env=environment)
    assert done.returncode == 0 and done.stdout.endswith("survived\n"), (done.returncode, done.stdout[-500:], done.stderr[-3000:])
