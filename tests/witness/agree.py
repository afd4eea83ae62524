#!/usr/bin/env python3
"""Random models under every mask, repetition, padding and order of division: does the program agree with the witness?

    agree.py ROUNDOFF FOLDER [--models 24] [--seed 1]

For each: every number of a trace of `run` (the definition, one input) and of `forward` (tensors, all positions at once),
and the task made of the witness's own answers on all words: `verify` by enumeration (lanes) and by certificate (diagrams)
must find it solved, and with one answer changed must find that word. ROUNDOFF_LONG=1 asks 400 models.
"""
import argparse
import itertools
import json
import os
import random
import subprocess
import sys
from fractions import Fraction

from transformer import MINUS_ZERO, REPEATS, TooLarge, Transformer

SYMBOLS = ["a", "b"]


def number(text):
    if text == "-0x0p+0":
        return MINUS_ZERO
    sign, digits, exponent = (-1, text[3:], 0) if text[0] == "-" else (1, text[2:], 0)
    digits, exponent = digits.split("p")
    whole, _, part = digits.partition(".")
    return sign * Fraction(int(whole + part, 16), 16 ** len(part)) * Fraction(2) ** int(exponent)


def random_model(draw, each, n, padding):
    vocab = SYMBOLS + ["0", "1"] + ([] if each else ["=", ".", "<eos>"] if padding else ["=", "<eos>"])
    d = draw.randint(2, 3)
    form = draw.choice(["fixed(3,2)", "fixed(4,1)", "twos(3,2)", "float(4,3)", "float(5,2)", "float(5,4)"])
    some = lambda: draw.choice([0, 0, 0.5, 1, -1, 0.25, -0.5, 1.5, 0.75, -0.375, 2])
    matrix = lambda rows, columns: [[some() for _ in range(columns)] for _ in range(rows)]

    def layer():
        made = {}
        kind = draw.choice(["both", "both", "attention", "units"])
        if kind != "units":
            heads, d_k, d_v = draw.randint(1, 2), draw.randint(1, 2), draw.randint(1, 2)
            made.update(n_heads=heads, W_Q=matrix(heads * d_k, d), W_K=matrix(heads * d_k, d), W_V=matrix(heads * d_v, d),
                        W_O=matrix(d, heads * d_v))
            if draw.random() < 0.3:
                made["scale"] = draw.choice([0.5, 0.75])
            if draw.random() < 0.3:
                made["b_K"] = [some() for _ in range(heads * d_k)]
        if kind != "attention":
            units = draw.randint(1, 3)
            made.update(W_1=matrix(units, d), W_2=matrix(d, units))
            if draw.random() < 0.5:
                made["b_1"] = [some() for _ in range(units)]
        return made

    layers = [layer() for _ in range(draw.randint(1, 2))]
    times = draw.choice([None] * 4 + list(REPEATS))
    if times and REPEATS[times]({"n": n, "N": n if each else n + 2 + padding}) < 1:
        times = None
    if times and draw.random() < 0.5:
        layers = [{"repeat": times, "layers": layers}]
    elif times:
        layers[-1]["repeat"] = times
    model = {"schema": "roundoff/model/2", "name": "random", "format": form, "task": {"name": "task.toml"}, "vocab": vocab,
             "tok_emb": matrix(len(vocab), d), "layers": layers, "W_U": matrix(len(vocab), d)}
    if draw.random() < 0.5:
        model["pos_emb"] = matrix(n if each else n + 3 + padding, d)
    if each:
        model["b_U"] = [-3.5, -3.5, 0, 0]
        return model, None
    # One more dimension, written by answers alone, makes <eos> of what follows them.
    model["b_U"] = [-3, -3, 0, 0] + [-3] * (len(vocab) - 5) + [-4]
    for t, row in enumerate(model["tok_emb"]):
        row.append(2 if t in (2, 3) else 0)
    for row in model.get("pos_emb", []):
        row.append(0)
    for one in [l for item in layers for l in item.get("layers", [item])]:
        for name in ("W_Q", "W_K", "W_V", "W_1"):
            for row in one.get(name, []):
                row.append(0)
        for name in ("W_O", "W_2"):
            if name in one:
                one[name].append([0] * len(one[name][0]))
    for t, row in enumerate(model["W_U"]):
        if vocab[t] in ("0", "1"):
            row[:] = [draw.choice([-2, -1.5, -0.75, 0.5, 1, 1.25]) for _ in row] + [-7]
        else:
            row[:] = [0] * d + [3.5 if vocab[t] == "<eos>" else -7]
    return model, times


def task_file(answers, n, each, padding):
    """The tree of all words as an automaton: any function of words of n symbols is one."""
    words = ["".join(w) for length in range(n + 1) for w in itertools.product(SYMBOLS, repeat=length)]
    name = lambda w: "s" + w
    steps = [[name(w), s, name(w + s) if len(w) < n else name("")] for w in words for s in SYMBOLS]
    lines = ["[task]", 'name = "tree"', 'kind = "automaton"', f"alphabet = {json.dumps(SYMBOLS)}",
             f"states = {json.dumps([name(w) for w in words])}", f'start = "{name("")}"', f"transitions = {json.dumps(steps)}",
             "output = { " + ", ".join(f'"{name(w)}" = "{answers.get(w, "0")}"' for w in words) + " }"]
    if each:
        lines.append("each = true")
    elif padding:
        lines.append(f'padding = {{ count = "{padding}", token = "." }}')
    return "\n".join(lines) + "\n"


class Program:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder

    def ask(self, *words):
        done = subprocess.run([self.binary, *words, "--quiet"], cwd=self.folder, capture_output=True, text=True)
        if done.returncode not in (0, 1):
            sys.exit(f"{words}: {done.stderr}")
        return done.stdout

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)


def traced(text):
    seen, chosen = {}, {}
    for line in text.splitlines():
        if not line.startswith('{"layer"'):
            continue
        one = json.loads(line)
        if one["site"] == "next":
            chosen[one["pos"]] = one["value"]
        else:
            seen[tuple(one.get(key) for key in ("layer", "site", "pos", "head", "key", "index"))] = number(one["value"])
    return seen, chosen


def same(ours, theirs):
    return ours.keys() == theirs.keys() and all(
        (a is MINUS_ZERO) == (theirs[k] is MINUS_ZERO) and (a is MINUS_ZERO or a == theirs[k]) for k, a in ours.items())


def difference(ours, theirs):
    for key in sorted(set(ours) | set(theirs), key=str):
        if not same({0: ours.get(key)}, {0: theirs.get(key)}):
            return f"{key}: witness {ours.get(key)}, program {theirs.get(key)}"
    return "choices"


def one_model(draw, mask, program, tally):
    n = draw.choice([2, 3])
    each = mask == "none"
    padding = 0 if each else draw.choice([0, 1, 2, 3])
    model, _ = random_model(draw, each, n, padding)
    how = {"mask": mask, "divide": draw.choice(["first", "last"]), "softmax": draw.choice(["stable", "stable", "plain"]),
           "order": draw.choice(["sequential", "sequential", "tree"]), "dot": "rounded"}
    if how["order"] == "sequential" and draw.random() < 0.3:
        how["dot"] = "fused"
    options = [word for key, value in how.items() for word in ("--" + key, value)]
    witness = Transformer(model, how, {"n": n, "N": n if each else n + 2 + padding})
    vocab, answers, runs = model["vocab"], {}, {}
    try:
        for word in ("".join(w) for w in itertools.product(SYMBOLS, repeat=n)):
            tokens = [vocab.index(s) for s in word]
            if not each:
                tokens += [vocab.index("=")] + [vocab.index(".")] * padding if padding else [vocab.index("=")]
                first = witness.run(tokens)[1][-1]
                tokens.append(first)
            seen, chosen = witness.run(tokens)
            runs[word] = tokens, seen, chosen
            if each:
                answers[word] = "".join(vocab[c] for c in chosen)
            elif vocab[first] in ("0", "1") and vocab[chosen[-1]] == "<eos>":
                answers[word] = vocab[first]
            else:
                return False
    except TooLarge:
        return False
    if not each and len(set(answers.values())) < 2:  # the task of a constant has another vocabulary
        return False
    program.write("model.json", json.dumps(model))
    program.write("task.toml", task_file(answers if not each else {}, n, each, padding))
    for word in draw.sample(list(runs), 2):
        tokens, seen, chosen = runs[word]
        prompt = word if each else word + "="
        theirs, next_ = traced(program.ask("run", "model.json", "--n", str(n), prompt, "--trace", "-", *options))
        if not same(seen, theirs) or [vocab[c] for c in chosen] != [next_[i] for i in sorted(next_)]:
            sys.exit(f"run {options} {prompt}: {difference(seen, theirs)}\n{json.dumps(model)}")
        tally["numbers"] += len(seen)
        grows = any(item.get("repeat", "2") in ("n", "ceil(lg(n))") for item in model["layers"])
        if not grows:
            line = ",".join(map(str, tokens))
            theirs, next_ = traced(program.ask("forward", "model.json", line, "--trace", "-", *options))
            if not same(seen, theirs) or [vocab[c] for c in chosen] != [next_[i] for i in sorted(next_)]:
                sys.exit(f"forward {options} {line}: {difference(seen, theirs)}\n{json.dumps(model)}")
            tally["tensors"] += 1
    if each:
        program.write("task.toml", task_file({w: draw.choice("01") for w in answers}, n, each, padding))
        found = json.loads(program.ask("verify", "model.json", "--n", str(n), "--method", "exhaustive", "--json", *options))
        case = found.get("counterexample")
        if case and case["got"].split()[-1] != answers[case["input"]]:
            sys.exit(f"exhaustive {options} {case}: {answers[case['input']]}\n{json.dumps(model)}")
        tally["at every symbol"] += 1
    else:
        ones = [w for w in answers if answers[w] == "1"]
        changed = draw.choice([w for w in answers if ones != [w]])
        for method, holds in (("exhaustive", "holds"), ("certify", "certified")):
            program.write("task.toml", task_file(answers, n, each, padding))
            found = json.loads(program.ask("verify", "model.json", "--n", str(n), "--method", method, "--json", *options))
            if found["verdict"] != holds:
                sys.exit(f"{method} {options}: {found['verdict']}, {found.get('note')}\n{json.dumps(model)}")
            program.write("task.toml", task_file({**answers, changed: "01"[answers[changed] == "0"]}, n, each, padding))
            found = json.loads(program.ask("verify", "model.json", "--n", str(n), "--method", method, "--json", *options))
            if found["verdict"] != "refuted" or found["counterexample"]["input"] != changed + "=":
                sys.exit(f"{method} {options}: does not find {changed}\n{json.dumps(model)}")
        tally["certified"] += 1
    for key in (f"mask {mask}", f"divide {how['divide']}", "padded" if padding else "unpadded",
                "repeated" if any("repeat" in item for item in model["layers"]) else "once"):
        tally[key] += 1
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("folder")
    parser.add_argument("--models", type=int, default=400 if "ROUNDOFF_LONG" in os.environ else 10)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    os.makedirs(given.folder, exist_ok=True)
    program = Program(os.path.abspath(given.binary), given.folder)
    tally = dict.fromkeys(("numbers", "tensors", "certified", "at every symbol", "mask causal", "mask strict", "mask none", "divide first",
                           "divide last", "padded", "unpadded", "repeated", "once"), 0)
    done = tried = 0
    while done < given.models:
        mask = ("causal", "strict", "none", "causal", "strict")[done % 5]
        done += one_model(random.Random(f"{given.seed} {tried}"), mask, program, tally)
        tried += 1
    print(f"{done} models of {tried} drawn agree: " + ", ".join(f"{value} {key}" for key, value in tally.items()))
    if 0 in tally.values():
        sys.exit("some kind of model was not met")


if __name__ == "__main__":
    main()
