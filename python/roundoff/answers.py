"""Answers of commands: a document with names, the words and the table that the command line prints, in a notebook a page."""
from __future__ import annotations

import html
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Protocol, Sequence, Tuple, Union

from . import _core

JSON = Union[None, bool, int, float, str, List["JSON"], Dict[str, "JSON"]]


class Table:
    """Rows of text under named columns: what ``--csv`` prints.

    >>> table = Table(["n", "bits"], [["2", "3"], ["4", "4"]])
    >>> table["bits"]
    ['3', '4']
    >>> print(table)
    n  bits
    2  3
    4  4
    """

    def __init__(self, columns: Sequence[str], rows: Sequence[Sequence[str]]):
        self.columns: List[str] = list(columns)
        self.rows: List[List[str]] = [list(row) for row in rows]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Dict[str, str]]:
        return (dict(zip(self.columns, row)) for row in self.rows)

    def __getitem__(self, column: str) -> List[str]:
        if column not in self.columns:
            raise KeyError(f"no column {column!r}; there are {', '.join(self.columns)}")
        at = self.columns.index(column)
        return [row[at] for row in self.rows]

    def __str__(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths)).rstrip() for line in lines)

    def __repr__(self) -> str:
        return f"Table({len(self.columns)} columns, {len(self.rows)} rows)"

    def _repr_html_(self) -> str:
        def row(cells: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        return ("<table><thead>" + row(self.columns, "th") + "</thead><tbody>"
                + "".join(row(cells, "td") for cells in self.rows) + "</tbody></table>")


class Answer(Mapping[str, JSON]):
    """What a command found: a mapping of the fields of its JSON document (docs/json.md of the source describes them).

    ``text`` is what the command line prints, ``table`` its table, ``code`` its exit code, ``command`` the command line.

    >>> import roundoff as ro
    >>> answer = ro.tasks("parity")
    >>> answer["name"], answer.code
    ('parity', 0)
    """

    def __init__(self, reply: _core.Reply):
        document = reply["document"]
        self._document: Dict[str, JSON] = document if isinstance(document, dict) else {"answer": document}
        self.text: str = reply["text"]
        self.code: int = reply["code"]
        self.table: Table = Table(reply["columns"], reply["rows"])

    def __getitem__(self, field: str) -> JSON:
        if field not in self._document:
            raise KeyError(f"no field {field!r}; there are {', '.join(self._document)}")
        return self._document[field]

    def __iter__(self) -> Iterator[str]:
        return iter(self._document)

    def __len__(self) -> int:
        return len(self._document)

    def to_dict(self) -> Dict[str, JSON]:
        """The whole document, as ``--json`` prints it."""
        return self._document

    @property
    def command(self) -> str:
        """The command line that asks the same."""
        provenance = self._document.get("provenance")
        command = provenance.get("command") if isinstance(provenance, dict) else None
        return command if isinstance(command, str) else ""

    def __str__(self) -> str:
        return self.text.rstrip("\n")

    def __repr__(self) -> str:
        first = self.text.strip().split("\n")[0] if self.text.strip() else ", ".join(self._document)
        return f"<{type(self).__name__}: {first}>"

    def _repr_html_(self) -> str:
        shown = self.table._repr_html_() if self.table.rows else f"<pre>{html.escape(str(self))}</pre>"
        return shown + (f"<p><code>{html.escape(self.command)}</code></p>" if self.command else "")

    def _text(self, field: str) -> str:
        value = self._document.get(field)
        return value if isinstance(value, str) else ""

    def _number(self, field: str) -> float:
        value = self._document.get(field)
        return value if isinstance(value, (int, float)) else float("nan")

    def _int(self, field: str) -> int:
        value = self._document[field]
        if not isinstance(value, int):
            raise TypeError(f"{field} is {value!r}, and no integer")
        return value


class Axes(Protocol):
    """What is used of matplotlib's axes."""

    def plot(self, x: Sequence[float], y: Sequence[float], style: str, *, label: str) -> object:
        """Points and lines."""

    def set_xlabel(self, label: str) -> object:
        """Below."""

    def set_ylabel(self, label: str) -> object:
        """At the side."""


class Counterexample(NamedTuple):
    """An input that a model gets wrong, what it answers, and what is right."""

    input: str
    got: str
    want: str


class Verdict(Answer):
    """Whether a claim holds, with its evidence.

    >>> import roundoff as ro
    >>> verdict = ro.verify("add-hinge", n=4)
    >>> verdict.verdict, verdict.holds, verdict.proved, verdict.of
    ('holds', True, True, 256)
    >>> wrong = ro.verify("add-hinge", n=8, format="fixed(4,0)")
    >>> wrong.holds, wrong.counterexample.want
    (False, '000000001')
    """

    @property
    def verdict(self) -> str:
        """holds, certified, refuted or unknown."""
        return self._text("verdict")

    @property
    def holds(self) -> Optional[bool]:
        """True where nothing speaks against the claim (``proved`` says whether that is a proof), None where unknown."""
        return {"holds": True, "certified": True, "refuted": False}.get(self.verdict)

    @property
    def proved(self) -> bool:
        """All inputs are covered, or a counterexample was found."""
        return self.verdict in ("certified", "refuted") or (self.verdict == "holds" and self["covered"] == self["of"])

    @property
    def method(self) -> str:
        """How inputs were covered."""
        return self._text("method")

    @property
    def covered(self) -> float:
        """How many inputs were looked at."""
        return self._number("covered")

    @property
    def of(self) -> float:
        """How many inputs there are."""
        return self._number("of")

    @property
    def counterexample(self) -> Optional[Counterexample]:
        """An input that is answered wrongly, or None."""
        found = self._document.get("counterexample")
        if not isinstance(found, dict):
            return None
        return Counterexample(str(found["input"]), str(found["got"]), str(found["want"]))

    @property
    def replay(self) -> Optional[str]:
        """The command line that runs the counterexample."""
        return self._text("replay") or None

    @property
    def note(self) -> str:
        """What else is to be known: why there is no certificate, what is outside the theorems."""
        return self._text("note")

    @property
    def bits(self) -> int:
        """Of a number, in the format of activations."""
        return self._int("bits")

    @property
    def width(self) -> int:
        """max(d_model, heads * max(d_k, d_v), d_ff)."""
        return self._int("width")

    @property
    def format(self) -> str:
        """The format, and what differs from it by role."""
        return self._text("format")

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self._number("seconds")

    def __repr__(self) -> str:
        return f"<Verdict {self.verdict}: {str(self).splitlines()[0]}>"

    def _repr_html_(self) -> str:
        colour = {True: "#2a7", False: "#c33", None: "#888"}[self.holds]
        lines = str(self).split("\n")
        return (f'<div style="border-left:4px solid {colour};padding-left:8px"><b>{html.escape(lines[0])}</b>'
                f"<pre>{html.escape(chr(10).join(lines[1:]))}</pre><code>{html.escape(self.command)}</code></div>")


class Run(Answer):
    """One input decoded.

    >>> import roundoff as ro
    >>> run = ro.run("add-hinge", "0123+0456=", p=10)
    >>> run.answer, run.right
    ('00579', True)
    """

    @property
    def answer(self) -> str:
        """What was written, the end token left out."""
        return self._text("answer")

    @property
    def want(self) -> str:
        """What is right."""
        return self._text("want")

    @property
    def right(self) -> bool:
        """Whether the two agree, the end token included."""
        return self._document.get("right") is True

    @property
    def tokens(self) -> List[str]:
        """The whole sequence."""
        tokens = self["tokens"]
        return [str(token) for token in tokens] if isinstance(tokens, list) else []


class Analysis(Answer):
    """Minima by size, and the law that they follow.

    >>> import roundoff as ro
    >>> analysis = ro.analyze("add-hinge", n=range(2, 6))
    >>> analysis.minima
    {2: 3, 3: 4, 4: 4, 5: 5}
    >>> analysis.proved
    True
    """

    def _minima(self) -> List[Dict[str, JSON]]:
        found = self._document.get("minima")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    @property
    def _letter(self) -> str:
        """Which size varies."""
        for letter in ("n", "k", "p", "l"):
            if len({str(one.get(letter)) for one in self._minima()}) > 1:
                return letter
        return "n"

    @property
    def minima(self) -> Dict[int, Optional[int]]:
        """The least value by size (the one that varies: n, or k); None where none was found."""
        made: Dict[int, Optional[int]] = {}
        for one in self._minima():
            size, value = one.get(self._letter), one.get("value")
            if isinstance(size, int):
                made[size] = value if isinstance(value, int) else None
        return made

    @property
    def proved(self) -> bool:
        """Every minimum rests on a proof for all inputs."""
        return all(one.get("proved") is True for one in self._minima())

    @property
    def law(self) -> str:
        """The law that fits best: constant, log, linear, ...; "" where there is none. ``statement`` says how well."""
        law = self._document.get("law")
        return str(law.get("law", "")) if isinstance(law, dict) else ""

    @property
    def statement(self) -> str:
        """The law in words, with its confidence."""
        law = self._document.get("law")
        return str(law.get("statement", "")) if isinstance(law, dict) else ""

    def _points(self) -> List[Tuple[float, float]]:
        return [(float(size), float(value)) for size, value in self.minima.items() if value is not None]

    def svg(self) -> str:
        """The minima as a drawing that needs nothing else."""
        return _core.chart(self.command, self._letter, self._text("quantity"), self.statement, self._points())

    def plot(self, ax: Optional[Axes] = None) -> Axes:
        """Draws the minima with matplotlib (on ``ax``, or new axes), and returns the axes."""
        if ax is None:
            import matplotlib.pyplot as pyplot  # type: ignore[import]

            made: Axes = pyplot.subplots()[1]
            return self.plot(made)
        points = self._points()
        ax.plot([x for x, _ in points], [y for _, y in points], "o-", label=self.command)
        ax.set_xlabel(self._letter)
        ax.set_ylabel(self._text("quantity"))
        return ax

    def _repr_html_(self) -> str:
        return super()._repr_html_() + (self.svg() if len(self._points()) > 1 else "")
