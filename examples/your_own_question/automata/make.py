"""Models that are finite automata: python3 make.py writes each as NAME.json; --check compares them with what is there.

None has a table of positions, so that each reads words of every length, and `roundoff automaton NAME.json` shows the
machine that it is. After the word comes =, at which the answer is written, and behind the answer <eos>.
"""
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
from model import Model  # noqa: E402


def regex(pattern, alphabet="ab"):
    return {"name": f"regex:pattern={pattern},alphabet={alphabet}"}


def begun(name, vocab, answers="01"):
    """A model with the registers that tell where in the sequence a position stands."""
    m = Model(name, vocab)
    one, letter, end, answered = (m.register(r) for r in ("one", "letter", "end", "answered"))
    for token in vocab:
        if token != "<eos>":
            m.token(token, one, 1)
        if token in answers:
            m.token(token, answered, 1)
        elif token not in ("=", "<eos>"):
            m.token(token, letter, 1)
    m.token("=", end, 1)
    return m, one, letter, end, answered


def flipflop():
    """Whether the last of set and reset was set: hard attention to the rightmost one that is not i."""
    m, one, _, end, answered = begun("flipflop", ["s", "r", "i", "0", "1", "=", "<eos>"])
    write, what, got = (m.register(r) for r in ("write", "what", "got"))
    m.token("s", write, 1), m.token("r", write, 1), m.token("s", what, 1)
    m.layer().head([one], [write], {what: got}, "hard_last")
    m.logit("1", {got: 2}), m.logit("0", {end: 1}), m.logit("<eos>", {answered: 4})
    return m.json(regex(".*si*", "sri"), "fixed(3,0)")


def ends():
    """Whether the first symbol is the last."""
    m, one, letter, end, answered = begun("ends", ["a", "b", "0", "1", "=", "<eos>"])
    sign, first, last, same = (m.register(r) for r in ("sign", "first", "last", "same"))
    m.token("a", sign, 1), m.token("b", sign, -1)
    m.layer().head([one], [letter], {sign: first}, "hard_first")
    layer = m.layer()
    layer.head([one], [letter], {sign: last}, "hard_last")
    layer.unit({first: 1, last: 1}, 0, {same: 1})
    layer.unit({first: -1, last: -1}, 0, {same: 1})
    m.logit("1", {same: 1}), m.logit("0", {end: 1}), m.logit("<eos>", {answered: 5})
    return m.json(regex("a(.*a)?|b(.*b)?"), "fixed(4,0)")


def parity_wrap():
    """The parity of the number of a: -4 and -4 are 0 in three bits that wrap around."""
    m, one, _, end, answered = begun("parity-wrap", ["0", "<eos>", "1", "a", "b", "="])
    odd, count = m.register("odd"), m.register("count")
    m.token("a", odd, -4)
    m.layer().head([], [], {odd: count}, "exp")
    m.logit("0", {count: 1}), m.logit("1", {end: -2}), m.logit("<eos>", {answered: 3, end: -3})
    for other in "ab=":
        m.logit(other, {one: -3})
    return m.json(regex("(b*ab*a)*b*ab*"), "twos(2,0):wrap")


def parity_saturates():
    """The same by thresholds of a count that stops at 7."""
    m, _, _, end, answered = begun("parity-saturates", ["a", "b", "0", "1", "=", "<eos>"])
    a, count, odd = (m.register(r) for r in ("a", "count", "odd"))
    m.token("a", a, 1)
    layer = m.layer()
    layer.head([], [], {a: count}, "exp")
    layer.unit({count: 1}, 0, {odd: 1})
    for j in range(1, 7):
        for _ in range(2):
            layer.unit({count: 1}, -j, {odd: -1 if j % 2 else 1})
    m.logit("1", {odd: 2}), m.logit("0", {end: 1}), m.logit("<eos>", {answered: 7})
    return m.json(regex("(b*ab*a)*b*ab*"), "fixed(3,0)")


def dyck():
    """Balanced brackets: a count that was never negative and is 0. It stops at 15, and 16 open brackets are too many."""
    m, one, _, end, answered = begun("dyck", ["(", ")", "0", "1", "=", "<eos>"])
    step, depth, bad, worst, wrong = (m.register(r) for r in ("step", "depth", "bad", "worst", "wrong"))
    m.token("(", step, 1), m.token(")", step, -1)
    first = m.layer()
    first.head([], [], {step: depth}, "exp")
    first.unit({depth: -1}, 0, {bad: 1})
    second = m.layer()
    second.head([], [], {bad: worst}, "exp")
    second.unit({depth: 1}, 0, {wrong: 1})
    second.unit({depth: -1}, 0, {wrong: 1})
    second.unit({worst: 1}, 0, {wrong: 1})
    m.logit("1", {end: 1}), m.logit("0", {wrong: 2}), m.logit("<eos>", {answered: 15, one: -1})
    for other in "()=":
        m.logit(other, {one: -1})
    m.logit("0", {answered: -15}), m.logit("1", {answered: -15})
    return m.json({"name": "dyck1:depth=40"}, "fixed(4,0)")


def updown():
    """Softmax over equal scores in two bits: Z stops at 1, weights stay 1, and the mean is a saturating count."""
    m, _, _, _, answered = begun("updown", ["zero", "<eos>", "plus", "minus", "0", "1", "="], ("zero", "plus", "minus"))
    step, count = m.register("step"), m.register("count")
    m.token("0", step, -1), m.token("1", step, 1)
    m.layer().head([], [], {step: count})
    m.logit("plus", {count: 1}), m.logit("minus", {count: -1}), m.logit("<eos>", {answered: 1})
    return m.json({"name": "updown.toml"}, "fixed(1,0)")


def drawn(seed, layers, number_format, **semantics):
    """Weights that are drawn: whatever machine that is."""
    draw = random.Random(seed)
    m = Model(f"random-{seed}", ["a", "b", "0", "1", "=", "<eos>"])
    registers = m.registers("x", 3)
    some = lambda: draw.choice([-2, -1, 0, 0, 1, 1, 2])
    for token in m.vocab:
        for r in registers:
            m.token(token, r, some())
    for _ in range(layers):
        layer = m.layer()
        layer.head(draw.sample(registers, 1), draw.sample(registers, 1), {draw.choice(registers): r for r in registers[:1]})
        for _ in range(2):
            layer.unit({r: some() for r in registers}, draw.choice([-1, 0, 1]), {r: some() for r in registers})
    for token in m.vocab:
        m.logit(token, {r: some() for r in registers})
    return m.json(regex("(ab)*"), number_format, **semantics)


MODELS = {"flipflop": flipflop, "ends": ends, "parity_wrap": parity_wrap, "parity_saturates": parity_saturates,
          "dyck": dyck, "updown": updown, "random_1": lambda: drawn(18, 1, "fixed(1,1)"),
          "random_2": lambda: drawn(32, 2, "fixed(2,0)", divide="last", mask="strict")}

if __name__ == "__main__":
    for name, model in MODELS.items():
        path, text = os.path.join(HERE, name + ".json"), model() + "\n"
        if "--check" not in sys.argv:
            with open(path, "w") as file:
                file.write(text)
        elif open(path).read() != text:
            sys.exit(f"{path} is not what this script writes; run it again")
