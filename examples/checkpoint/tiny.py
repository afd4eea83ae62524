#!/usr/bin/env python3
"""Writes the checkpoint in tiny/: GPT-2's architecture at its smallest, with weights from a fixed stream, so that the
README's commands have something to run on. Not trained. No package is needed."""
import json
import os
import struct

VOCABULARY, WIDTH, LAYERS, HEADS, POSITIONS, UNITS = 16, 8, 1, 2, 16, 16


def stream(state=1):
    """Numbers of 8 bits in [-1/2, 1/2): exact in every format of the examples."""
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield (state >> 56) / 256 - 0.5


def main():
    numbers = stream()

    def random(*shape):
        count = 1
        for size in shape:
            count *= size
        return shape, [next(numbers) for _ in range(count)]

    def same(value, size):
        return (size,), [value] * size

    tensors = {"wte.weight": random(VOCABULARY, WIDTH), "wpe.weight": random(POSITIONS, WIDTH)}
    for layer in range(LAYERS):
        at = f"h.{layer}."
        tensors |= {
            at + "ln_1.weight": same(1.0, WIDTH), at + "ln_1.bias": same(0.0, WIDTH),
            at + "attn.c_attn.weight": random(WIDTH, 3 * WIDTH), at + "attn.c_attn.bias": random(3 * WIDTH),
            at + "attn.c_proj.weight": random(WIDTH, WIDTH), at + "attn.c_proj.bias": random(WIDTH),
            at + "ln_2.weight": same(1.0, WIDTH), at + "ln_2.bias": same(0.0, WIDTH),
            at + "mlp.c_fc.weight": random(WIDTH, UNITS), at + "mlp.c_fc.bias": random(UNITS),
            at + "mlp.c_proj.weight": random(UNITS, WIDTH), at + "mlp.c_proj.bias": random(WIDTH),
        }
    tensors |= {"ln_f.weight": same(1.0, WIDTH), "ln_f.bias": same(0.0, WIDTH)}
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        raw = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tiny")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "model.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
    config = {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "vocab_size": VOCABULARY, "n_embd": WIDTH,
              "n_layer": LAYERS, "n_head": HEADS, "n_positions": POSITIONS, "n_inner": UNITS,
              "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5}
    with open(os.path.join(folder, "config.json"), "w") as file:
        file.write(json.dumps(config, indent=1) + "\n")


main()
