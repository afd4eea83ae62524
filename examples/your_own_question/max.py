"""The greater of two n-digit numbers: python3 max.py N [P] [TASK] > max_N.json

Digit j of the second number fetches digit j of the first and says whether they differ, and which is less; hard
attention to the first that differs decides for all output positions, each of which fetched both digits of its own.
Positions are codes of +1 and -1, matched where all coordinates agree: constant precision, width O(log n)."""
import sys
from model import Model

n = int(sys.argv[1])
p = int(sys.argv[2]) if len(sys.argv) > 2 else 10
task = sys.argv[3] if len(sys.argv) > 3 else "max.toml"
digits = [str(d) if d < 10 else chr(ord("a") + d - 10) for d in range(p)]
N = 3 * n + 2
L = max(1, (N - 1).bit_length())
m = Model(f"max-{n}", digits + ["<", "=", "<eos>"], N)
one, digit, a, b, second, less, differ, first, greater, last = (
    m.register(r) for r in ("one", "digit", "a", "b", "second", "less", "differ", "first", "greater", "last"))
code, want_a, want_b = m.registers("code", L), m.registers("want a", L), m.registers("want b", L)


def mark(position, registers, number):
    for i, register in enumerate(registers):
        m.position(position, register, 1 if number >> i & 1 else -1)


for d in range(p):
    m.token(digits[d], digit, d)
for i in range(N):
    m.position(i, one, 1)
    mark(i, code, i)
    t = i - (2 * n + 1)  # output digit
    of_b = n + 1 <= i <= 2 * n
    if of_b:
        m.position(i, second, 1)
    mark(i, want_a, i - n - 1 if of_b else t if 0 <= t < n else 0)
    mark(i, want_b, n + 1 + t if 0 <= t < n else 0)
m.position(N - 1, last, 1)
fetch = m.layer()
fetch.head(want_a, code, {digit: a}, "hard_first")
fetch.head(want_b, code, {digit: b}, "hard_first")
for sign, to in ((1, {differ: 1}), (-1, {differ: 1, less: 1})):
    # min(1, relu(sign * (a - digit))) where this is a digit of the second number
    weights = {a: sign, digit: -sign, second: p}
    fetch.unit(weights, -p, to)
    fetch.unit(weights, -p - 1, {register: -1 for register in to})
decide = m.layer()
decide.head([one], [differ], {less: first}, "hard_first")
decide.unit({a: 1, first: -p}, 0, {greater: 1})
decide.unit({b: 1, first: p}, -p, {greater: 1})
for d in range(p):
    m.logit(digits[d], {greater: 2 * d, one: -d * d})
m.logit("<eos>", {one: -p * p, last: 2 * p * p})
for other in "<=":
    m.logit(other, {one: -p * p})
print(m.json({"name": task, "p": p, "n": n}, f"fixed({(2 * (p - 1) ** 2 + p * p).bit_length()},0)"))
