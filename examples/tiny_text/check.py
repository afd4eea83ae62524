#!/usr/bin/env python3
"""What precision costs a model that has been trained: formats side by side, and weights that are planted to need one role.

    check.py ROUNDOFF TEXT FOLDER [--steps 400]

Trains the letter model of train.py on TEXT, and asks `roundoff diff` for the cost of formats on the text that was held
out, and `roundoff ablate` for the role that models with planted weights are sensitive in. Exit 1 where a format costs
nothing that must cost something (or the other way around), or where ablate names another role than the planted one.
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
import train

WIDE = '[formats]\nall = "binary32"\n'
POLICIES = {
    "binary32": WIDE,
    "bfloat16": '[formats]\nall = "bfloat16"\n',
    "binary16": '[formats]\nall = "binary16"\n',
    "e4m3, binary32 sums": WIDE + 'weights = "e4m3"\nactivations = "e4m3"\ncache = "e4m3"\n',
    "e5m2, binary32 sums": WIDE + 'weights = "e5m2"\nactivations = "e5m2"\ncache = "e5m2"\n',
}
for quantiser in ("int8/32", "int4/32", "int3/32", "mxfp4:floor", "mxfp4:ceil", "mxfp4:rceil", "mxfp4:even", "nvfp4"):
    POLICIES[quantiser] = WIDE + f'[quantise]\nweights = "{quantiser}"\n'


def ask(*words):
    answer = subprocess.run(words, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        print(" ".join(words), "\n", answer.stderr)
        sys.exit(1)
    return json.loads(answer.stdout)


def written(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def formats(roundoff, folder):
    """Rows of the table, and whether they make sense."""
    costs = {}
    print(f"{'format':20} {'perplexity':>10} {'loss more':>18} {'KL':>18} {'flips':>6}")
    for name, policy in POLICIES.items():
        file = written(os.path.join(folder, "policy.toml"), policy)
        cost = ask(roundoff, "diff", folder, "--text", os.path.join(folder, "text.txt"), "--policy", file, "--json", "--quiet")
        loss, kl = cost["loss"]["difference"], cost["kl"]
        print(f"{name:20} {cost['perplexity']['policy']:10.4f} {loss['mean']:10.5f} +- {loss['error']:.0e}"
              f" {kl['mean']:10.2g} +- {kl['error']:.0e} {cost['flips']['count']:3} of {cost['tokens']}")
        costs[name] = (kl["mean"], kl["error"], cost["flips"]["count"])
    kl = {name: cost[0] for name, cost in costs.items()}
    rules = [
        ("binary32 against itself is zero", costs["binary32"] == (0, 0, 0)),
        ("everything else costs something", all(kl[name] > 0 for name in kl if name != "binary32")),
        ("binary16 costs less than bfloat16", kl["binary16"] < kl["bfloat16"]),
        ("e4m3 costs less than e5m2", kl["e4m3, binary32 sums"] < kl["e5m2, binary32 sums"]),
        ("fewer bits cost more", kl["int8/32"] < kl["int4/32"] < kl["int3/32"]),
        ("nvfp4 costs less than mxfp4", kl["nvfp4"] < min(kl[name] for name in kl if name.startswith("mxfp4"))),
    ]
    return [what for what, holds in rules if not holds]


def scaled(w, name, columns, factor):
    """A map's outputs in `columns`, with their biases."""
    w[name + ".weight"][:, columns] *= factor
    w[name + ".bias"][columns] *= factor


Q, K, V = (slice(i * train.D, (i + 1) * train.D) for i in range(3))
ALL = slice(None)
FACTOR = np.float32(64)


def norm(w, name, factor):
    w[name + ".weight"] *= factor
    w[name + ".bias"] *= factor


def planted(w, which):
    """Weights scaled up by 64 and undone elsewhere: the same function in exact numbers."""
    w = {name: tensor.copy() for name, tensor in w.items()}
    if which == "weights of the feed-forward unit":
        w["h.0.mlp.c_fc.weight"] *= FACTOR
        norm(w, "h.0.ln_2", 1 / FACTOR)
    elif which == "weights of attention":
        w["h.1.attn.c_attn.weight"] *= FACTOR
        norm(w, "h.1.ln_1", 1 / FACTOR)
    elif which == "keys":
        scaled(w, "h.0.attn.c_attn", K, FACTOR)
        scaled(w, "h.0.attn.c_attn", Q, 1 / FACTOR)
    elif which == "values":
        scaled(w, "h.1.attn.c_attn", V, FACTOR)
        w["h.1.attn.c_proj.weight"] /= FACTOR
    elif which == "queries":
        scaled(w, "h.1.attn.c_attn", Q, FACTOR)
        scaled(w, "h.1.attn.c_attn", K, 1 / FACTOR)
    elif which == "norms":
        norm(w, "h.0.ln_1", FACTOR)
        w["h.0.attn.c_attn.weight"] /= FACTOR
    return w


# The role that each planting needs, and the roles that get room for 64 times as much, because the scaled numbers pass
# through them as well.
PLANTINGS = {
    "weights of the feed-forward unit": ("weights", []),
    "weights of attention": ("weights", []),
    "keys": ("cache", ["weights"]),
    "values": ("cache", ["weights", "activations"]),
    "queries": ("activations", ["weights"]),
    "norms": ("norms", ["weights", "activations"]),
}
BITS = {"weights": 2, "activations": 5, "cache": 4, "norms": 5, "scores": 6, "softmax": 6}


def sensitivities(roundoff, folder, letters, w, held_out):
    """What ablate names for each planting; those that are wrong."""
    wrong = []
    for which, (role, wide) in PLANTINGS.items():
        place = os.path.join(folder, "planted")
        train.save(place, letters, planted(w, which), held_out)
        lines = [f'{name} = "fixed({bits + 7 * (name in wide)},20)"' for name, bits in BITS.items()]
        file = written(os.path.join(folder, "policy.toml"), WIDE + "\n".join(lines) + "\n")
        found = ask(roundoff, "ablate", place, "--text", os.path.join(place, "text.txt"), "--to", file, "--json", "--quiet")
        ranked = [(part["part"], part["alone"]["kl"]["mean"]) for part in found["parts"]]
        print(f"{which}: " + ", ".join(f"{part} {kl:.2g}" for part, kl in ranked))
        if ranked[0][0] != role:
            wrong.append(f"{which}: ablate names {ranked[0][0]}, not {role}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("roundoff")
    parser.add_argument("text")
    parser.add_argument("folder")
    parser.add_argument("--steps", type=int, default=400)
    given = parser.parse_args()
    with open(given.text, encoding="utf-8") as file:
        letters, w, held_out, loss = train.train(file.read(), given.steps, quiet=True)
    train.save(given.folder, letters, w, held_out)
    print(f"{sum(x.size for x in w.values()):,} parameters, {len(letters)} letters, loss {loss:.3f}")
    wrong = formats(given.roundoff, given.folder) + sensitivities(given.roundoff, given.folder, letters, w, held_out)
    for line in wrong:
        print("not so: " + line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
