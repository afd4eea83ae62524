"""Models, tasks and constructions from Python: loaded, built register by register, asked for like those of the registry."""
from __future__ import annotations

import hashlib
import inspect
import json
import os
import struct
import tempfile
from fractions import Fraction
from pathlib import Path as _Path
from typing import (Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple, TypedDict, Union)

import numpy as np
from numpy.typing import NDArray

from . import _core
from ._core import Form, Format, Head, Layer, Policy, Register, UsageError
from .answers import JSON, Run, Verdict
from .arrays import FormatLike
from .faces import One, Path, Subject, Value, word, words

__all__ = ["Construction", "Form", "Head", "Layer", "Model", "ModelBuilder", "Policy", "Register", "Task", "TaskFile",
           "Trace", "automaton_task", "cases_task", "construction", "define_construction", "expression_task",
           "function_task", "load", "task", "trace"]

Number = Union[int, float, Fraction, str]
Linear = Union[Register, Form, int, float, Fraction]
Targets = Union[Register, Mapping[Register, Number]]
Token = Union[int, str]

_folder: Optional["tempfile.TemporaryDirectory[str]"] = None


def _kept(name: str, ending: str, content: bytes) -> str:
    """A file that commands can read, named after what is in it; gone when the process ends."""
    global _folder
    if _folder is None:
        _folder = tempfile.TemporaryDirectory(prefix="roundoff-")
    stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in name) or "made"
    path = os.path.join(_folder.name, f"{stem}-{hashlib.sha256(content).hexdigest()[:16]}{ending}")
    if not os.path.exists(path):
        with open(path + "~", "wb") as file:
            file.write(content)
        os.replace(path + "~", path)
    return path


# ---- models ----

class Shape(TypedDict):
    """The dimensions of a model (semantics, section 6)."""

    d_model: int
    heads: int
    d_k: int
    d_v: int
    d_ff: int
    layers: int
    width: int
    parameters: int
    nonzero: int
    position_table: int


class Model:
    """A transformer with exact weights, and what its file says of how it is run. It never changes.

    >>> model = construction("add-hinge", n=4)
    >>> model.shape["layers"], model.registers[:3]
    (2, ['one', 'x', 'own[0]'])
    >>> model.run("0101+0011=").answer
    '01000'
    """

    def __init__(self, held: _core.Model):
        self._held = held

    @property
    def name(self) -> str:
        """What it is called."""
        return self._held.name

    @property
    def path(self) -> str:
        """The file it was loaded from, or ''."""
        return self._held.path

    @property
    def vocabulary(self) -> List[str]:
        """Its tokens."""
        return self._held.vocabulary

    @property
    def registers(self) -> List[str]:
        """The names of the dimensions of its residual stream, where they have names."""
        return self._held.registers

    @property
    def shape(self) -> Shape:
        """Its dimensions and its width."""
        return self._held.shape

    @property
    def policy(self) -> Dict[str, str]:
        """How its file says that it is run: format, order, dot, ..."""
        return self._held.policy

    @property
    def task(self) -> Optional[Dict[str, JSON]]:
        """What its file says that it solves, or None."""
        return self._held.task

    @property
    def fingerprint(self) -> str:
        """128 bits over every weight and option: its identity in stores and certificates."""
        return self._held.fingerprint

    @property
    def weights(self) -> Dict[str, NDArray[np.float64]]:
        """All matrices and vectors by their place, ``layers.0.W_Q``, as read-only arrays. ``UsageError`` where a weight is
        no float64."""
        data = self._held.safetensors()
        length = struct.unpack_from("<Q", data)[0]
        header = json.loads(data[8 : 8 + length])
        made: Dict[str, NDArray[np.float64]] = {}
        for name, facts in header.items():
            if name == "__metadata__":
                continue
            begin, end = facts["data_offsets"]
            flat: NDArray[np.float64] = np.frombuffer(data, np.dtype("<f8"), (end - begin) // 8, 8 + length + begin)
            made[name] = flat.reshape(facts["shape"])
        return made

    def to_json(self) -> str:
        """The model file, as ``roundoff export`` writes it."""
        return self._held.json()

    @staticmethod
    def from_json(text: str) -> "Model":
        """A model of the text of a model file.

        >>> model = construction("add-hinge", n=2)
        >>> Model.from_json(model.to_json()) == model
        True
        """
        return Model(_core.read_model(text, "the text"))

    def save(self, path: Path) -> None:
        """Writes a model file: .json or .safetensors."""
        self._held.save(os.fspath(path))

    def run(self, input: str, **options: Value) -> Run:
        """One input decoded; options are those of ``roundoff.run``."""
        from . import commands

        return commands.run(self, input, **options)  # type: ignore[arg-type]

    def verify(self, **options: Value) -> Verdict:
        """Whether it solves its task; options are those of ``roundoff.verify``."""
        from . import commands

        return commands.verify(self, **options)  # type: ignore[arg-type]

    def trace(self, input: Union[str, Sequence[int]], **options: Value) -> "Trace":
        """Every value of one run; see ``roundoff.trace``."""
        return trace(self, input, **options)  # type: ignore[arg-type]

    def _word(self) -> str:
        return self.path or _kept(self.name, ".json", self.to_json().encode())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self._held == other._held

    def __hash__(self) -> int:
        return hash(self._held)

    def __repr__(self) -> str:
        s = self.shape
        return f"<Model {self.name}: {s['layers']} layers, width {s['width']}, {s['parameters']} parameters>"

    def __reduce__(self) -> Tuple[Callable[[str], "Model"], Tuple[str]]:
        return Model.from_json, (self.to_json(),)


def load(path: Path) -> Model:
    """A model file (.json, .safetensors), or a folder with config.json and model.safetensors."""
    return Model(_core.load(os.fspath(path)))


def construction(name: Union[str, "Construction"], *, p: Optional[int] = None, n: Optional[int] = None,
                 k: Optional[int] = None, l: Optional[int] = None, c: Optional[int] = None, ragged: bool = False,
                 format: Optional[FormatLike] = None, set: Optional[Mapping[str, int]] = None,
                 round_weights: bool = False, **policy: Value) -> Model:
    """A hand-built transformer at a size, in its own format unless another is said.

    >>> construction("add-match", n=4, set={"D": 1})
    <Model add-match: 4 layers, width 21, 2341 parameters>
    """
    options: Dict[str, Value] = {"--p": p, "--n": n, "--k": k, "--l": l, "--c": c, "--ragged": ragged, "--format": format,
                                 "--set": set, "--round-weights": round_weights}
    options.update({"--" + key.replace("_", "-"): value for key, value in policy.items()})
    return Model(_core.construct(words("", [word(name)], options, ["--set", "--role", "--quantise"])[1:]))


# ---- what happens inside a run ----

class Trace(Mapping[str, "NDArray[np.float64]"]):
    """Every value of one run, as arrays by place: ``emb``, ``0.q`` (layer 0), ..., ``logits``, ``next``.

    The axes of an array are those of ``axes[place]``, of pos, head, key and index; what was not computed is NaN.

    >>> inside = trace("add-hinge", "01+01=")
    >>> inside["0.score"].shape, inside.axes["0.score"]
    ((9, 2, 9), ('pos', 'head', 'key'))
    >>> "".join(inside.tokens)
    '01+01=010<eos>'
    """

    def __init__(self, columns: _core.TraceColumns):
        self.tokens: List[str] = columns["tokens"]
        self.trap: str = columns["trap"]
        self._columns = columns
        self.axes: Dict[str, Tuple[str, ...]] = {}
        self._arrays: Dict[str, NDArray[np.float64]] = {}
        layers, sites = columns["layer"], np.array(columns["site"])
        places = np.array([site if layer < 0 else f"{layer}.{site}" for layer, site in zip(layers, sites)])
        coordinates = {"pos": columns["pos"], "head": columns["head"], "key": columns["key"], "index": columns["index"]}
        for place in dict.fromkeys(places.tolist()):
            here = places == place
            axes = tuple(axis for axis, at in coordinates.items() if at[here].max() >= 0)
            at = [coordinates[axis][here] for axis in axes]
            array = np.full([int(each.max()) + 1 for each in at], np.nan)
            array[tuple(at)] = columns["value"][here]
            self.axes[place] = axes
            self._arrays[place] = array

    def __getitem__(self, place: str) -> NDArray[np.float64]:
        if place not in self._arrays:
            raise KeyError(f"no place {place!r}; there are {', '.join(self._arrays)}")
        return self._arrays[place]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __repr__(self) -> str:
        return f"<Trace of {' '.join(self.tokens)}: {', '.join(self._arrays)}>"

    def frame(self) -> Any:
        """A pandas DataFrame, a row a value, in the order of computation (where pandas is installed)."""
        import pandas  # type: ignore[import]

        return pandas.DataFrame({name: self._columns[name]  # type: ignore[literal-required]
                                 for name in ("layer", "site", "pos", "head", "key", "index", "value")})


def trace(name: Subject, input: Union[str, Sequence[int]], *, p: Optional[int] = None, n: Optional[int] = None,
          k: Optional[int] = None, l: Optional[int] = None, c: Optional[int] = None, ragged: bool = False,
          task: Optional[Subject] = None, format: Optional[FormatLike] = None, set: Optional[Mapping[str, int]] = None,
          round_weights: bool = False, **policy: Value) -> Trace:
    """Every value that a run computes: of a task's input as text, or of token numbers in one pass without a task."""
    if isinstance(input, str):
        options: Dict[str, Value] = {"--p": p, "--n": n, "--k": k, "--l": l, "--c": c, "--ragged": ragged, "--task": task,
                                     "--format": format, "--set": set, "--round-weights": round_weights}
        options.update({"--" + key.replace("_", "-"): value for key, value in policy.items()})
        asked = words("", [word(name)], options, ["--set", "--role", "--quantise"])[1:]
        return Trace(_core.trace(asked, input, "{}"))
    said = {key: word(value) for key, value in {"format": format, **policy}.items() if value is not None}  # type: ignore[arg-type]
    return Trace(_core.trace([word(name)], [int(token) for token in input], json.dumps(said)))


# ---- tasks ----

class Task:
    """A task at a size: its tokens, its inputs and their right answers.

    >>> add = task("add", p=10, n=2)
    >>> add.answer("19+03="), add.inputs, add.positions
    ('022', 10000, 9)
    """

    def __init__(self, held: _core.Task):
        self._held = held

    @property
    def name(self) -> str:
        """What it is called."""
        return self._held.name

    @property
    def spec(self) -> str:
        """What commands know it by: its name with parameters, or its file."""
        return self._held.spec

    @property
    def p(self) -> int:
        """The base."""
        return self._held.p

    @property
    def n(self) -> int:
        """Digits per operand, or symbols."""
        return self._held.n

    @property
    def k(self) -> int:
        """Operands."""
        return self._held.k

    @property
    def l(self) -> int:
        """Low digits of a product; 0: 2n."""
        return self._held.l

    @property
    def c(self) -> int:
        """Digits per token."""
        return self._held.c

    @property
    def ragged(self) -> bool:
        """Operands of 1 to n digits."""
        return self._held.ragged

    @property
    def vocabulary(self) -> List[str]:
        """Its tokens; digits come first, ``<eos>`` last."""
        return self._held.vocabulary

    @property
    def eos(self) -> int:
        """The number of the end token."""
        return self._held.eos

    @property
    def positions(self) -> int:
        """Positions that a model reads: question and answer."""
        return self._held.positions

    @property
    def inputs(self) -> Union[int, float]:
        """How many inputs there are."""
        return self._held.inputs

    def answer(self, input: str) -> str:
        """The right answer, without the end token."""
        return self._held.answer(input)

    def tokens(self, input: str) -> List[int]:
        """The tokens of a question."""
        return self._held.tokens(input)

    def input(self, j: int) -> str:
        """Input number j."""
        return self._held.input(j)

    def sample(self, seed: int, index: int) -> str:
        """Draw number ``index`` of the stream ``seed``: a uniform input."""
        return self._held.sample(seed, index)

    def adversarial(self, limit: int = 1000) -> List[str]:
        """Hard inputs, at most about ``limit``."""
        return self._held.adversarial(limit)

    def _word(self) -> str:
        return self.spec

    def __repr__(self) -> str:
        return f"<Task {self.name}: p={self.p} n={self.n} k={self.k}, {self.inputs} inputs>"


def task(spec: Subject, *, p: int = 2, n: int = 4, k: int = 2, l: int = 0, c: int = 1, ragged: bool = False) -> Task:
    """A task of the registry (``roundoff.tasks()`` lists them), of a file, or of Python, at a size.

    >>> task("parity", k=4).answer("1+0+1+1=")
    '1'
    """
    return Task(_core.make_task(word(spec), p, n, k, l, c, ragged))


class TaskFile:
    """A task that was said in Python: a task file in memory. Wherever a command takes a task, it stands for it."""

    def __init__(self, name: str, text: str, cases: str = ""):
        self.name = name
        self.text = text
        self._cases = cases

    def at(self, *, p: int = 2, n: int = 4, k: int = 2, l: int = 0, c: int = 1) -> Task:
        """The task at a size."""
        return task(self, p=p, n=n, k=k, l=l, c=c)

    def save(self, path: Path) -> None:
        """Writes the task file; cases go beside it, as NAME.cases."""
        target = _Path(path)
        text = self.text
        if self._cases:
            cases = target.with_suffix(".cases")
            cases.write_text(self._cases)
            text = text.replace("@CASES@", cases.name)
        target.write_text(text)

    def _word(self) -> str:
        text = self.text
        if self._cases:
            text = text.replace("@CASES@", os.path.basename(_kept(self.name, ".cases", self._cases.encode())))
        return _kept(self.name, ".toml", text.encode())

    def __repr__(self) -> str:
        return f"<TaskFile {self.name}>"


_TomlValue = Union[str, int, bool, Sequence["_TomlValue"], Mapping[str, "_TomlValue"]]


def _toml(value: _TomlValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items()) + " }"
    return "[" + ", ".join(_toml(one) for one in value) + "]"


def _page(name: str, kind: str, fields: Mapping[str, Optional[_TomlValue]], parameters: Mapping[str, int] = {},
          adversarial: Sequence[str] = ()) -> str:
    lines = ["[task]", f"name = {_toml(name)}", f"kind = {_toml(kind)}"]
    lines += [f"{key} = {_toml(value)}" for key, value in fields.items() if value is not None]
    if parameters:
        lines += ["[parameters]"] + [f"{key} = {value}" for key, value in parameters.items()]
    if adversarial:
        lines += ["[adversarial]", f"words = {_toml(list(adversarial))}"]
    return "\n".join(lines) + "\n"


def expression_task(name: str, answer: str, *, answer_digits: Union[int, str], operands: int = 2,
                    digits: Union[int, str] = "n", separator: str = "+", end: str = "=", base: Union[int, str] = "p",
                    first: str = "most", answer_first: str = "most", parameters: Mapping[str, int] = {},
                    adversarial: Sequence[str] = ()) -> TaskFile:
    """A task whose answer is an integer expression of its operands x1, x2, ... (docs/your-own-question.md).

    >>> largest = expression_task("largest", "max(x1, x2)", answer_digits="n", separator="<")
    >>> largest.at(p=10, n=3).answer("123<124=")
    '124'
    """
    return TaskFile(name, _page(name, "expression", {
        "base": str(base), "operands": {"count": str(operands), "digits": str(digits), "separator": separator, "end": end},
        "answer": answer, "answer_digits": str(answer_digits), "first": first, "answer_first": answer_first,
    }, parameters, adversarial))


def automaton_task(name: str, *, alphabet: Sequence[str], states: Sequence[str], start: str,
                   transitions: Iterable[Tuple[str, str, str]], output: Mapping[str, str], end: str = "=",
                   inputs: Optional[str] = None, adversarial: Sequence[str] = ()) -> TaskFile:
    """A task whose answer is the output of a finite automaton after a word of n symbols.

    >>> odd = automaton_task("odd", alphabet="ab", states=["even", "odd"], start="even", output={"even": "0", "odd": "1"},
    ...                      transitions=[("even", "a", "odd"), ("odd", "a", "even"), ("even", "b", "even"), ("odd", "b", "odd")])
    >>> odd.at(n=3).answer("aba=")
    '0'
    """
    return TaskFile(name, _page(name, "automaton", {
        "alphabet": list(alphabet), "states": list(states), "start": start, "transitions": [list(t) for t in transitions],
        "output": dict(output), "end": end, "inputs": inputs,
    }, {}, adversarial))


def cases_task(name: str, cases: Iterable[Tuple[Union[str, Sequence[str]], Union[str, Sequence[str]]]], *,
               vocabulary: Optional[Sequence[str]] = None) -> TaskFile:
    """A task that is a list of prompts and answers, each text of one-character tokens, or a list of tokens. n is the
    number of a prompt's tokens; inputs as text have blanks between tokens.

    >>> xor = cases_task("xor", [("00=", "0"), ("01=", "1"), ("10=", "1"), ("11=", "0")])
    >>> xor.at(n=3).inputs
    4
    """
    pairs = [(list(prompt), list(answer)) for prompt, answer in cases]
    if vocabulary is None:
        vocabulary = sorted({token for prompt, answer in pairs for token in prompt + answer})
    for token in vocabulary:
        if not token or any(c.isspace() for c in token):
            raise UsageError(f"{token!r} is no token of a list of cases: blanks divide tokens")
    text = "".join(f"{' '.join(prompt)}\t{' '.join(answer)}\n" for prompt, answer in pairs)
    return TaskFile(name, _page(name, "cases", {"vocabulary": list(vocabulary), "file": "@CASES@"}), text)


def function_task(name: str, function: Callable[[str], str], *, alphabet: Sequence[str], lengths: Iterable[int],
                  end: str = "=", limit: int = 1 << 20) -> TaskFile:
    """A task whose answers a Python function gives: it is asked for every word of these lengths over the alphabet, once,
    and the answers are a list of cases (``cases_task``). n is the length of the prompt, its end token included.

    >>> middle = function_task("middle", lambda word: sorted(word)[len(word) // 2], alphabet="abc", lengths=[3])
    >>> middle.at(n=4).answer("c a b =")
    'b'
    """
    symbols = list(alphabet)
    sizes = sorted(lengths)
    total = 0
    for length in sizes:
        total += len(symbols) ** length
        if total > limit:
            raise UsageError(f"{name}: more than {limit} words up to length {length}; take shorter ones, or an expression or an automaton")
    cases: List[Tuple[List[str], List[str]]] = []
    for length in sizes:
        for at in range(len(symbols) ** length):
            prompt: List[str] = []
            for _ in range(length):
                at, digit = divmod(at, len(symbols))
                prompt.append(symbols[digit])
            cases.append((prompt + [end], list(function("".join(prompt)))))
    known = dict.fromkeys(symbols + [end] + [token for _, answer in cases for token in answer])
    return cases_task(name, cases, vocabulary=list(known))


# ---- building ----

class ModelBuilder:
    """Lays down a transformer register by register, with the builder that the constructions of the registry use.

    Registers are dimensions of the residual stream, in the order in which they are asked for; a form is a sum of registers
    with weights, and a bias: ``2 * a - b + 1``. Sums run in the order of the registers, the bias last.

    >>> xor = cases_task("xor", [("00=", "0"), ("01=", "1"), ("10=", "1"), ("11=", "0")])
    >>> m = ModelBuilder(xor.at(n=3))
    >>> one, bit, here, end = m.add("one"), m.add("bit"), m.add("here"), m.add("end")
    >>> for position in range(4):
    ...     m.position(position, one, 1)
    >>> m.token("1", bit, 1)
    >>> m.position(1, here, 1); m.position(0, here, 1); m.position(3, end, 1)
    >>> total = m.add("twice the mean")
    >>> layer = m.layer()
    >>> _ = layer.head().score(one, 8 * here).copy(2 * bit, total)
    >>> odd = m.add("odd")
    >>> _ = layer.unit(total, {odd: 1}), layer.unit(total - 1, {odd: -2})
    >>> m.logit("0", 0.5 - 8 * end); m.logit("1", odd - 8 * end); m.logit("<eos>", 8 * end - 1)
    >>> m.finish("xor", format="fixed(4,4)").verify().holds
    True
    """

    def __init__(self, task: Union[Task, TaskFile]):
        at = task.at() if isinstance(task, TaskFile) else task
        self._builder = _core.ModelBuilder(at._held)

    def add(self, name: str) -> Register:
        """A new register."""
        return self._builder.add(name)

    def add_many(self, name: str, count: int) -> List[Register]:
        """New registers name[0], name[1], ..."""
        return self._builder.add_many(name, count)

    def token(self, token: Token, register: Register, weight: Number = 1) -> None:
        """What a token, by its text or number, adds to a register of the embedding."""
        self._builder.token(token, register, weight)

    def position(self, position: int, register: Register, weight: Number = 1) -> None:
        """What a position adds to a register of the embedding."""
        self._builder.position(position, register, weight)

    def layer(self) -> Layer:
        """A new layer: ``layer.head()``, ``layer.unit(before, to)``, ``layer.constant(register, weight)``."""
        return self._builder.layer()

    def logit(self, token: Token, form: Linear) -> None:
        """The logit of a token; tokens without one have 0."""
        self._builder.logit(token, form)

    def finish(self, name: str = "built", **policy: One) -> Model:
        """The model. How it is run is said as in a model file: ``format="fixed(4,0)"``, ``order="tree"``, ..."""
        return Model(self._builder.finish(name, {key: word(value) for key, value in policy.items()}))


Build = Callable[..., Union[Model, ModelBuilder]]
OfSize = Union[int, Callable[[Task], int]]
Knob = Tuple[OfSize, OfSize, OfSize]


class Construction:
    """A construction whose weights a Python function lays down: ``build(task, policy, **knobs)`` returns a Model or a
    ModelBuilder. verify, analyze, frontier and the others take it in the place of a name.

    ``family`` is the number format as a function of the size. ``refuses(task, policy, **knobs)`` may return a reason why it
    cannot be built so; UsageError raised in ``build`` says the same. A knob is (standard, least, most), each a number or a
    function of the task.
    """

    def __init__(self, build: Build, *, task: Subject, family: str, name: Optional[str] = None, order: str = "sequential",
                 regime: str = "logarithmic", knobs: Mapping[str, Knob] = {}, refuses: Optional[Callable[..., Optional[str]]] = None):
        self.name = name or build.__name__.replace("_", "-")
        self.build = build
        if regime not in ("logarithmic", "constant"):
            raise UsageError(f"regime is logarithmic or constant, not {regime!r}")

        def made(held: _core.Task, policy: Policy, settings: Dict[str, int]) -> _core.Model:
            model = build(Task(held), policy, **settings)
            if isinstance(model, ModelBuilder):
                model = model.finish(self.name)
            if not isinstance(model, Model):
                raise TypeError(f"{self.name}: build is to return a Model or a ModelBuilder, not {type(model).__name__}")
            return model._held

        def reason(held: _core.Task, policy: Policy, settings: Dict[str, int]) -> Optional[str]:
            return refuses(Task(held), policy, **settings) if refuses else None

        def of_size(value: OfSize) -> Callable[[_core.Task], int]:
            return lambda held: int(value(Task(held))) if callable(value) else int(value)

        summary = (inspect.getdoc(build) or "").split("\n")[0]
        three = {knob: (of_size(k[0]), of_size(k[1]), of_size(k[2])) for knob, k in knobs.items()}
        _core.adopt(self.name, word(task), family, summary, order, regime == "logarithmic", three, made, reason)

    def at(self, **size: Value) -> Model:
        """The model at a size, as ``roundoff.construction`` builds it."""
        return construction(self, **size)  # type: ignore[arg-type]

    def _word(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Construction {self.name}>"


def define_construction(*, task: Subject, family: str, name: Optional[str] = None, order: str = "sequential",
                        regime: str = "logarithmic", knobs: Mapping[str, Knob] = {},
                        refuses: Optional[Callable[..., Optional[str]]] = None) -> Callable[[Build], Construction]:
    """Makes a Construction of the function below it.

    >>> @define_construction(task="add", family="fixed(2,0)")
    ... def borrowed(task, policy):
    ...     "The registry's, under another name."
    ...     return construction("add-hinge", n=task.n, format=policy.format)
    >>> borrowed
    <Construction borrowed>
    """
    return lambda build: Construction(build, task=task, family=family, name=name, order=order, regime=regime, knobs=knobs,
                                      refuses=refuses)
