#!/usr/bin/env python3
"""Runs a model that roundoff exported, in NumPy float64: a second opinion in fifty lines of mathematics.

    roundoff export add-hinge --p 10 --n 4 --format binary64 -o adder.safetensors
    forward.py adder.safetensors 0 1 2 3 10 0 4 5 6 11          # tokens: the answer, greedily
    forward.py adder.safetensors --logits 0 1 2 3 10 0 4 5 6 11 # the logits at every position

Reads Model JSON and safetensors (the fields of `roundoff export`) with NumPy and the standard library only.
NumPy sums in another order than the simulator: tokens agree where no decision hangs on the last bits, and
ctest checks that they do, construction by construction.
"""
import argparse
import json
import math
import struct

import numpy as np


def number(value):
    """A weight: a JSON number, a decimal or hexadecimal float, or a fraction, as a string."""
    if not isinstance(value, str):
        return float(value)
    if "0x" in value:
        return float.fromhex(value)
    top, _, bottom = value.partition("/")
    return float(top) / float(bottom) if bottom else float(top)


def array(rows):
    return np.array([[number(x) for x in row] if isinstance(row, list) else number(row) for row in rows])


def load(path):
    """The model document, with matrices as arrays."""
    if path.endswith(".json"):
        with open(path, encoding="utf-8") as file:
            model = json.load(file)
    else:
        with open(path, "rb") as file:
            raw = file.read()
        (length,) = struct.unpack("<Q", raw[:8])
        header, data = json.loads(raw[8 : 8 + length]), raw[8 + length :]
        model = json.loads(header.pop("__metadata__")["roundoff"])
        for name, tensor in header.items():
            begin, end = tensor["data_offsets"]
            values = np.frombuffer(data[begin:end], dtype="<f8").reshape(tensor["shape"])
            place, parts = model, name.split(".")
            if parts[0] == "layers":
                place = model["layers"][int(parts[1])]
            place[parts[-1]] = values
    for part in [model] + model["layers"]:
        for field in part:
            if field[:2] in ("W_", "b_") or field in ("tok_emb", "pos_emb"):
                part[field] = part[field] if isinstance(part[field], np.ndarray) else array(part[field])
    if model.get("tied"):
        model["W_U"] = model["tok_emb"]
    return model


def linear(part, name, x):
    y = x @ part["W_" + name].T
    return y + part["b_" + name] if "b_" + name in part else y


def norm(spec, x):
    if spec is None:
        return x
    if spec["kind"] == "layernorm":
        x = x - x.mean(-1, keepdims=True)
    y = x / np.sqrt((x * x).mean(-1, keepdims=True) + number(spec.get("eps", 0)))
    if "weight" in spec:
        y = y * array(spec["weight"])
    return y + array(spec["bias"]) if "bias" in spec else y


def turn(spec, x, phase):
    """Rotary positions; x is [positions x d_k]."""
    rate = array(spec["period"] if "period" in spec else spec["frequency"])
    positions = np.arange(len(x))[:, None]
    angle = 2 * np.pi * (positions + phase) / rate if "period" in spec else positions * rate + phase
    pairs, c, s, y = len(rate), np.cos(angle), np.sin(angle), x.copy()
    if spec.get("pairing", "halves") == "interleaved":
        first, second = slice(0, 2 * pairs, 2), slice(1, 2 * pairs, 2)
    else:
        first, second = slice(0, pairs), slice(pairs, 2 * pairs)
    y[:, first] = x[:, first] * c - x[:, second] * s
    y[:, second] = x[:, second] * c + x[:, first] * s
    return y


def weights(kind, softmax, scores):
    """Attention weights of one query, from its scores."""
    top = scores.max()
    if kind.startswith("hard"):
        e = (scores == top).astype(float)
        if kind == "hard":
            return e / e.sum()
        chosen = np.flatnonzero(e)[0 if kind == "hard_first" else -1]
        return np.eye(len(e))[chosen]
    if kind == "exp":
        return np.exp(scores)
    extra = kind == "softmax_one"
    shift = (max(top, 0.0) if extra else top) if softmax == "stable" else 0.0
    e = np.exp(scores - shift)
    return e / (e.sum() + (np.exp(-shift) if extra else 0.0))


def attention(layer, softmax, x):
    n, heads = len(x), layer["n_heads"]
    groups = layer.get("n_kv_heads", heads)
    q = linear(layer, "Q", x).reshape(n, heads, -1)
    k = linear(layer, "K", x).reshape(n, groups, -1)
    v = linear(layer, "V", x).reshape(n, groups, -1)
    q, k = norm(layer.get("norm_q"), q), norm(layer.get("norm_k"), k)
    rope, out = layer.get("rope"), np.zeros((n, heads, v.shape[2]))
    for h in range(heads):
        g = h // (heads // groups)
        query, key = q[:, h], k[:, g]
        if rope:
            pairs = len(rope.get("period", rope.get("frequency")))
            phase = array(rope["phase"]) if "phase" in rope else np.zeros(pairs)
            query = turn(rope, query, phase[h * pairs : (h + 1) * pairs] if len(phase) > pairs else phase)
            key = turn(rope, key, np.zeros(pairs))
        scores = query @ key.T * number(layer.get("scale", 1))
        if "alibi" in layer:
            scores = scores + number(layer["alibi"][h]) * (np.arange(n)[None, :] - np.arange(n)[:, None])
        if "mask" in layer:
            scores = scores + array(layer["mask"][h])[:n, :n]
        for i in range(n):
            out[i, h] = weights(layer.get("weighting", "softmax"), softmax, scores[i, : i + 1]) @ v[: i + 1, g]
    return linear(layer, "O", out.reshape(n, -1))


def gelu(x):
    return x * 0.5 * np.array([math.erfc(-z / math.sqrt(2)) for z in x.ravel()]).reshape(x.shape)


ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "gelu": gelu,
    "gelu_tanh": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "identity": lambda x: x,
}


def logits(model, tokens):
    """[positions x vocabulary]"""
    x = model["tok_emb"][tokens]
    positions = model.get("pos_emb", [])
    if isinstance(positions, np.ndarray) and len(positions):
        x = x + positions[: len(tokens)]
    for layer in model["layers"]:
        if "W_P" in layer:
            x = linear(layer, "P", x)
        if "W_Q" in layer:
            x = x + attention(layer, model.get("softmax", "stable"), norm(layer.get("norm_before_attention"), x))
            x = norm(layer.get("norm_after_attention"), x)
        if "W_1" in layer:
            y = norm(layer.get("norm_before_ff"), x)
            act, up = ACTIVATIONS[layer.get("act", "relu")], linear(layer, "1", y)
            with np.errstate(over="ignore"):
                hidden = act(linear(layer, "G", y)) * up if "W_G" in layer else act(up)
            x = norm(layer.get("norm_after_ff"), x + linear(layer, "2", hidden))
    return linear(model, "U", norm(model.get("norm_final"), x))


def choose(model, row):
    return int(np.argmin(row) if model.get("choice") == "argmin" else np.argmax(row))


def decode(model, tokens, most):
    """Greedy decoding until <eos> or `most` tokens."""
    tokens, stop = list(tokens), len(model["vocab"]) if "<eos>" not in model["vocab"] else model["vocab"].index("<eos>")
    while len(tokens) < most and (not tokens or tokens[-1] != stop):
        tokens.append(choose(model, logits(model, tokens)[-1]))
    return tokens


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("tokens", type=int, nargs="+")
    parser.add_argument("--logits", action="store_true")
    parser.add_argument("--most", type=int, default=0, help="tokens in all, question and answer")
    given = parser.parse_args()
    model = load(given.model)
    if given.logits:
        print(json.dumps(logits(model, given.tokens).tolist()))
    else:
        positions = model.get("pos_emb", [])
        most = given.most or (len(positions) + 1 if len(positions) else 2 * len(given.tokens))
        print(*decode(model, given.tokens, most))


if __name__ == "__main__":
    main()
