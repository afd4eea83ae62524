"""Every command that answers a question has a face, which says what the command line says."""
import importlib.util
import inspect
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import pytest

import roundoff as ro
from roundoff import _core, faces

SOURCE = pathlib.Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("make_faces", SOURCE / "python" / "make_faces.py")
make_faces = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make_faces)


@pytest.mark.parametrize("command", ro.registry(), ids=lambda command: command["name"])
def test_every_command_has_a_face(command):
    name = command["name"]
    if name in make_faces.NO_FACE:
        assert not hasattr(ro.commands, name)
        return
    assert name in make_faces.FACES, (
        f"the command {name} has no face; if it answers a question, add a line to FACES in python/make_faces.py:\n"
        f'    "{name}": ("Answer", ""),\nelse say in NO_FACE why it has none'
    )
    function = getattr(ro, make_faces.identifier(name))
    parameters = inspect.signature(function).parameters
    for option in command["options"]:
        if option["names"][-1] not in make_faces.NOT_HERE:
            assert make_faces.identifier(option["names"][-1]) in parameters, option
            assert option["help"] in function.__doc__
    assert command["summary"] in function.__doc__


QUESTIONS = [  # every command that needs no files, as a call and as a command line
    (lambda: ro.verify("add-hinge", n=4), "verify add-hinge --n 4"),
    (lambda: ro.verify("add-hinge", n=8, format=ro.Format("fixed(4,0)"), all=True), "verify add-hinge --n 8 --format fixed(4,0) --all"),
    (lambda: ro.verify("add-match", n=6, format="fixed(3,0)", set={"D": 1}), "verify add-match --n 6 --format fixed(3,0) --set D=1"),
    (lambda: ro.run("add-hinge", "0123+0456=", p=10, stats=True), "run add-hinge 0123+0456= --p 10 --stats"),
    (lambda: ro.explain("add-hinge", "000+000=", p=10, format="fixed(5,0)"), "explain add-hinge 000+000= --p 10 --format fixed(5,0)"),
    (lambda: ro.analyze("add-hinge", n=range(2, 5)), "analyze add-hinge --n 2,3,4"),
    (lambda: ro.frontier("add-match", n=2), "frontier add-match --n 2"),
    (lambda: ro.compare("add-hinge", n=2), "compare add-hinge --n 2"),
    (lambda: ro.pairs("add-hinge", n=2), "pairs add-hinge --n 2"),
    (lambda: ro.formats("e4m3", "bf16"), "formats e4m3 bf16"),
    (lambda: ro.formats("fixed(n,0)", at={"n": 4}), "formats fixed(n,0) --at n=4"),
    (lambda: ro.constructions(), "constructions"),
    (lambda: ro.tasks("add"), "tasks add"),
    (lambda: ro.policies(), "policies"),
    (lambda: ro.eval("e4m3", "add", 400, -100), "eval e4m3 add 400 -100"),
]


@pytest.mark.parametrize("call, line", QUESTIONS, ids=[line for _, line in QUESTIONS])
def test_an_answer_is_that_of_the_command_line(call, line, binary):
    answer = call()
    code, output, errors = binary(*line.split(), "--json")
    document = json.loads(output)
    ours = answer.to_dict() if isinstance(document, dict) else answer["answer"]
    for one in (document, ours):
        if isinstance(one, dict):
            one.pop("seconds", None)
            one.get("provenance", {}).pop("command", None)
    assert ours == document
    assert answer.code == code
    if not line.startswith("eval"):  # to a pipe, eval says it in another way
        code, output, errors = binary(*line.split())
        assert answer.text == output


def test_answers_are_typed_and_show_themselves(tmp_path):
    verdict = ro.verify("add-hinge", n=8, format="fixed(4,0)")
    assert verdict.holds is False and verdict.proved and verdict.code == 1
    assert verdict.replay.startswith("roundoff run add-hinge") and verdict.counterexample.input in verdict.replay
    assert ro.run("add-hinge", verdict.counterexample.input, format="fixed(4,0)").answer == verdict.counterexample.got
    assert "refuted" in verdict._repr_html_() and verdict.command.startswith("roundoff verify add-hinge")
    assert set(verdict) == set(verdict.to_dict()) and verdict["width"] == verdict.width
    with pytest.raises(KeyError, match="no field 'widht'"):
        verdict["widht"]
    analysis = ro.analyze("add-hinge", n=range(2, 6))
    assert list(analysis.minima) == [2, 3, 4, 5] and analysis.proved
    assert analysis.svg().startswith("<svg") and "<svg" in analysis._repr_html_()
    assert analysis.table.columns and len(analysis.table) == 4 and "<table>" in analysis.table._repr_html_()
    unknown = ro.verify("add-hinge", n=4, method="sample", count=0)
    assert unknown.holds is None and unknown.code == 5
    ro.export("add-hinge", n=2, output=tmp_path / "adder.json")
    trapped = ro.run(tmp_path / "adder.json", "11+11=", format="fixed(2,0):trap")
    assert trapped.code == 1 and not trapped.right and "trap" in trapped
    axes = pytest.importorskip("matplotlib.figure").Figure().add_subplot()
    assert analysis.plot(axes) is axes and len(axes.lines) == 1


def test_errors_are_those_of_the_command_line():
    with pytest.raises(ValueError, match="did you mean 'add-hinge'"):
        ro.verify("add-hing")
    with pytest.raises(ro.UsageError, match="did you mean 'certify'"):
        ro.verify("add-hinge", method="certifi")
    with pytest.raises(OSError, match="nowhere.json"):
        ro.verify("nowhere.json")
    with pytest.raises(TypeError):
        ro.verify("add-hinge", methd="certify")
    with pytest.raises(TypeError, match="no word of a command"):
        ro.verify(object())


def test_threads_may_ask_at_once():
    verdicts = {}
    threads = [threading.Thread(target=lambda n=n: verdicts.update({n: ro.verify("add-hinge", n=n)})) for n in (2, 3, 4, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [verdicts[n].of for n in (2, 3, 4, 5)] == [16, 64, 256, 1024] and all(v.holds for v in verdicts.values())


def test_the_lock_is_released_and_progress_is_told():
    told = []
    ticks = []
    done = threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.01)

    other = threading.Thread(target=tick)
    other.start()
    try:
        ro.verify("add-hinge", p=10, n=8, method="sample", count=3_000_000, progress=lambda *at: told.append(at), threads=1)
    finally:
        done.set()
        other.join()
    assert told and all(isinstance(what, str) and done <= of for what, done, of in told)
    assert max(b - a for a, b in zip(ticks, ticks[1:])) < 1.5

    def refuse(*at):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        ro.verify("add-hinge", p=10, n=8, method="sample", count=300_000_000, progress=refuse)


INTERRUPTED = """
import signal, sys, threading, time, os
import roundoff as ro
threading.Timer(1.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
start = time.monotonic()
try:
    if sys.argv[1] == "matmul":
        import numpy as np
        ro.matmul(np.ones((4000, 4000)), np.ones((4000, 4000)), "posit16")
    elif sys.argv[1] == "pairs":
        ro.pairs("add-hinge", n=8, count=1_000_000_000)
    else:
        ro.analyze("add-hinge", n=range(2, 4000), store=sys.argv[1])
except KeyboardInterrupt as error:
    print("stopped", time.monotonic() - start < 8, error)
"""


def test_an_interrupt_stops_and_loses_nothing(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(ro.__file__).parents[1])}
    for what in (str(tmp_path / "kept.sqlite"), "matmul", "pairs"):
        done = subprocess.run([sys.executable, "-c", INTERRUPTED, what], capture_output=True, text=True, timeout=120, env=environment)
        assert done.stdout.startswith("stopped True"), (done.stdout, done.stderr)
    kept = ro.store("list", str(tmp_path / "kept.sqlite"))
    assert len(kept.table) > 3
    again = ro.verify("add-hinge", n=2, format="fixed(5,0)", store=str(tmp_path / "kept.sqlite"))
    assert again.holds


FORKED = """
import os, threading, time
import roundoff as ro
thread = threading.Thread(target=lambda: ro.verify("add-hinge", p=10, n=8, method="sample", count=2_000_000_000))
thread.start()
time.sleep(0.3)
child = os.fork()
if child == 0:
    try:
        ro.quantize([1.0], "e4m3")
    except RuntimeError as error:
        os._exit(7 if "forked" in str(error) else 8)
    os._exit(9)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
os._exit(0)
"""


def test_a_fork_while_another_thread_computes_is_refused_and_else_works():
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(ro.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=120, env=environment)
    assert done.stdout.strip() == "7", (done.stdout, done.stderr)
    child = os.fork()
    if child == 0:
        os._exit(0 if ro.verify("add-hinge", n=2).holds else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_module_is_the_command_line(binary):
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(ro.__file__).parents[1])}
    for words in (["verify", "add-hinge", "--n", "3"], ["--version"], ["verfy"], ["run", "add-hinge", "01+01=", "--format", "fixed(2,0)"]):
        done = subprocess.run([sys.executable, "-m", "roundoff", *words], capture_output=True, text=True, timeout=120, env=environment)
        assert (done.returncode, done.stdout, done.stderr) == binary(*words)
