#!/usr/bin/env python3
"""Variants of a GPT-2 checkpoint that compute the same function in exact numbers, and show what precision does to it.

    plant.py CHECKPOINT FOLDER KIND

KIND, and what is planted:
    massive     the residual stream is 4096 times as large (norms take it back): squares in norms overflow binary16
    key-bias    every key has 240 added to one of its numbers: softmax does not see it, a cache of 8 bits does
    outliers    one channel in front of every feed-forward unit is 256 times as large: blocks of integers lose the others
Python's own library alone. Source of the symptoms: Sun et al. 2024 (massive activations), Dettmers et al. 2022 (outlier
channels), Qwen's biases of keys.
"""
import json
import os
import struct
import sys


def load(folder):
    with open(os.path.join(folder, "model.safetensors"), "rb") as file:
        raw = file.read()
    (length,) = struct.unpack("<Q", raw[:8])
    data, tensors = raw[8 + length :], {}
    for name, entry in json.loads(raw[8 : 8 + length]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            tensors[name] = (entry["shape"], list(struct.unpack(f"<{(end - begin) // 4}f", data[begin:end])))
    return tensors


def save(folder, tensors):
    header, data = {}, b""
    for name, (shape, numbers) in tensors.items():
        raw = struct.pack(f"<{len(numbers)}f", *numbers)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(folder, "model.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def scale(tensors, name, factor, rows=None, columns=None):
    """Rows and columns of a matrix, or entries of a vector: numbers of either, or all."""
    shape, numbers = tensors[name]
    wide = shape[-1]
    for i in range(len(numbers)):
        if (columns is None or i % wide in columns) and (rows is None or i // wide in rows):
            numbers[i] *= factor


def massive(tensors, layers, _heads):
    factor = 4096.0
    for name in ["wte.weight", "wpe.weight"] + [f"h.{l}.{block}.c_proj.{part}" for l in range(layers)
                                                for block in ("attn", "mlp") for part in ("weight", "bias")]:
        scale(tensors, name, factor)
    for part in ("weight", "bias"):  # the embedding is the unembedding, too
        scale(tensors, f"ln_f.{part}", 1 / factor)


def key_bias(tensors, layers, heads):
    for l in range(layers):
        shape, bias = tensors[f"h.{l}.attn.c_attn.bias"]
        d = shape[0] // 3
        for head in range(heads):
            bias[d + head * (d // heads)] += 240.0


def outliers(tensors, layers, _heads):
    factor, channel = 256.0, [5]
    for l in range(layers):
        for part in ("weight", "bias"):
            scale(tensors, f"h.{l}.ln_2.{part}", factor, columns=channel)
        scale(tensors, f"h.{l}.mlp.c_fc.weight", 1 / factor, rows=channel)


KINDS = {"massive": massive, "key-bias": key_bias, "outliers": outliers}


def main():
    if len(sys.argv) != 4 or sys.argv[3] not in KINDS:
        sys.exit(__doc__)
    source, folder, kind = sys.argv[1:]
    with open(os.path.join(source, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    tensors = load(source)
    KINDS[kind](tensors, config["n_layer"], config["n_head"])
    os.makedirs(folder, exist_ok=True)
    save(folder, tensors)
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file)


if __name__ == "__main__":
    main()
