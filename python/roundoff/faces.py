"""How a call becomes a command: the functions of ``roundoff.commands`` are made from the registry of commands, and all of
them go through here."""
from __future__ import annotations

import os
import sys
from typing import Callable, Dict, List, Mapping, Optional, Protocol, Sequence, Union, runtime_checkable

from . import _core
from ._core import Format


@runtime_checkable
class Word(Protocol):
    """What stands for a word of a command line: a Model, a Task, a Construction."""

    def _word(self) -> str:
        """The name or path that commands know it by."""


Path = Union[str, "os.PathLike[str]"]
Subject = Union[str, "os.PathLike[str]", Word]
Sizes = Union[int, str, Sequence[int]]
Show = Callable[[str, float, float], None]
Progress = Union[None, bool, Show]

One = Union[str, int, float, Format, "os.PathLike[str]", Word]
Value = Union[None, bool, One, Sequence[One], Mapping[str, One]]


def word(value: One) -> str:
    """One value as one word.

    >>> word(Format("bf16")), word(3), word(0.5)
    ('bfloat16', '3', '0.5')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float, Format)):
        return str(value)
    if isinstance(value, Word):
        return value._word()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"{value!r} is no word of a command: give text, a number, a Format, a path, a Model or a Task")


def words(command: str, positionals: Sequence[Union[None, One, Sequence[One]]],
          options: Mapping[str, Value], repeatable: Sequence[str] = ()) -> List[str]:
    """The words of a call, as of a command line.

    >>> words("verify", ["add-hinge"], {"--n": 8, "--all": True, "--p": None, "--set": {"D": 1}}, ["--set"])
    ['verify', 'add-hinge', '--n', '8', '--all', '--set', 'D=1']
    >>> words("analyze", ["add-hinge"], {"--n": range(2, 5)})
    ['analyze', 'add-hinge', '--n', '2,3,4']
    """
    made = [command]
    for value in positionals:
        if isinstance(value, (list, tuple)):
            made.extend(word(one) for one in value)
        elif value is not None:
            made.append(word(value))  # type: ignore[arg-type]
    for option, said in options.items():
        if said is None or said is False:
            continue
        if said is True:
            made.append(option)
            continue
        if isinstance(said, Mapping):
            many = [f"{key}={word(one)}" for key, one in said.items()]
        elif isinstance(said, Sequence) and not isinstance(said, str):
            many = [word(one) for one in said]
        else:
            many = [word(said)]
        if option not in repeatable:
            many = [",".join(many)]
        for one in many:
            made.extend([f"{option}={one}"] if one.startswith("-") or not one else [option, one])
    return made


class _Tqdm(Protocol):
    n: float

    def set_description_str(self, text: str) -> None: ...
    def refresh(self) -> object: ...
    def close(self) -> None: ...


class _Bar:
    """Progress as tqdm shows it where that is installed, else a line on standard error; nothing in the first second."""

    def __init__(self) -> None:
        self._looks = 0
        self._last = ""
        self._tqdm: Optional[_Tqdm] = None

    def __call__(self, what: str, done: float, of: float) -> None:
        self._looks += 1
        if self._looks < 20:  # of about 50 ms each
            return
        share = f"{100 * done / of:.0f} % of {of:.4g}" if of > 0 else ""
        self._last = f"{what} {share}".rstrip()
        try:
            from tqdm.auto import tqdm  # type: ignore[import]
        except ImportError:
            print("\r" + self._last, end="\x1b[K", file=sys.stderr, flush=True)
            return
        bar: _Tqdm = self._tqdm or tqdm(total=1.0, leave=False, bar_format="{desc} {bar} {elapsed}")
        self._tqdm = bar
        bar.set_description_str(self._last)
        if of > 0:
            bar.n = done / of
        bar.refresh()

    def close(self) -> None:
        if self._tqdm is not None:
            self._tqdm.close()
        elif self._last:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _watched() -> bool:
    """Somebody looks: a terminal, or a notebook."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules


def ask(command: str, positionals: Sequence[Union[None, One, Sequence[One]]], options: Mapping[str, Value],
        repeatable: Sequence[str], progress: Progress) -> _core.Reply:
    """Runs a command in this process and returns all that it says.

    Long work goes on without the interpreter's lock. KeyboardInterrupt ends it where it can be resumed; what a store has
    is kept. ``progress`` is True, False, or a function of (what, done, of); else it is shown where somebody looks.
    """
    asked = words(command, positionals, options, repeatable)
    if callable(progress):
        return _core.run(asked, progress)
    if not (progress or (progress is None and _watched())):
        return _core.run(asked, None)
    bar = _Bar()
    try:
        return _core.run(asked, bar)
    finally:
        bar.close()


def registry() -> List[_core.CommandFacts]:
    """The commands, as the registry has them: names, summaries, options.

    >>> "verify" in [command["name"] for command in registry()]
    True
    """
    return _core.commands()


def summaries() -> Dict[str, str]:
    """What each command is for.

    >>> summaries()["verify"]
    'Is it right on every input? A verdict with evidence, or a counterexample'
    """
    return {command["name"]: command["summary"] for command in registry()}
