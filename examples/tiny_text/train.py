#!/usr/bin/env python3
"""Trains a small GPT-2 on English text, letter by letter, with NumPy alone, and writes it as a checkpoint.

    train.py LICENSE examples/tiny_text/model      # what stands there
    train.py TEXT FOLDER [--steps 400] [--check MODEL]

TEXT is cut: the first nine tenths are learnt, the rest is FOLDER/text.txt, which measurements read. The model has two
layers of four heads, 32 dimensions and a context of 32 letters; its config names the vocabulary, so that
`roundoff forward --text` works. Everything is a function of the text: draws come from one seeded generator (the last
bits of weights depend on NumPy's BLAS).

--check compares text and config with MODEL's, and the weights with its tensors: that the loss has fallen after 40 steps,
or with ROUNDOFF_LONG=1 that all 400 lead to weights as good as MODEL's on the text that was not learnt.
"""
import argparse
import json
import math
import os
import struct
import sys

try:
    import numpy as np
except ImportError:
    print("skipped: NumPy is not installed (Debian: python3-numpy)")
    sys.exit(77)

D, LAYERS, HEADS, CONTEXT, UNITS = 32, 2, 4, 32, 128
EPSILON = 1e-5
GELU = math.sqrt(2 / math.pi)


def start(vocabulary, draw):
    w = {"wte.weight": draw.normal(0, 0.1, (vocabulary, D)), "wpe.weight": draw.normal(0, 0.02, (CONTEXT, D))}
    for l in range(LAYERS):
        for name, shape in {"attn.c_attn": (D, 3 * D), "attn.c_proj": (D, D), "mlp.c_fc": (D, UNITS),
                            "mlp.c_proj": (UNITS, D)}.items():
            w[f"h.{l}.{name}.weight"] = draw.normal(0, 1 / math.sqrt(shape[0]), shape)
            w[f"h.{l}.{name}.bias"] = np.zeros(shape[1])
        for name in ("ln_1", "ln_2"):
            w[f"h.{l}.{name}.weight"], w[f"h.{l}.{name}.bias"] = np.ones(D), np.zeros(D)
    w["ln_f.weight"], w["ln_f.bias"] = np.ones(D), np.zeros(D)
    return w


def norm(x, w, name):
    centred = x - x.mean(-1, keepdims=True)
    scale = 1 / np.sqrt((centred**2).mean(-1, keepdims=True) + EPSILON)
    unit = centred * scale
    return unit * w[name + ".weight"] + w[name + ".bias"], (unit, scale)


def norm_back(dy, kept, w, g, name):
    unit, scale = kept
    g[name + ".weight"] += (dy * unit).sum((0, 1))
    g[name + ".bias"] += dy.sum((0, 1))
    d = dy * w[name + ".weight"]
    return scale * (d - d.mean(-1, keepdims=True) - unit * (d * unit).mean(-1, keepdims=True))


def affine_back(dy, x, w, g, name):
    g[name + ".weight"] += np.einsum("bti,bto->io", x, dy)
    g[name + ".bias"] += dy.sum((0, 1))
    return dy @ w[name + ".weight"].T


def heads(x):
    b, t, _ = x.shape
    return x.reshape(b, t, HEADS, D // HEADS).transpose(0, 2, 1, 3)


def flat(x):
    b, _, t, _ = x.shape
    return x.transpose(0, 2, 1, 3).reshape(b, t, D)


def step(w, tokens):
    """Mean loss of the batch [B x (T + 1)], and its gradient."""
    given, target = tokens[:, :-1], tokens[:, 1:]
    b, t = given.shape
    hidden = np.triu(np.ones((t, t), bool), 1)
    x = w["wte.weight"][given] + w["wpe.weight"][:t]
    kept = []
    for l in range(LAYERS):
        h = f"h.{l}."
        y1, n1 = norm(x, w, h + "ln_1")
        q, k, v = (heads(m) for m in np.split(y1 @ w[h + "attn.c_attn.weight"] + w[h + "attn.c_attn.bias"], 3, -1))
        s = q @ k.transpose(0, 1, 3, 2) / math.sqrt(D // HEADS)
        s[:, :, hidden] = -np.inf
        a = np.exp(s - s.max(-1, keepdims=True))
        a /= a.sum(-1, keepdims=True)
        o = flat(a @ v)
        x = x + o @ w[h + "attn.c_proj.weight"] + w[h + "attn.c_proj.bias"]
        y2, n2 = norm(x, w, h + "ln_2")
        u = y2 @ w[h + "mlp.c_fc.weight"] + w[h + "mlp.c_fc.bias"]
        th = np.tanh(GELU * (u + 0.044715 * u**3))
        act = 0.5 * u * (1 + th)
        x = x + act @ w[h + "mlp.c_proj.weight"] + w[h + "mlp.c_proj.bias"]
        kept.append((y1, n1, q, k, v, a, o, y2, n2, u, th, act))
    y, n = norm(x, w, "ln_f")
    logits = y @ w["wte.weight"].T
    logits -= logits.max(-1, keepdims=True)
    p = np.exp(logits)
    p /= p.sum(-1, keepdims=True)
    rows = np.arange(b)[:, None], np.arange(t)[None, :]
    loss = -np.log(p[rows[0], rows[1], target]).mean()

    g = {name: np.zeros_like(m) for name, m in w.items()}
    dl = p
    dl[rows[0], rows[1], target] -= 1
    dl /= b * t
    g["wte.weight"] += np.einsum("btv,btd->vd", dl, y)
    dx = norm_back(dl @ w["wte.weight"], n, w, g, "ln_f")
    for l in reversed(range(LAYERS)):
        h = f"h.{l}."
        y1, n1, q, k, v, a, o, y2, n2, u, th, act = kept[l]
        da = affine_back(dx, act, w, g, h + "mlp.c_proj")
        du = da * (0.5 * (1 + th) + 0.5 * u * (1 - th**2) * GELU * (1 + 3 * 0.044715 * u**2))
        dx = dx + norm_back(affine_back(du, y2, w, g, h + "mlp.c_fc"), n2, w, g, h + "ln_2")
        do = heads(affine_back(dx, o, w, g, h + "attn.c_proj"))
        dw = do @ v.transpose(0, 1, 3, 2)
        ds = a * (dw - (dw * a).sum(-1, keepdims=True)) / math.sqrt(D // HEADS)
        dqkv = np.concatenate([flat(ds @ k), flat(ds.transpose(0, 1, 3, 2) @ q), flat(a.transpose(0, 1, 3, 2) @ do)], -1)
        dx = dx + norm_back(affine_back(dqkv, y1, w, g, h + "attn.c_attn"), n1, w, g, h + "ln_1")
    np.add.at(g["wte.weight"], given, dx)
    g["wpe.weight"][:t] += dx.sum(0)
    return loss, g


def train(text, steps, quiet=False):
    letters = sorted(set(text))
    numbers = np.array([letters.index(c) for c in text])
    learnt = numbers[: len(numbers) * 9 // 10]
    draw = np.random.Generator(np.random.PCG64(2026))
    w = start(len(letters), draw)
    m = {name: np.zeros_like(x) for name, x in w.items()}
    v = {name: np.zeros_like(x) for name, x in w.items()}
    loss = 0.0
    for i in range(1, steps + 1):
        at = draw.integers(0, len(learnt) - CONTEXT - 1, 32)
        loss, g = step(w, np.stack([learnt[j : j + CONTEXT + 1] for j in at]))
        rate = 3e-3 * min(1, i / 40) * (1 - 0.9 * i / steps)
        for name in w:
            m[name] = 0.9 * m[name] + 0.1 * g[name]
            v[name] = 0.98 * v[name] + 0.02 * g[name] ** 2
            w[name] -= rate * (m[name] / (1 - 0.9**i)) / (np.sqrt(v[name] / (1 - 0.98**i)) + 1e-9)
        if not quiet and i % 50 == 0:
            print(f"step {i}: loss {loss:.3f}", file=sys.stderr)
    return letters, {name: x.astype(np.float32) for name, x in w.items()}, text[len(learnt) :], float(loss)


def save(folder, letters, w, held_out):
    os.makedirs(folder, exist_ok=True)
    header, data = {}, b""
    for name, tensor in w.items():
        raw = np.ascontiguousarray(tensor, dtype="<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(folder, "model.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
    config = {"model_type": "gpt2", "vocab_size": len(letters), "n_positions": CONTEXT, "n_embd": D, "n_layer": LAYERS,
              "n_head": HEADS, "n_inner": UNITS, "layer_norm_epsilon": EPSILON, "activation_function": "gelu_new",
              "roundoff": {"name": "tiny-text", "vocab": letters}}
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file)
    with open(os.path.join(folder, "text.txt"), "w", encoding="utf-8") as file:
        file.write(held_out)


def load(folder):
    with open(os.path.join(folder, "model.safetensors"), "rb") as file:
        raw = file.read()
    (length,) = struct.unpack("<Q", raw[:8])
    data = np.frombuffer(raw[8 + length :], "<f4")
    return {name: data[entry["data_offsets"][0] // 4 : entry["data_offsets"][1] // 4].reshape(entry["shape"])
            for name, entry in json.loads(raw[8 : 8 + length]).items()}


def loss_on(text, letters, w):
    numbers = np.array([letters.index(c) for c in text if c in letters])
    blocks = [numbers[i : i + CONTEXT + 1] for i in range(0, len(numbers) - CONTEXT, CONTEXT)]
    return float(step({name: x.astype(float) for name, x in w.items()}, np.stack(blocks))[0])


def check(made, model, letters, w, held_out, whole):
    for name in ("config.json", "text.txt"):
        with open(os.path.join(made, name), encoding="utf-8") as a, open(os.path.join(model, name), encoding="utf-8") as b:
            if a.read() != b.read():
                sys.exit(f"{name} is not {model}'s")
    theirs = load(model)
    if {name: x.shape for name, x in theirs.items()} != {name: x.shape for name, x in w.items()}:
        sys.exit(f"{model} has other tensors")
    ours, standing = loss_on(held_out, letters, w), loss_on(held_out, letters, theirs)
    print(f"loss on text not learnt: {ours:.3f}, of {model} {standing:.3f}, of a uniform guess {math.log(len(letters)):.3f}")
    if ours > (standing + 0.1 if whole else math.log(len(letters)) - 0.5):
        sys.exit("training has not led there")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("folder")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--check", metavar="MODEL")
    given = parser.parse_args()
    whole = not given.check or "ROUNDOFF_LONG" in os.environ
    with open(given.text, encoding="utf-8") as file:
        letters, w, held_out, loss = train(file.read(), given.steps if whole else 40)
    save(given.folder, letters, w, held_out)
    print(f"{given.folder}: {sum(x.size for x in w.values()):,} parameters, {len(letters)} letters, loss {loss:.3f}")
    if given.check:
        check(given.folder, given.check, letters, w, held_out, whole)


if __name__ == "__main__":
    main()
