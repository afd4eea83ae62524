#!/usr/bin/env python3
"""Quantised weights against a second implementation, in NumPy, from the published layouts: GGUF's blocks as ggml's
documentation and reference dequantisers define them (in float32), GPTQ's and AWQ's packed integers as AutoGPTQ and AutoAWQ
write them; 10^5 random blocks each and blocks at the edge. And GGUF files, whole and split, written here by the
description of the format: their logits, and their weights, are those of the same checkpoint in safetensors.

    blocks.py ROUNDOFF FOLDER DUMP      # DUMP: the program of dump.cpp
"""
import json
import os
import struct
import subprocess
import sys

try:
    import numpy as np
except ImportError:
    print("skipped: NumPy is not installed (Debian: python3-numpy)")
    sys.exit(77)

import architectures
import containers
import definitions

COUNT = 100_000
f32 = np.float32


def halves(raw, at):
    return raw[:, at : at + 2].copy().view("<f2").astype(f32)  # [blocks, 1]


def low_high(q):
    """Bytes to the numbers of their lower halves, then those of their upper halves."""
    return np.concatenate([q & 15, q >> 4], axis=1)


def bits(raw):
    return np.unpackbits(raw, axis=1, bitorder="little")


def q4_0(raw):
    return (low_high(raw[:, 2:]).astype(np.int32) - 8).astype(f32) * halves(raw, 0)


def q4_1(raw):
    return low_high(raw[:, 4:]).astype(f32) * halves(raw, 0) + halves(raw, 2)


def q5_0(raw):
    q = low_high(raw[:, 6:]).astype(np.int32) | bits(raw[:, 2:6]).astype(np.int32) << 4
    return (q - 16).astype(f32) * halves(raw, 0)


def q5_1(raw):
    q = low_high(raw[:, 8:]).astype(np.int32) | bits(raw[:, 4:8]).astype(np.int32) << 4
    return q.astype(f32) * halves(raw, 0) + halves(raw, 2)


def q8_0(raw):
    return raw[:, 2:].view("i1").astype(f32) * halves(raw, 0)


def k_scales(packed):
    """get_scale_min_k4: eight scales and eight minima of six bits in twelve bytes."""
    s, m = np.zeros((len(packed), 8), np.int32), np.zeros((len(packed), 8), np.int32)
    p = packed.astype(np.int32)
    s[:, :4], m[:, :4] = p[:, :4] & 63, p[:, 4:8] & 63
    s[:, 4:] = (p[:, 8:12] & 15) | ((p[:, :4] >> 6) << 4)
    m[:, 4:] = (p[:, 8:12] >> 4) | ((p[:, 4:8] >> 6) << 4)
    return s, m


def k_values(raw, q):
    """q: [blocks, 8, 32]."""
    s, m = k_scales(raw[:, 4:16])
    d, low = halves(raw, 0) * s.astype(f32), halves(raw, 2) * m.astype(f32)
    return (d[:, :, None] * q.astype(f32) - low[:, :, None]).reshape(len(raw), 256)


def q4_k(raw):
    q = raw[:, 16:].reshape(-1, 4, 1, 32)
    return k_values(raw, np.concatenate([q & 15, q >> 4], axis=2).reshape(-1, 8, 32))


def q5_k(raw):
    q = raw[:, 48:].reshape(-1, 4, 1, 32)
    q = np.concatenate([q & 15, q >> 4], axis=2).reshape(-1, 8, 32).astype(np.int32)
    high = raw[:, 16:48].reshape(-1, 1, 32) >> np.arange(8, dtype=np.uint8).reshape(1, 8, 1) & 1
    return k_values(raw, q | high.astype(np.int32) << 4)


def q6_k(raw):
    out = np.zeros((len(raw), 256), f32)
    d, scales = halves(raw, 208), raw[:, 192:208].view("i1").astype(f32)
    for part in range(2):
        ql, qh = raw[:, part * 64 : part * 64 + 64].astype(np.int32), raw[:, 128 + part * 32 : 160 + part * 32].astype(np.int32)
        groups = [(ql[:, :32] & 15) | ((qh & 3) << 4), (ql[:, 32:] & 15) | ((qh >> 2 & 3) << 4),
                  (ql[:, :32] >> 4) | ((qh >> 4 & 3) << 4), (ql[:, 32:] >> 4) | ((qh >> 6 & 3) << 4)]
        for quarter, q in enumerate(groups):
            scale = np.repeat(scales[:, part * 8 + 2 * quarter : part * 8 + 2 * quarter + 2], 16, axis=1)
            out[:, part * 128 + quarter * 32 : part * 128 + quarter * 32 + 32] = d * scale * (q - 32).astype(f32)
    return out


# name: ggml type, numbers and bytes of a block, places of scales, numbers of a block
KINDS = {"q4_0": (2, 32, 18, [0], q4_0), "q4_1": (3, 32, 20, [0, 2], q4_1), "q5_0": (6, 32, 22, [0], q5_0),
         "q5_1": (7, 32, 24, [0, 2], q5_1), "q8_0": (8, 32, 34, [0], q8_0), "q4_K": (12, 256, 144, [0, 2], q4_k),
         "q5_K": (13, 256, 176, [0, 2], q5_k), "q6_K": (14, 256, 210, [208], q6_k)}

EDGES = np.array([0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x0400, 0x3C00, 0x7BFF, 0xFBFF], "<u2")  # 0, subnormal, 1, largest


def random_blocks(kind, count, seed, tame=False):
    _, _, size, scales, _ = KINDS[kind]
    rng = np.random.Generator(np.random.PCG64(seed))
    raw = rng.integers(0, 256, (count, size), dtype=np.uint8)
    for at in scales:
        wild = rng.integers(0, 1 << 16, count).astype("<u2")
        wild[(wild & 0x7C00) == 0x7C00] ^= 0x4000  # neither infinite nor NaN
        picked = (rng.standard_normal(count) * 0.02).astype("<f2").view("<u2") if tame else wild
        if not tame:
            picked[: 9 * len(EDGES)] = np.repeat(EDGES, 9) if at == scales[0] else np.tile(EDGES, 9)
        raw[:, at : at + 2] = picked.view("u1").reshape(-1, 2)
    if not tame:
        body = [i for i in range(size) if not any(at <= i < at + 2 for at in scales)]
        raw[100, body], raw[101, body] = 0, 255
        raw[102, body] = 0
        raw[102, body[-1]] = 0xF0  # one outlier
    return raw


def dumped(dump, *words):
    done = subprocess.run([dump, *words], capture_output=True)
    if done.returncode != 0:
        raise SystemExit(f"{words}: {done.stderr.decode()}")
    return done.stdout


def check_blocks(dump, folder, bad):
    for number, (kind, (_, _, _, _, read)) in enumerate(KINDS.items()):
        raw = random_blocks(kind, COUNT, number)
        path = os.path.join(folder, kind)
        raw.tofile(path)
        got = np.frombuffer(dumped(dump, "blocks", kind, path), "<f4")
        want = read(raw).reshape(-1)
        if len(got) != len(want) or not np.array_equal(got, want):
            bad.append(f"{kind}: {int((got[: len(want)] != want[: len(got)]).sum())} numbers differ")
        print(f"{kind}: {len(raw)} blocks")


# ---- GPTQ and AWQ ----


def pack_rows(q):
    """[in, out] integers of 4 bits: word (i / 8, o) has input i at bits 4 (i mod 8)."""
    words = np.zeros((q.shape[0] // 8, q.shape[1]), np.uint32)
    for i in range(8):
        words |= q[i::8].astype(np.uint32) << np.uint32(4 * i)
    return words.view(np.int32)


def pack_columns(q, order):
    words = np.zeros((q.shape[0], q.shape[1] // 8), np.uint32)
    for place, column in enumerate(order):
        words |= q[:, column::8].astype(np.uint32) << np.uint32(4 * place)
    return words.view(np.int32)


def packed_map(rng, method, n_in, n_out, group, act_order):
    groups = n_in // group
    q = rng.integers(0, 16, (n_in, n_out))
    zeros = rng.integers(0, 16, (groups, n_out))
    scales = (rng.standard_normal((groups, n_out)) * 0.02).astype(np.float16)
    scales[0, :4] = [0, 6e-8, -0.0, 65504]  # zero, the smallest subnormal, the largest
    q[:group, 5], zeros[0, 5] = 0, 0
    q[:group, 6] = 8
    q[0, 6] = 15  # one outlier
    index = np.arange(n_in) // group
    if act_order:
        index = rng.permutation(index)
    weights = (scales[index].astype(np.float64) * (q - zeros[index])).T  # [out, in]
    if method == "awq":
        order = [0, 2, 4, 6, 1, 3, 5, 7]
        return {"qweight": pack_columns(q, order), "qzeros": pack_columns(zeros, order), "scales": scales}, weights
    # AutoGPTQ's first layout keeps zero - 1.
    stored = zeros if method == "gptq_v2" else (zeros - 1) % 16
    return {"qweight": pack_rows(q), "qzeros": pack_columns(stored, range(8)), "scales": scales,
            "g_idx": index.astype(np.int32)}, weights


def check_packed(dump, folder, bad):
    for number, method in enumerate(("gptq", "gptq_v2", "awq")):
        rng = np.random.Generator(np.random.PCG64(number))
        d, u, group = 512, 2048, 32
        config = {"model_type": "llama", "hidden_size": d, "num_hidden_layers": 1, "num_attention_heads": 8,
                  "intermediate_size": u, "vocab_size": 8, "max_position_embeddings": 8, "tie_word_embeddings": True,
                  "quantization_config": {"quant_method": method[:4] if method != "awq" else "awq", "bits": 4,
                                          "group_size": group, "desc_act": True, "sym": False, "zero_point": True,
                                          "version": "gemm"}}
        if method == "gptq_v2":
            config["quantization_config"]["checkpoint_format"] = "gptq_v2"
        tensors, want, blocks = {"model.embed_tokens.weight": np.ones((8, d), np.float16)}, [np.ones((8, d))], 0
        for name, o, i in (("self_attn.q_proj", d, d), ("self_attn.k_proj", d, d), ("self_attn.v_proj", d, d),
                           ("self_attn.o_proj", d, d), ("mlp.up_proj", u, d), ("mlp.gate_proj", u, d), ("mlp.down_proj", d, u)):
            parts, weights = packed_map(rng, method, i, o, group, method != "awq" and name != "mlp.up_proj")
            tensors.update({f"model.layers.0.{name}.{part}": values for part, values in parts.items()})
            want.append(weights)
            blocks += weights.size // group
        for norm in ("layers.0.input_layernorm", "layers.0.post_attention_layernorm", "norm"):
            tensors[f"model.{norm}.weight"] = np.ones(d, np.float16)
        path = os.path.join(folder, method)
        containers.write_checkpoint(path, config, tensors, "f16")
        got = np.frombuffer(dumped(dump, "model", path), "<f8")
        flat = np.concatenate([m.reshape(-1) for m in want] + [np.ones(8 * d)])
        if len(got) != len(flat) or not np.array_equal(got, flat):
            bad.append(f"{method}: {int((got[: len(flat)] != flat[: len(got)]).sum())} of {len(flat)} weights differ")
        print(f"{method}: {blocks} blocks")


# ---- GGUF files ----


def gguf_text(text):
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def gguf_value(value):
    if isinstance(value, bool):
        return struct.pack("<IB", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value, str):
        return struct.pack("<I", 8) + gguf_text(value)
    return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(gguf_text(one) for one in value)


def write_gguf(path, metadata, tensors):
    """tensors: name to (ggml type, shape with the contiguous dimension last, bytes)."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    for key, value in metadata.items():
        head += gguf_text(key) + gguf_value(value)
    data = b""
    for name, (kind, shape, raw) in tensors.items():
        data += b"\0" * (-len(data) % 32)
        head += gguf_text(name) + struct.pack("<I", len(shape))
        head += b"".join(struct.pack("<Q", size) for size in reversed(shape)) + struct.pack("<IQ", kind, len(data))
        data += raw
    with open(path, "wb") as file:
        file.write(head + b"\0" * (-len(head) % 32) + data)


GGUF_NAMES = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
              "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
              "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
              "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm"}


def gguf_name(name):
    stem, ending = name.rsplit(".", 1)
    outside = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    if stem in outside:
        return f"{outside[stem]}.{ending}"
    _, _, layer, part = stem.split(".", 3)
    return f"blk.{layer}.{GGUF_NAMES[part]}.{ending}"


def to_llama_rows(w, heads):
    """convert_hf_to_gguf's permutation of queries and keys."""
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def check_gguf(roundoff, folder, bad):
    kinds = ["q4_0", "q8_0", "q4_K", "q6_K", "q5_K", "q4_1", "q5_0", "q5_1"]
    for arch, shards in (("llama", 1), ("qwen3", 3), ("gemma", 1)):
        config = architectures.like(arch, hidden_size=256, intermediate_size=512, num_attention_heads=4, num_key_value_heads=2,
                                    head_dim=64, hidden_act="silu" if arch != "gemma" else "gelu", tie_word_embeddings=arch == "gemma")
        weights, tensors = definitions.random_weights(config, len(arch)), {}
        for number, (name, values) in enumerate(list(weights.items())):
            if values.ndim == 2 and "embed" not in name:
                kind = kinds[number % len(kinds)]
                ggml, per, size, _, read = KINDS[kind]
                raw = random_blocks(kind, values.size // per, number, tame=True)
                weights[name] = read(raw).reshape(values.shape).astype(np.float64)
                if kind in ("q4_K", "q5_K", "q6_K"):
                    raw = random_blocks(kind, values.size // per, number, tame=True)
                    for at in KINDS[kind][3]:  # scales of scales are smaller
                        raw[:, at : at + 2] = (raw[:, at : at + 2].copy().view("<f2") / 64).astype("<f2").view("u1").reshape(-1, 2)
                    weights[name] = read(raw).reshape(values.shape).astype(np.float64)
                blocks = raw.reshape(values.shape[0], -1)
                if arch == "llama" and ("q_proj" in name or "k_proj" in name):  # rows keep their blocks
                    heads = config["num_attention_heads" if "q_proj" in name else "num_key_value_heads"]
                    blocks = to_llama_rows(blocks, heads)
                tensors[gguf_name(name)] = (ggml, values.shape, blocks.tobytes())
            elif values.ndim == 2:
                weights[name] = containers.bfloat16(values).astype(np.float64)
                tensors[gguf_name(name)] = (30, values.shape, containers.bfloat16_bits(values).tobytes())
            else:
                weights[name] = values.astype(f32).astype(np.float64)
                stored = weights[name] + 1 if arch == "gemma" else weights[name]  # the converter adds it
                tensors[gguf_name(name)] = (0, values.shape, stored.astype("<f4").tobytes())
                if arch == "gemma":
                    weights[name] = stored.astype(f32).astype(np.float64) - 1
        meta = {"general.architecture": arch, "general.name": "random", f"{arch}.block_count": config["num_hidden_layers"],
                f"{arch}.context_length": 32, f"{arch}.embedding_length": 256, f"{arch}.feed_forward_length": 512,
                f"{arch}.attention.head_count": 4, f"{arch}.attention.head_count_kv": 2, f"{arch}.attention.key_length": 64,
                f"{arch}.attention.value_length": 64, f"{arch}.rope.freq_base": 10000.0, f"{arch}.rope.dimension_count": 64,
                f"{arch}.attention.layer_norm_rms_epsilon": 1e-5, "general.file_type": 2, "general.quantization_version": 2,
                "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": [f"t{i}" for i in range(61)]}
        stem = os.path.join(folder, arch)
        paths = [f"{stem}-{i + 1:05}-of-{shards:05}.gguf" for i in range(shards)] if shards > 1 else [stem + ".gguf"]
        names = list(tensors)
        for i, path in enumerate(paths):
            own = {**(meta if i == 0 else {}), **({"split.no": i, "split.count": shards} if shards > 1 else {})}
            write_gguf(path, own, {name: tensors[name] for name in names[i::shards]})
        want = definitions.forward(config, weights, architectures.TOKENS)
        got = architectures.logits_of(roundoff, paths[0], architectures.TOKENS)
        error = float(np.abs(got - want).max() / np.abs(want).max())
        print(f"{arch} in GGUF: {error:.2g}")
        if not error <= architectures.BOUND:
            bad.append(f"{arch} in GGUF: {error:.2g} is above {architectures.BOUND:g}")


def main():
    roundoff, folder, dump = sys.argv[1:4]
    os.makedirs(folder, exist_ok=True)
    bad = []
    np.seterr(over="ignore")
    check_blocks(dump, folder, bad)
    check_packed(dump, folder, bad)
    check_gguf(roundoff, folder, bad)
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
