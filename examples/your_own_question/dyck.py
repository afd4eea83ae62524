"""Dyck-1 of depth at most 3: python3 dyck.py N [TASK] > dyck_N.json

The mean of +1 for ( and -1 for ) over the brackets so far, times their number, is the depth. A bracket is bad where
that mean is negative, or above 3.5 over the number; attention to the worst bracket tells whether there is one. The
softmax's denominator counts the brackets, so that the bits before the point grow with log n, too."""
import sys
from model import Model

n, task, depth = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "dyck.toml", 3
bits = 2 * (n - 1).bit_length() + 4  # behind the point
m = Model(f"dyck-{n}", ["(", ")", "yes", "no", "=", "<eos>"], n + 2)
one, step, answered, mean, limit, bad, worst, wrong = (
    m.register(r) for r in ("one", "step", "answered", "mean", "limit", "bad", "worst", "wrong"))
m.token("(", step, 1)
m.token(")", step, -1)
m.token("yes", answered, 1)
m.token("no", answered, 1)
for i in range(n + 2):
    m.position(i, one, 1)
    m.position(i, limit, round((depth + 0.5) / (i + 1) * 2**bits) / 2**bits)
first = m.layer()
first.head([], [], {step: mean})
first.unit({mean: -1}, 0, {bad: 1})
first.unit({mean: 1, limit: -1}, 0, {bad: 1})
second = m.layer()
second.head([one], [bad], {bad: worst}, "hard_first")
second.unit({mean: 1}, 0, {wrong: 1})
second.unit({mean: -1}, 0, {wrong: 1})
second.unit({worst: 1}, 0, {wrong: 1})
m.logit("no", {wrong: 1, answered: -6})
m.logit("yes", {answered: -6})
m.logit("<eos>", {answered: 6, one: -1})
for other in "()=":
    m.logit(other, {one: -1})
print(m.json({"name": task, "n": n}, "fixed(ceil(lg(n+2))+1,2*ceil(lg(n))+4)"))
