"""PARITY of k bits by mean attention: python3 parity.py K > parity_K.json

Uniform attention over the 2k positions of the question gives the number of ones over 2k; units with thresholds at
every j / 2k turn it into the alternating sum of [ones >= j], which is the parity. The number of bits grows with
log k: in constant precision the mean is lost."""
import sys
from model import Model

k = int(sys.argv[1])
bits = 2 * (k - 1).bit_length() + 4  # behind the point
m = Model(f"parity-{k}", ["0", "1", "+", "=", "<eos>"], 2 * k + 1)
one, bit, end, mean, odd = (m.register(r) for r in ("one", "bit", "end", "mean", "odd"))
m.token("1", bit, 1)
for i in range(2 * k + 1):
    m.position(i, one, 1)
m.position(2 * k, end, 1)
layer = m.layer()
layer.head([], [], {bit: mean})
# [ones >= j] - [ones >= j + 1] + ...: slopes 2k, -4k, 4k, ... from the thresholds 0, 1, 2, ... on
for j in range(k):
    slope = 2 * k if j == 0 else 4 * k if j % 2 == 0 else -4 * k
    layer.unit({mean: 1}, -round(j / (2 * k) * 2**bits) / 2**bits, {odd: slope})
m.logit("1", {odd: 2, one: -1, end: -16})
m.logit("0", {end: -16})
m.logit("<eos>", {end: 16, one: -2})
for other in "+=":
    m.logit(other, {one: -4})
print(m.json({"name": "parity", "k": k}, "fixed(2*ceil(lg(k))+5,2*ceil(lg(k))+4)"))
