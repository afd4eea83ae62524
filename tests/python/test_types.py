"""Type checkers accept the package and a client of it, strictly."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

import roundoff as ro

PACKAGE = pathlib.Path(ro.__file__).parent

CLIENT = '''
from __future__ import annotations

from typing import Optional

import numpy as np
import roundoff as ro


def bits_of(name: str) -> dict[int, Optional[int]]:
    return ro.analyze(name, minimize="bits", n=range(2, 5), progress=False).minima


def check(name: str) -> Optional[ro.Counterexample]:
    verdict = ro.verify(name, p=10, n=4, method="certify", set={"D": 1}, format=ro.Format("fixed(8,0)"))
    if verdict.holds:
        print(verdict.width + 1, verdict.method.upper(), verdict.replay)
    return verdict.counterexample


def build(task: ro.Task, policy: ro.Policy) -> ro.ModelBuilder:
    m = ro.ModelBuilder(task)
    one, other = m.add("one"), m.add("other")
    m.token(0, one)
    layer = m.layer()
    layer.head().score(one, 2 * one - other + 1).copy(one, {other: 2})
    layer.unit(one - 0.5, other)
    m.logit("0", -policy.largest * one if isinstance(policy.largest, float) else one)
    return m


made = ro.Construction(build, task="add", family="fixed(4,0)", knobs={"D": (1, 1, lambda task: task.n)})
model: ro.Model = ro.construction(made, n=3)
shape: int = model.shape["width"]
weights = model.weights["W_U"].sum()
array = ro.quantize(np.ones((2, 2), np.float32), "bf16", seed=1)
product = ro.matmul(array, array.T, ro.Format("e4m3"), accumulator="binary32", order="tree")
score = ro.trace(model, "01+01=")["0.score"]
answer: str = ro.run(model, "01+01=").answer
table = ro.frontier(made, n=2).table["bits"]
'''

WRONG = '''
import roundoff as ro

ro.verify("add-hinge", method="certfy")
ro.verify("add-hinge", n="four")
ro.quantize([1.0], 16)
ro.run("add-hinge", "01+01=").right + "x"
'''


def mypy(*words, cwd):
    pytest.importorskip("mypy")
    environment = {**os.environ, "MYPYPATH": str(PACKAGE.parent)}
    return subprocess.run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cwd / "cache"), *words], cwd=cwd,
                          capture_output=True, text=True, env=environment, timeout=300)


def test_a_client_and_the_package_pass(tmp_path):
    (tmp_path / "client.py").write_text(CLIENT)
    done = mypy("client.py", str(PACKAGE), cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def test_mistakes_are_found(tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG)
    done = mypy("wrong.py", cwd=tmp_path)
    assert [line.split(":")[1] for line in done.stdout.splitlines() if "error" in line and line.startswith("wrong")][:4] == ["4", "5", "6", "7"], done.stdout


def test_stubs_leave_nothing_open():
    """`Any` stands only inside types of NumPy's (a dtype's precision), and where pandas hands out its own."""
    for path in [*PACKAGE.glob("*.pyi"), *PACKAGE.glob("*.py")]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if not re.search(r"\bAny\b[^ a-z]", line) or "import" in line:
                continue
            numpys = line.replace("np.floating[Any]", "").replace("np.unsignedinteger[Any]", "").replace("np.number[Any]", "").replace("np.dtype[Any]", "")
            assert not re.search(r"\bAny\b", numpys) or "def frame(self)" in line or "axes" in line, f"{path.name}:{number}: {line}"
