"""Runs made from the published constants of the precision-aware scaling law, with 0.2 % noise: no model was trained for
them. They show the columns that `roundoff scaling fit` reads, and a fit must find the constants again.

    python3 make.py > runs.csv
"""
import math
import random

A, B, E, ALPHA = 4.299e3, 1.806e4, 2.7648, 0.4965
ROLES = [(2.6745, 0.3037), (2.2102, 1.4072), (0.9578, 2.4185)]  # g, n of weights, activations, cache
C_T, G_D, G_N, G_POST, OFFSET = 0.0598, 0.5068, 0.3439, 0.5907, 1.1277
draws = random.Random(1)


def line(n, d, bits=(None, None, None), post=None):
    share = 1.0
    for (g, offset), p in zip(ROLES, bits):
        if p is not None:
            share *= 1 - math.exp(offset - p / g)
    loss = A * (n * share) ** -ALPHA + B * d**-ALPHA + E
    if post is not None:
        loss += C_T * d**G_D / n**G_N * math.exp(OFFSET - post / G_POST)
    loss *= math.exp(0.002 * draws.gauss(0, 1))
    cells = [f"{n:g}", f"{d:g}", f"{loss:.6f}"] + ["" if p is None else str(p) for p in (*bits, post)]
    print(",".join(cells))


print("N,D,loss,P_w,P_a,P_kv,P_post")
for n in (30e6, 60e6, 110e6, 220e6):
    for d in (1.5e9, 3e9, 6e9, 13e9, 26e9):
        line(n, d)
        for p in (3, 4, 5, 6):
            line(n, d, post=p)
        for p in (4, 5, 6, 8):
            line(n, d, (p, None, None))
            line(n, d, (None, p, None))
            line(n, d, (None, None, p))
            line(n, d, (p, p, p))
