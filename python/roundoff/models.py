"""Models as values: loaded, built by a construction, run, and looked into while they run."""
from __future__ import annotations

import json
import os
import struct
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, TypedDict, Union

import numpy as np
from numpy.typing import NDArray

from . import _core
from .answers import JSON, Run, Verdict
from .arrays import FormatLike
from .faces import Path, Subject, Value, word, words
from .kept import kept

__all__ = ["Model", "Trace", "construction", "load", "trace"]


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
        return self.path or kept(self.name, ".json", self.to_json().encode())

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


def construction(name: Subject, *, p: Optional[int] = None, n: Optional[int] = None,
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
