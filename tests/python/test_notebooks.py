"""The notebooks run, and what they show is what they are committed with.

    ROUNDOFF_WRITE_NOTEBOOKS=1 pytest tests/python/test_notebooks.py     writes them anew
"""
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

import roundoff as ro

SOURCE = pathlib.Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((SOURCE / "examples" / "notebooks").glob("*.ipynb"))


def shown(notebook):
    """What every cell shows, without what differs from run to run."""
    cells = []
    for cell in notebook["cells"]:
        outputs = []
        for output in cell.get("outputs", []):
            data = output.get("data", {}) if "data" in output else {output.get("name", output["output_type"]): output.get("text", "")}
            outputs.append({kind: re.sub(r"0x[0-9a-f]{8,}", "", "".join(text)) for kind, text in data.items()})
        cells.append((cell["cell_type"], "".join(cell["source"]), outputs))
    return cells


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_what_it_says(path, tmp_path):
    pytest.importorskip("nbconvert")
    pytest.importorskip("ipykernel")
    kernels = tmp_path / "jupyter" / "kernels" / "python3"
    kernels.mkdir(parents=True)  # this interpreter, whatever else is called python3
    (kernels / "kernel.json").write_text(json.dumps({"argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                                                     "display_name": "Python 3", "language": "python"}))
    environment = {**os.environ, "JUPYTER_PATH": str(tmp_path / "jupyter"), "JUPYTER_DATA_DIR": str(tmp_path / "jupyter"), "IPYTHONDIR": str(tmp_path / "ipython"),
                   "PYTHONPATH": str(pathlib.Path(ro.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--ClearMetadataPreprocessor.enabled=True",
                           "--output-dir", str(tmp_path), str(path)],
                          capture_output=True, text=True, timeout=550, env=environment, cwd=SOURCE)
    assert done.returncode == 0, done.stderr[-3000:]
    fresh = json.loads((tmp_path / path.name).read_text())
    if os.environ.get("ROUNDOFF_WRITE_NOTEBOOKS"):
        for cell in fresh["cells"]:
            cell["metadata"] = {}
        fresh["metadata"] = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}
        path.write_text(json.dumps(fresh, indent=1, ensure_ascii=False) + "\n")
    committed = json.loads(path.read_text())
    assert any(cell.get("outputs") for cell in committed["cells"])
    assert shown(fresh) == shown(committed)
