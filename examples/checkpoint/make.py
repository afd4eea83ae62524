#!/usr/bin/env python3
"""Small checkpoints of GPT-2 and Llama architecture with random weights, and their logits by NumPy in float64.

    make.py FOLDER            # FOLDER/gpt2, FOLDER/llama, FOLDER/qwen3: config.json, model.safetensors, logits.json
    make.py --check FOLDER ROUNDOFF   # runs `ROUNDOFF forward` under four policies and compares: exit 1 beyond 1e-4

The forward passes are written here from the architectures' papers, not from the simulator.
"""
import argparse
import json
import math
import os
import struct
import subprocess
import sys

try:
    import numpy as np
except ImportError:
    print("skipped: NumPy is not installed (Debian: python3-numpy)")
    sys.exit(77)

TOKENS = [3, 17, 0, 42, 42, 5, 60, 11, 29, 8, 1, 33]


def save(path, tensors):
    """safetensors, F32."""
    header, data = {}, b""
    for name, tensor in tensors.items():
        raw = np.ascontiguousarray(tensor, dtype="<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def random_tensors(seed, shapes):
    rng = np.random.Generator(np.random.PCG64(seed))
    tensors = {}
    for name, shape in shapes.items():
        spread = 0.5 / math.sqrt(shape[-1]) if len(shape) == 2 else 0.1
        centre = 1.0 if len(shape) == 1 and ("norm" in name or "ln_" in name) and name.endswith("weight") else 0.0
        tensors[name] = (centre + spread * rng.standard_normal(shape)).astype(np.float32)
    return tensors


def softmax_attention(q, k, v):
    """Causal attention of one head; [positions x d] each."""
    scores = q @ k.T / math.sqrt(q.shape[1])
    scores[np.triu_indices(len(q), 1)] = -np.inf
    e = np.exp(scores - scores.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True) @ v


# ---- GPT-2 (Radford et al. 2019) ----

GPT2 = {"model_type": "gpt2", "vocab_size": 61, "n_positions": 32, "n_embd": 24, "n_layer": 2, "n_head": 3,
        "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new"}


def gpt2_shapes(c):
    d = c["n_embd"]
    shapes = {"transformer.wte.weight": (c["vocab_size"], d), "transformer.wpe.weight": (c["n_positions"], d)}
    for l in range(c["n_layer"]):
        for name, shape in {"ln_1.weight": (d,), "ln_1.bias": (d,), "attn.c_attn.weight": (d, 3 * d),
                            "attn.c_attn.bias": (3 * d,), "attn.c_proj.weight": (d, d), "attn.c_proj.bias": (d,),
                            "ln_2.weight": (d,), "ln_2.bias": (d,), "mlp.c_fc.weight": (d, 4 * d),
                            "mlp.c_fc.bias": (4 * d,), "mlp.c_proj.weight": (4 * d, d), "mlp.c_proj.bias": (d,)}.items():
            shapes[f"transformer.h.{l}.{name}"] = shape
    shapes["transformer.ln_f.weight"] = shapes["transformer.ln_f.bias"] = (d,)
    return shapes


def gpt2(c, w, tokens):
    def at(name):
        return w["transformer." + name].astype(np.float64)

    def norm(name, x):
        x = x - x.mean(1, keepdims=True)
        x = x / np.sqrt((x * x).mean(1, keepdims=True) + c["layer_norm_epsilon"])
        return x * at(name + ".weight") + at(name + ".bias")

    def affine(name, x):
        return x @ at(name + ".weight") + at(name + ".bias")

    x = at("wte.weight")[tokens] + at("wpe.weight")[: len(tokens)]
    for l in range(c["n_layer"]):
        h = f"h.{l}."
        q, k, v = np.split(affine(h + "attn.c_attn", norm(h + "ln_1", x)), 3, axis=1)
        heads = [softmax_attention(*(np.split(m, c["n_head"], axis=1)[i] for m in (q, k, v))) for i in range(c["n_head"])]
        x = x + affine(h + "attn.c_proj", np.concatenate(heads, axis=1))
        u = affine(h + "mlp.c_fc", norm(h + "ln_2", x))
        u = 0.5 * u * (1 + np.tanh(math.sqrt(2 / math.pi) * (u + 0.044715 * u**3)))
        x = x + affine(h + "mlp.c_proj", u)
    return norm("ln_f", x) @ at("wte.weight").T


# ---- Llama (Touvron et al. 2023), and Qwen3's norms of queries and keys ----

LLAMA = {"model_type": "llama", "vocab_size": 61, "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
         "num_key_value_heads": 2, "intermediate_size": 40, "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
         "max_position_embeddings": 64, "hidden_act": "silu", "tie_word_embeddings": False}
QWEN3 = dict(LLAMA, model_type="qwen3", head_dim=8, num_key_value_heads=1, rope_theta=1e6, tie_word_embeddings=True)


def llama_shapes(c):
    d, f = c["hidden_size"], c["intermediate_size"]
    k = c.get("head_dim", d // c["num_attention_heads"])
    q, kv = k * c["num_attention_heads"], k * c["num_key_value_heads"]
    shapes = {"model.embed_tokens.weight": (c["vocab_size"], d)}
    for l in range(c["num_hidden_layers"]):
        for name, shape in {"input_layernorm": (d,), "self_attn.q_proj": (q, d), "self_attn.k_proj": (kv, d),
                            "self_attn.v_proj": (kv, d), "self_attn.o_proj": (d, q), "post_attention_layernorm": (d,),
                            "mlp.gate_proj": (f, d), "mlp.up_proj": (f, d), "mlp.down_proj": (d, f)}.items():
            shapes[f"model.layers.{l}.{name}.weight"] = shape
        if c["model_type"] == "qwen3":
            shapes[f"model.layers.{l}.self_attn.q_norm.weight"] = (k,)
            shapes[f"model.layers.{l}.self_attn.k_norm.weight"] = (k,)
    shapes["model.norm.weight"] = (d,)
    if not c["tie_word_embeddings"]:
        shapes["lm_head.weight"] = (c["vocab_size"], d)
    return shapes


def llama(c, w, tokens):
    def at(name):
        return w[name + ".weight"].astype(np.float64)

    def norm(name, x):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + c["rms_norm_eps"]) * at(name)

    def turn(x):
        half = x.shape[1] // 2
        angle = np.arange(len(x))[:, None] * c["rope_theta"] ** (-np.arange(half) / half)[None, :]
        a, b = x[:, :half], x[:, half:]
        return np.concatenate([a * np.cos(angle) - b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)], axis=1)

    x = at("model.embed_tokens")[tokens]
    for l in range(c["num_hidden_layers"]):
        name = f"model.layers.{l}."
        heads, groups = c["num_attention_heads"], c["num_key_value_heads"]
        y = norm(name + "input_layernorm", x)
        q = np.split(y @ at(name + "self_attn.q_proj").T, heads, axis=1)
        k = np.split(y @ at(name + "self_attn.k_proj").T, groups, axis=1)
        v = np.split(y @ at(name + "self_attn.v_proj").T, groups, axis=1)
        if c["model_type"] == "qwen3":
            q = [norm(name + "self_attn.q_norm", part) for part in q]
            k = [norm(name + "self_attn.k_norm", part) for part in k]
        out = [softmax_attention(turn(q[h]), turn(k[h * groups // heads]), v[h * groups // heads]) for h in range(heads)]
        x = x + np.concatenate(out, axis=1) @ at(name + "self_attn.o_proj").T
        y = norm(name + "post_attention_layernorm", x)
        gate = y @ at(name + "mlp.gate_proj").T
        x = x + (gate / (1 + np.exp(-gate)) * (y @ at(name + "mlp.up_proj").T)) @ at(name + "mlp.down_proj").T
    head = "model.embed_tokens" if c["tie_word_embeddings"] else "lm_head"
    return norm("model.norm", x) @ at(head).T


KINDS = {"gpt2": (GPT2, gpt2_shapes, gpt2), "llama": (LLAMA, llama_shapes, llama), "qwen3": (QWEN3, llama_shapes, llama)}


def int4(tensors, size=32):
    """Every matrix of a layer by integers of 4 bits, one scale for 32 inputs of an output: round to nearest."""
    result = {}
    for name, tensor in tensors.items():
        if tensor.ndim != 2 or not (".h." in name or ".layers." in name):
            result[name] = tensor
            continue
        rows = tensor.T if ".h." in name else tensor  # GPT-2 keeps [in x out]
        parts = [rows[:, at : at + size] for at in range(0, rows.shape[1], size)]
        made = []
        for part in parts:
            scale = (np.abs(part).max(1, keepdims=True) / np.float32(7)).astype(np.float32)
            made.append((np.rint(part.astype(np.float64) / scale) * scale.astype(np.float64)).astype(np.float32))
        rows = np.concatenate(made, axis=1)
        result[name] = rows.T if ".h." in name else rows
    return result


def make(folder):
    for seed, (kind, (config, shapes, forward)) in enumerate(KINDS.items()):
        place = os.path.join(folder, kind)
        os.makedirs(place, exist_ok=True)
        tensors = random_tensors(2025 + seed, shapes(config))
        save(os.path.join(place, "model.safetensors"), tensors)
        with open(os.path.join(place, "config.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)
        with open(os.path.join(place, "logits.json"), "w", encoding="utf-8") as file:
            json.dump({"tokens": TOKENS, "binary32": forward(config, tensors, TOKENS).tolist(),
                       "int4": forward(config, int4(tensors), TOKENS).tolist()}, file)


def check(folder, roundoff):
    worst = 0.0
    for kind in KINDS:
        place = os.path.join(folder, kind)
        with open(os.path.join(place, "logits.json"), encoding="utf-8") as file:
            wanted = json.load(file)
        true = np.array(wanted["binary32"])
        for policy in ("binary32", "int4", "e4m3", "mxfp4"):
            words = [roundoff, "forward", place + "/", ",".join(map(str, wanted["tokens"])), "--json", "--stats"]
            if policy != "binary32":
                words += ["--policy", os.path.join(os.path.dirname(os.path.abspath(__file__)), policy + ".toml")]
            answer = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
            got = np.array(answer["logits"])
            line = f"{kind} {policy}: {len(answer['sites'])} sites"
            if policy in wanted:  # NumPy's own forward pass under the same weights
                distance = float(np.abs(got - np.array(wanted[policy])).max())
                line += f", largest difference from NumPy {distance:.2g}"
                worst = max(worst, distance)
            print(line + f", rms difference from exact weights {np.sqrt(((got - true) ** 2).mean()):.2g}"
                  f" (rms logit {np.sqrt((true**2).mean()):.2g}), {(got.argmax(1) == true.argmax(1)).sum()} of {len(got)} choices kept")
    return 0 if worst < 1e-4 else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("roundoff", nargs="?")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    make(given.folder)
    sys.exit(check(given.folder, given.roundoff) if given.check else 0)


if __name__ == "__main__":
    main()
