"""Models, tasks and constructions from Python are those of the floors."""
import inspect
import json
import pathlib
import pickle

import numpy as np
import pytest

import roundoff as ro

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def test_a_construction_is_the_exported_file(tmp_path, binary):
    model = ro.construction("add-match", n=4, set={"D": 1}, format="fixed(4,0)", round_weights=True)
    path = tmp_path / "ours.json"
    model.save(path)
    code, _, errors = binary("export", "add-match", "--n", "4", "--set", "D=1", "--format", "fixed(4,0)", "--round-weights", "-o", tmp_path / "theirs.json")
    assert code == 0, errors
    assert json.loads(path.read_text()) == json.loads((tmp_path / "theirs.json").read_text())
    loaded = ro.load(path)
    assert loaded == model and hash(loaded) == hash(model) and loaded.path == str(path) and loaded.fingerprint == model.fingerprint
    assert pickle.loads(pickle.dumps(model)) == model
    assert model.policy["format"] == "fixed(4,0)" and model.task["n"] == 4
    assert model.verify(method="adversarial").to_dict()["d_model"] == model.shape["d_model"]
    with pytest.raises(OSError):
        ro.load(tmp_path / "none.json")
    with pytest.raises(ValueError, match="did you mean"):
        ro.construction("add-mtach")


def test_weights_are_arrays_without_copies():
    model = ro.construction("add-hinge", n=3)
    weights = model.weights
    assert weights["tok_emb"].shape == (len(model.vocabulary), model.shape["d_model"])
    document = json.loads(model.to_json())
    assert (weights["W_U"] == np.array(document["W_U"], float)).all()
    for at, layer in enumerate(document["layers"]):
        for name in ("W_Q", "W_1"):
            if name in layer:
                assert (weights[f"layers.{at}.{name}"] == np.array(layer[name], float)).all()
    assert not weights["W_U"].flags.writeable and not weights["W_U"].flags.owndata
    assert len(model.registers) == model.shape["d_model"]


def test_a_trace_is_the_trace_of_run(tmp_path, binary):
    for name, input, options in [("add-hinge", "01+01=", []), ("add-match", "11+01=", [])]:
        path = tmp_path / "trace.jsonl"
        binary("run", name, input, "--trace", path)
        inside = ro.trace(name, input)
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        seen = 0
        for line in lines:
            place = line["site"] if line["layer"] < 0 else f"{line['layer']}.{line['site']}"
            at = tuple(line[axis] for axis in inside.axes[place])
            if line["site"] == "next":
                continue
            value = inside[place][at]
            assert value == float.fromhex(line["value"]) and np.signbit(value) == line["value"].startswith("-")
            seen += 1
        assert seen == sum(np.isfinite(inside[place]).sum() for place in inside if not place.endswith("next"))
        assert "".join(inside.tokens) == input + ro.run(name, input).answer + "<eos>"
    pandas = pytest.importorskip("pandas")
    frame = inside.frame()
    assert isinstance(frame, pandas.DataFrame) and len(frame) == len(lines)


def test_a_trace_of_tokens():
    path = SOURCE / "examples" / "checkpoint" / "tiny"
    inside = ro.trace(path, [12, 7, 0, 3], format="bfloat16")
    answer = ro.forward(path, "12,7,0,3", format="bfloat16")
    assert (inside["logits"] == np.array(answer["logits"])).all()
    with pytest.raises(ro.UsageError, match="no token"):
        ro.trace(path, [10**6])


def parity_by_mean(task, policy):
    """PARITY by one head that takes the mean of all bits, and a zigzag of units.

    The line that asks sees 2k positions, so that 2k times the mean is the number of ones, c. The units relu(c - j) with
    the weights 1, -2, 2, -2, ... draw the zigzag through 0, 1, 0, 1, ... at whole numbers.
    """
    m = ro.ModelBuilder(task)
    one, bit, end, mean, odd = (m.add(name) for name in ("one", "bit", "end", "mean", "odd"))
    for position in range(task.positions):
        m.position(position, one)
    m.position(task.positions - 1, end)
    m.token("1", bit)
    layer = m.layer()
    layer.head().score(0 * one, 0 * one).copy(bit, mean)
    for j in range(task.k):
        layer.unit(2 * task.k * mean - j * one, {odd: 1 if j == 0 else 2 * (-1) ** j})
    m.logit("0", 0.5 - 4 * end)
    m.logit("1", odd - 4 * end)
    m.logit("<eos>", 8 * end - 4)
    return m


def test_parity_by_mean_is_searched_like_the_registrys():
    construction = ro.Construction(parity_by_mean, task="parity", family="fixed(lg(k)+3,2*lg(k)+2)")
    assert len(inspect.getsource(parity_by_mean).splitlines()) < 60
    for k in (1, 3, 4, 7, 10):
        assert ro.verify(construction, k=k).proved and ro.verify(construction, k=k).holds, k
    analysis = ro.analyze(construction, minimize="bits", k=[4, 8, 16, 32, 64])
    assert analysis.proved and analysis.minima == {k: 2 * (k.bit_length() - 1) + 3 for k in (4, 8, 16, 32, 64)}
    law = analysis["law"]
    assert law["decided"] and law["law"] == "logarithmic", law["statement"]
    certified = ro.verify(construction, k=64, method="certify")
    assert certified.verdict == "certified" and certified["of"] == 2.0**64
    assert len(ro.frontier(construction, k=4).table) > 0
    assert ro.run(construction, "1+0+1+1=").answer == "1"
    short = ro.verify(construction, k=8, format="fixed(6,3)")
    assert short.holds is False and ro.run(construction, short.counterexample.input, format="fixed(6,3)").answer == short.counterexample.got


def test_constructions_with_knobs_reasons_and_mistakes():
    @ro.define_construction(task="add", family="fixed(2*lg(n)+2,0)", knobs={"copies": (1, 1, lambda task: task.n)},
                            refuses=lambda task, policy, copies: "no more than 3 digits" if task.n > 3 else None)
    def borrowed(task, policy, copies):
        """The registry's."""
        if policy["softmax"].bits > 20:
            raise ro.UsageError("too wide")
        return ro.construction("add-hinge", n=task.n, format=policy.format)

    assert ro.verify(borrowed, n=2, format="fixed(4,0)").holds and borrowed.name == "borrowed"
    assert ro.constructions(borrowed, n=2, format="fixed(4,0)")["summary"] == "The registry's."
    assert ro.construction(borrowed, n=2, format="fixed(4,0)").shape == ro.construction("add-hinge", n=2, format="fixed(4,0)").shape
    with pytest.raises(ro.UsageError, match="no more than 3 digits"):
        ro.verify(borrowed, n=4)
    with pytest.raises(ro.UsageError, match="copies = 3: borrowed takes 1 to 2 here"):
        ro.verify(borrowed, n=2, set={"copies": 3})
    with pytest.raises(ro.UsageError, match="too wide"):
        ro.verify(borrowed, n=2, format="fixed(30,0)")
    with pytest.raises(ValueError, match="did you mean 'borrowed'"):
        ro.verify("borrowd", n=2)

    @ro.define_construction(task="add", family="fixed(4,0)")
    def mistaken(task, policy):
        return task.nothing

    with pytest.raises(AttributeError, match="nothing"):
        ro.verify(mistaken, n=2)
    with pytest.raises(TypeError, match="build is to return a Model"):
        ro.verify(ro.Construction(lambda task, policy: 3, name="three", task="add", family="fixed(4,0)"), n=2)
    for wrong in (dict(name="add-hinge"), dict(name="a/b"), dict(task="ad"), dict(family="fixd(4,0)"), dict(regime="none")):
        with pytest.raises(ro.UsageError):
            ro.Construction(lambda task, policy: None, **{**dict(name="x", task="add", family="fixed(4,0)"), **wrong})


def test_tasks_said_in_python(tmp_path):
    largest = ro.expression_task("largest", "max(x1, x2)", answer_digits="n", separator="<")
    at = largest.at(p=10, n=2)
    assert at.inputs == 10_000 and at.answer("07<70=") == "70" and at.vocabulary[-1] == "<eos>"
    assert at.answer(at.input(1234)) == max(at.input(1234)[:2], at.input(1234)[3:5])
    assert at.sample(1, 2) == at.sample(1, 2) and at.adversarial(10)
    odd = ro.automaton_task("odd", alphabet="ab", states=["e", "o"], start="e", output={"e": "0", "o": "1"},
                            transitions=[("e", "a", "o"), ("o", "a", "e"), ("e", "b", "e"), ("o", "b", "o")])
    assert [odd.at(n=3).answer(word + "=") for word in ("aab", "aba", "abb")] == ["0", "0", "1"]
    middle = ro.function_task("middle", lambda word: sorted(word)[1], alphabet="abc", lengths=[3])
    middle.save(tmp_path / "middle.toml")
    assert ro.task(tmp_path / "middle.toml", n=4).answer("c a b =") == "b" and ro.tasks(middle)["name"]
    with pytest.raises(ro.UsageError, match="more than"):
        ro.function_task("long", len, alphabet="ab", lengths=[40])
    with pytest.raises((ro.UsageError, OSError)):
        ro.expression_task("bad", "max(x1,", answer_digits="n").at()
    with pytest.raises(OSError, match="no transition"):
        ro.automaton_task("bad", alphabet="ab", states=["e"], start="e", output={"e": "0"}, transitions=[("e", "a", "e")]).at()


def test_a_model_for_a_task_of_ones_own():
    """x1 < x2 of one binary digit."""
    at = ro.expression_task("below", "x1 < x2", answer_digits=1, separator="<").at(n=1)
    m = ro.ModelBuilder(at)
    one, first, second, value, a, b, less, end = (m.add(name) for name in ("one", "first", "second", "value", "a", "b", "less", "end"))
    for position in range(at.positions):
        m.position(position, one)
    m.position(0, first), m.position(2, second), m.position(at.positions - 1, end)
    m.token("1", value)
    layer = m.layer()
    layer.head().score(one, 15 * first).copy(value, a)
    layer.head().score(one, 15 * second).copy(value, {b: 1})
    layer.unit(b - a, {less: 1})
    m.logit("0", 0.5 - 4 * end)
    m.logit("1", less - 4 * end)
    m.logit("<eos>", 8 * end - 4)
    model = m.finish("below", format="fixed(5,2)")
    assert model.verify().holds and model.verify()["of"] == 4
    assert model.registers == ["one", "first", "second", "value", "a", "b", "less", "end"]
    form = 2 * a - 0.5 * b + 1 - (one - 3)
    assert form.bias == 4 and dict(form.terms) == {a: 2, b: -0.5, one: -1}
    for wrong in (lambda: m.token("7", value), lambda: m.position(99, one), lambda: m.token(-1, value), lambda: m.token("1", value, "1/3")):
        with pytest.raises(ro.UsageError):
            wrong()
    with pytest.raises(ro.UsageError, match="'a' is not a number"):
        layer.unit("a", {less: 1})
    with pytest.raises(TypeError):
        layer.unit(a, less.dimension)
