#!/usr/bin/env python3
"""Rotary tables in bfloat16 beyond position 4 096: what they cost, by position, and why it is two different questions.

    by_position.py ROUNDOFF FOLDER [--positions 5120]

1. The table rounded once (`--role rotary=bfloat16`: angle exact, cosine and sine rounded to bfloat16, as transformers
   casts them). Every entry is off by at most 2^-9 of itself at *every* position: nothing gets worse with length. What is
   lost is that a score depends on the distance alone, so that the error of a choice is that of 8-bit rotations, at
   position 10 as at position 5 000. Measured: the Kullback-Leibler divergence of a model's choices by position.
2. The angle computed in bfloat16 (positions and products of positions and frequencies as bfloat16, which happens when a
   model is cast to bfloat16 whole, its buffer of frequencies included). bfloat16 has 8 significant bits: from 256 on
   neighbours share positions, 2 at a time, from 4 096 on 32 at a time, and the angle of the fastest pair is off by up to
   half of that, in radians: it means nothing. Measured: the largest error of a cosine by position.
"""
import argparse
import json
import os
import subprocess
import sys

try:
    import numpy as np
except ImportError:
    print("skipped: NumPy is not installed (Debian: python3-numpy)")
    sys.exit(77)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "hub"))
import containers  # noqa: E402
import definitions  # noqa: E402

CONFIG = {"model_type": "llama", "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 32,
          "vocab_size": 64, "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu",
          "tie_word_embeddings": False}


def bands(positions):
    edges = [0]
    while edges[-1] < positions:
        edges.append(min(positions, max(256, 2 * edges[-1])))
    return list(zip(edges, edges[1:]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("roundoff")
    parser.add_argument("folder")
    parser.add_argument("--positions", type=int, default=5120)
    options = parser.parse_args()
    n = options.positions
    path = os.path.join(options.folder, "llama")
    containers.write_checkpoint(path, CONFIG, definitions.random_weights(CONFIG, 3), "bf16")
    tokens = np.random.Generator(np.random.PCG64(4)).integers(0, 64, n)
    file = os.path.join(options.folder, "tokens")
    with open(file, "w") as out:
        out.write(" ".join(map(str, tokens)) + "\n")
    done = subprocess.run([options.roundoff, "diff", path, "--format", "binary32", "--role", "rotary=bfloat16", "--tokens", file,
                           "--block", str(n), "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    divergence = np.array([float(x) for x in json.loads(done.stdout)["kl_by_position"]])

    frequency = 1.0 / 10000 ** (np.arange(0, 32, 2) / 32)
    position = np.arange(n)[:, None]
    exact = np.cos(position * frequency)
    table = np.abs(containers.bfloat16(exact) - exact).max(axis=1)
    angle = containers.bfloat16(containers.bfloat16(position.astype(np.float32)) * containers.bfloat16(frequency))
    in_bfloat16 = np.abs(np.cos(angle.astype(np.float64)) - exact).max(axis=1)

    print("positions       KL, table rounded   cosine's error: table rounded   angle in bfloat16")
    rows = []
    for low, high in bands(n):
        part = slice(low, min(high, len(divergence)))
        rows.append((divergence[part].mean(), table[low:high].max(), in_bfloat16[low:high].max()))
        print(f"{low:5} to {high - 1:5} {rows[-1][0]:18.2g} {rows[-1][1]:22.2g} {rows[-1][2]:22.2g}")
    # What the explanation says: the table never beyond half a unit of 8 bits, the angle far beyond it once positions collide.
    return 0 if max(row[1] for row in rows) <= 2.0**-9 and rows[-1][2] > 0.5 else 1


if __name__ == "__main__":
    sys.exit(main())
