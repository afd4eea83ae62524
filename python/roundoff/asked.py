"""Tasks: what is asked of a model, of the registry, of a file, or said in Python."""
from __future__ import annotations

import json
import os
from pathlib import Path as _Path
from typing import Callable, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from . import _core
from ._core import UsageError
from .faces import Path, Subject, word
from .kept import kept

__all__ = ["Task", "TaskFile", "automaton_task", "cases_task", "expression_task", "function_task", "task"]


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
            text = text.replace("@CASES@", os.path.basename(kept(self.name, ".cases", self._cases.encode())))
        return kept(self.name, ".toml", text.encode())

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
