"""A wheel works without the source tree, in an environment of its own, without a network."""
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import zipfile

import pytest

import roundoff as ro

SOURCE = pathlib.Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("build_backend", SOURCE / "python" / "build_backend.py")
backend = importlib.util.module_from_spec(spec)
spec.loader.exec_module(backend)


def run(*words, cwd, **more):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, timeout=300, env={**kept, **more})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_wheel_in_an_environment_of_its_own(tmp_path):
    name = backend.write_wheel(pathlib.Path(ro.__file__).parent, tmp_path)
    assert name == f"roundoff-{backend.version()}-{backend.tag()}.whl"
    names = zipfile.ZipFile(tmp_path / name).namelist()
    for needed in ("roundoff/__init__.py", "roundoff/commands.py", "roundoff/_core.pyi", "roundoff/py.typed"):
        assert needed in names
    assert sum(name.startswith("roundoff/_core.") and name.endswith(".so") for name in names) == 1
    first = (tmp_path / name).read_bytes()
    backend.write_wheel(pathlib.Path(ro.__file__).parent, tmp_path)
    assert (tmp_path / name).read_bytes() == first

    run(sys.executable, "-m", "venv", "--system-site-packages", "env", cwd=tmp_path)
    run("env/bin/pip", "install", "--no-index", "--quiet", name, cwd=tmp_path)
    python = tmp_path / "env" / "bin" / "python"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    where = run(python, "-c", "import roundoff as ro; print(ro.__file__); assert ro.verify('add-hinge', n=2).holds", cwd=elsewhere)
    assert str(tmp_path / "env") in where and str(SOURCE) not in where
    assert run(python, "-m", "roundoff", "--version", cwd=elsewhere).startswith("roundoff ")
    assert "certified" in run(tmp_path / "env" / "bin" / "roundoff", "verify", "add-hinge", "--p", "10", "--n", "16", cwd=elsewhere)


def test_notebooks_run_in_an_environment_of_its_own(tmp_path):
    """As docs/python.md says: a kernel of the environment first, since Jupyter's own may be of another interpreter."""
    pytest.importorskip("nbconvert")
    pytest.importorskip("ipykernel")
    name = backend.write_wheel(pathlib.Path(ro.__file__).parent, tmp_path)
    run(sys.executable, "-m", "venv", "--system-site-packages", "env", cwd=tmp_path)
    run("env/bin/pip", "install", "--no-index", "--quiet", name, cwd=tmp_path)
    written = (SOURCE / "docs" / "python.md").read_text()
    lines = [line for line in written.splitlines() if line.startswith((".venv/bin/python -m ipykernel", ".venv/bin/python -m nbconvert"))]
    assert len(lines) == 2
    cells = [{"cell_type": "code", "id": "a", "metadata": {}, "execution_count": None, "outputs": [],
              "source": "import roundoff; print(roundoff.__file__)"}]
    page = {"cells": cells, "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
            "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "page.ipynb").write_text(json.dumps(page))
    for line in lines:  # ipykernel leaves a folder of its own behind
        run(*line.replace(".venv", "env").replace("examples/notebooks/*.ipynb", "page.ipynb").split(), cwd=tmp_path, HOME=str(tmp_path), TMPDIR=str(tmp_path))
    outputs = json.loads((tmp_path / "out" / "page.ipynb").read_text())["cells"][0]["outputs"]
    assert str(tmp_path / "env") in "".join(outputs[0]["text"])


def test_an_interpreter_without_what_is_needed_is_told_so(tmp_path):
    bare = tmp_path / "bare"
    run(sys.executable, "-m", "venv", bare, cwd=tmp_path)  # without NumPy
    done = subprocess.run([bare / "bin" / "python", "-c", f"import sys; sys.path.insert(0, {str(SOURCE / 'python')!r}); import build_backend; build_backend.check()"],
                          capture_output=True, text=True)
    assert done.returncode == 1 and "has no NumPy" in done.stderr and "--system-site-packages" in done.stderr
    done = subprocess.run([bare / "bin" / "python", "-c", f"import sys; sys.path.insert(0, {str(pathlib.Path(ro.__file__).parents[1])!r}); import roundoff"],
                          capture_output=True, text=True)
    assert done.returncode == 1 and "roundoff needs NumPy" in done.stderr


def test_the_metadata_are_those_of_the_project():
    text = (SOURCE / "pyproject.toml").read_text()
    for line in ("requires = []", 'build-backend = "build_backend"', 'dependencies = ["numpy"]'):
        assert line in text
    assert f"Version: {backend.version()}" in backend.metadata()
