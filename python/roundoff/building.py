"""Transformers and constructions written in Python."""
from __future__ import annotations

import inspect
from fractions import Fraction
from typing import Callable, Dict, List, Mapping, Optional, Tuple, Union

from . import _core
from ._core import Form, Head, Layer, Policy, Register, UsageError
from .asked import Task, TaskFile
from .faces import One, Subject, Value, word
from .models import Model, construction

__all__ = ["Construction", "Form", "Head", "Layer", "ModelBuilder", "Policy", "Register", "define_construction"]

Number = Union[int, float, Fraction, str]
Linear = Union[Register, Form, int, float, Fraction]
Token = Union[int, str]


class ModelBuilder:
    """Lays down a transformer register by register, with the builder that the constructions of the registry use.

    Registers are dimensions of the residual stream, in the order in which they are asked for; a form is a sum of registers
    with weights, and a bias: ``2 * a - b + 1``. Sums run in the order of the registers, the bias last.

    >>> from roundoff import cases_task
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
