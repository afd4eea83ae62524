#!/usr/bin/env python3
"""Writes alibi_adder.json: ten-digit addition by attention alone, ALiBi slopes of ln 10 and softmax-plus-one.

    make.py > alibi_adder.json

README.md derives the weights; every one of them is spelled here.
"""
import json
import math

DIGITS = 10
DOWN = 24    # weights are 10^(e - DOWN): so small that 1 + Z is 1, and the softmax does not normalise
AWAY = 128   # a position that a head must not see

LENGTH = 3 * DIGITS + 2  # a + b = and ten of the eleven digits written
A, B, S = 0, DIGITS + 1, 2 * DIGITS + 2
FIRST = S - 1  # the position that writes the first digit, of weight 10^DIGITS


def position(j):
    """(value, one, g of head 0, g of head 1, r): a query at i gives position j the weight 10^(g + i - j)."""
    operands = written = -AWAY
    if A <= j < A + DIGITS or B <= j < B + DIGITS:
        digit = DIGITS - 1 - (j - (A if j < B else B))  # this is the digit of 10^digit
        # At i the digit of 10^(DIGITS - (i - FIRST)) is written; the weight is 10^(digit - that).
        operands = digit - DIGITS - FIRST + j - DOWN
    elif j >= S:
        written = (DIGITS - (j - S)) - DIGITS - FIRST + j - DOWN
    # What remains of the sum after the digits written lies in [s, s + 1) in steps of 10^-k: half a step up
    # and one half down, and s is the nearest whole number.
    k = DIGITS - (j - FIRST)
    r = 0.5 * 10.0**-k - 0.5 if j >= FIRST else 0
    return [0, 1, operands, written, r]


layer = {
    "n_heads": 2,
    "W_Q": [[0, 1, 0, 0, 0], [0, 1, 0, 0, 0]],
    "W_K": [[0, 0, 1, 0, 0], [0, 0, 0, 1, 0]],
    "W_V": [[1, 0, 0, 0, 0], [1, 0, 0, 0, 0]],
    "W_O": [[0, 0], [0, 0], [0, 0], [0, 0], [10.0**DOWN, -(10.0**DOWN)]],
    "scale": math.log(10),
    "alibi": [-math.log(10)] * 2,
    "weighting": "softmax_one",
}

model = {
    "name": "alibi_adder",
    "format": "binary64",
    "task": {
        "name": "add",
        "p": 10,
        "n": DIGITS,
        "template": {"prompt": ["{1}", "+", "{2}", "="], "answer": ["{answer}"]},
    },
    "vocab": [str(t) for t in range(10)] + ["+", "="],
    "registers": ["value", "one", "operands", "written", "r"],
    "tok_emb": [[t, 0, 0, 0, 0] for t in range(10)] + [[0] * 5, [0] * 5],
    "pos_emb": [position(j) for j in range(LENGTH)],
    "layers": [layer],
    # Nearest whole number to r: the arg max of 2 t r - t^2.
    "W_U": [[0, -t * t, 0, 0, 2 * t] for t in range(10)] + [[0, -1000, 0, 0, 0]] * 2,
}
print(json.dumps(model, indent=1))
