#!/usr/bin/env python3
"""Random-weight checkpoints of real sizes, to measure memory and speed with. Python's own library alone.

    make.py gpt2 FOLDER                 # GPT-2 small: 124 M parameters, vocabulary 50 257, BF16
    make.py llama-1.1b FOLDER           # a Llama shape of 1.1 B parameters, BF16
    make.py gpt2 FOLDER --dtype F32     # the same numbers in 4 bytes
    make.py llama-1.1b FOLDER --shards 3

Weights are members of bfloat16 of either sign with magnitudes in [2^-9, 2^-5), uniform over codes; norm weights are 1
and biases 0. A tokens file of 128 tokens is written beside them.
"""
import argparse
import json
import os
import random
import struct

GPT2 = {"model_type": "gpt2", "vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_layer": 12, "n_head": 12,
        "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new"}
LLAMA = {"model_type": "llama", "vocab_size": 32000, "hidden_size": 2048, "num_hidden_layers": 22,
         "num_attention_heads": 32, "num_key_value_heads": 4, "intermediate_size": 5632, "rms_norm_eps": 1e-5,
         "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": False}


def gpt2_shapes(c):
    d, shapes = c["n_embd"], {}
    shapes["wte.weight"], shapes["wpe.weight"] = (c["vocab_size"], d), (c["n_positions"], d)
    for l in range(c["n_layer"]):
        for name, shape in {"ln_1.weight": (d,), "ln_1.bias": (d,), "attn.c_attn.weight": (d, 3 * d),
                            "attn.c_attn.bias": (3 * d,), "attn.c_proj.weight": (d, d), "attn.c_proj.bias": (d,),
                            "ln_2.weight": (d,), "ln_2.bias": (d,), "mlp.c_fc.weight": (d, 4 * d),
                            "mlp.c_fc.bias": (4 * d,), "mlp.c_proj.weight": (4 * d, d), "mlp.c_proj.bias": (d,)}.items():
            shapes[f"h.{l}.{name}"] = shape
    shapes["ln_f.weight"] = shapes["ln_f.bias"] = (d,)
    return shapes


def llama_shapes(c):
    d, f = c["hidden_size"], c["intermediate_size"]
    q, kv = d, d // c["num_attention_heads"] * c["num_key_value_heads"]
    shapes = {"model.embed_tokens.weight": (c["vocab_size"], d)}
    for l in range(c["num_hidden_layers"]):
        for name, shape in {"input_layernorm": (d,), "self_attn.q_proj": (q, d), "self_attn.k_proj": (kv, d),
                            "self_attn.v_proj": (kv, d), "self_attn.o_proj": (d, q), "post_attention_layernorm": (d,),
                            "mlp.gate_proj": (f, d), "mlp.up_proj": (f, d), "mlp.down_proj": (d, f)}.items():
            shapes[f"model.layers.{l}.{name}.weight"] = shape
    shapes["model.norm.weight"] = (d,)
    shapes["lm_head.weight"] = (c["vocab_size"], d)
    return shapes


KINDS = {"gpt2": (GPT2, gpt2_shapes), "llama-1.1b": (LLAMA, llama_shapes)}

# The upper byte of a bfloat16 of magnitude 2^-9 .. 2^-5, from any byte; the lower byte is free.
UPPER = bytes([0x3B, 0x3C, 0xBB, 0xBC][b % 4] for b in range(256))


def codes(draw, count):
    """`count` bfloat16 codes, little-endian."""
    raw = bytearray(draw.randbytes(2 * count))
    raw[1::2] = raw[1::2].translate(UPPER)
    return raw


def data(draw, name, shape, dtype):
    count = 1
    for size in shape:
        count *= size
    if len(shape) == 1:
        one = struct.pack("<f", 1.0 if name.endswith("weight") else 0.0)
        return (one[2:] if dtype == "BF16" else one) * count
    low = codes(draw, count)
    if dtype == "BF16":
        return low
    wide = bytearray(4 * count)
    wide[2::4], wide[3::4] = low[0::2], low[1::2]
    return wide


def write(path, shapes, draw, dtype):
    size = 2 if dtype == "BF16" else 4
    header, at = {}, 0
    for name, shape in shapes.items():
        count = size
        for side in shape:
            count *= side
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + count]}
        at += count
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in shapes.items():
            file.write(data(draw, name, shape, dtype))
    return at


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("folder")
    parser.add_argument("--dtype", choices=("BF16", "F32"), default="BF16")
    parser.add_argument("--shards", type=int, default=1)
    given = parser.parse_args()
    config, shapes_of = KINDS[given.kind]
    shapes, draw = list(shapes_of(config).items()), random.Random(2026)
    os.makedirs(given.folder, exist_ok=True)
    with open(os.path.join(given.folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file)
    written, where = 0, {}
    for i in range(given.shards):
        part = dict(shapes[i * len(shapes) // given.shards : (i + 1) * len(shapes) // given.shards])
        name = "model.safetensors" if given.shards == 1 else f"model-{i + 1:05}-of-{given.shards:05}.safetensors"
        written += write(os.path.join(given.folder, name), part, draw, given.dtype)
        where.update(dict.fromkeys(part, name))
    if given.shards > 1:
        with open(os.path.join(given.folder, "model.safetensors.index.json"), "w", encoding="utf-8") as file:
            json.dump({"metadata": {"total_size": written}, "weight_map": where}, file)
    tokens = [draw.randrange(config["vocab_size"]) for _ in range(128)]
    with open(os.path.join(given.folder, "text.tokens"), "w", encoding="utf-8") as file:
        file.write(",".join(map(str, tokens)) + "\n")
    size = 2 if given.dtype == "BF16" else 4
    print(f"{given.folder}: {written // size:,} parameters, {written / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
