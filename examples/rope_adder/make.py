#!/usr/bin/env python3
"""Writes rope_adder.json: ten-digit addition in one layer, by rotary positions of period 19.

    make.py [--sharp 128] [--steep 16] [--constant 1024] > rope_adder.json

README.md derives the weights; every one of them is spelled here.
"""
import argparse
import json

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--sharp", type=float, default=128, help="scale of the scores")
parser.add_argument("--steep", type=float, default=16, help="slope of the gate")
parser.add_argument("--weight", type=float, default=16, help="how much the gated line of logits outweighs the plain one")
parser.add_argument("--constant", type=float, default=1024, help="the coordinate that holds the norm still")
given = parser.parse_args()

DIGITS, PERIOD, C = 10, 19, given.constant

# The stream is (z, c, p, q), c = C always. Over 4 entries RMSNorm divides by about c / 2, so that with this
# weight it delivers (z, 1, ...), up to a factor common to all entries.
norm = {"kind": "rmsnorm", "weight": [C / 2, 0.5, C / 2, C / 2]}

# Half way between the two values v and v - 1/10 that 1/10 of -z has for one column sum v.
SHIFT = 0.05
GATE = 9.45  # above 9 and below 9.9

layer = {
    "norm_before_attention": norm,
    # Queries and keys are the constant alone, (sqrt 2, 0) after QK-norm: positions decide everything.
    "n_heads": 2,
    "n_kv_heads": 1,
    "W_Q": [[0, 1, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]],
    "W_K": [[0, 1, 0, 0], [0, 0, 0, 0]],
    "norm_q": {"kind": "rmsnorm"},
    "norm_k": {"kind": "rmsnorm"},
    "scale": given.sharp,
    # Head 0 looks 10 and 29 back: the two digits of this column. Head 1 looks 11 and 30 back.
    "rope": {"pairing": "halves", "period": [PERIOD], "phase": [-DIGITS, -DIGITS - 1]},
    "W_V": [[1, 0, 0, 0]],
    # Heads give means of two digits: z = s' - 10 (a + b) - (a' + b').
    "W_O": [[-20, -2], [0, 0], [0, 0], [0, 0]],
    "norm_before_ff": norm,
    "act": "silu",
    # v = -z / 10. Gate: steep (v - GATE). Up: v - 14.5 + SHIFT, and 1.
    "W_G": [[-given.steep / 10, -given.steep * GATE, 0, 0]] * 2,
    "W_1": [[-0.1, SHIFT - 14.5, 0, 0], [0, 1, 0, 0]],
    "W_2": [[0, 0], [0, 0], [1, 0], [0, 1]],
}

# Logits: 2 t' (v - 4.5 + SHIFT) - t'^2 for a column without carry out, and the same with v - 14.5 when the
# gate is open and outweighs it, t' = t - 4.5.
head = []
for t in range(10):
    u = t - 4.5
    head.append([-u / 5, (2 * u * (SHIFT - 4.5) - u * u) / C, 2 * u * given.weight, -u * u * given.weight])

model = {
    "name": "rope_adder",
    "format": "binary32",
    "task": {
        "name": "add",
        "p": 10,
        "n": DIGITS,
        "template": {
            "prompt": ["0", "{1:reversed}"] + ["0"] * 9 + ["{2:reversed}", "0"],
            "answer": ["{answer:reversed}"],
        },
    },
    "vocab": [str(t) for t in range(10)],
    "registers": ["z", "c", "p", "q"],
    "tok_emb": [[t, C, 0, 0] for t in range(10)],
    "layers": [layer],
    "norm_final": {"kind": "rmsnorm"},
    "W_U": head,
}
print(json.dumps(model, indent=1))
