#!/usr/bin/env python3
"""The stack hf-bf16 against PyTorch: a Llama of two layers in bfloat16 on the CPU, spelled with PyTorch's operations as
transformers' modeling_llama.py (eager attention) spells it. How many logits are equal on bits, step by step: formats by
role alone, then each place where a number is cast; and what is left, explained: PyTorch 1.13 rounds SiLU to bfloat16 after
each of its four operations (since 2.0 it computes it in binary32 and casts once, which is what the stack says), and its
matrix products sum in an order of their own. With these two replaced nearly all logits are equal; the rest are exp and
rsqrt of PyTorch's vectors, and angles in binary32, which are not correctly rounded.

    torch_bf16.py ROUNDOFF FOLDER
"""
import json
import os
import subprocess
import sys

try:
    import numpy as np
    import torch
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-torch, python3-numpy)")
    sys.exit(77)

import architectures
import containers
import definitions

CONFIG = architectures.like("llama", hidden_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                            head_dim=16, intermediate_size=176, vocab_size=256, max_position_embeddings=64)
TOKENS = [int(i) for i in np.random.Generator(np.random.PCG64(5)).integers(0, 256, 40)]
BF16 = torch.bfloat16


def in_order(a, b):
    """[..., n, k] @ [..., k, m], sums in index order in binary32, rounded once to bfloat16."""
    a, b = a.float(), b.float()
    total = a[..., :, 0:1] * b[..., 0:1, :]
    for k in range(1, a.shape[-1]):
        total = total + a[..., :, k : k + 1] * b[..., k : k + 1, :]
    return total.to(BF16)


def silu_once(x):
    return torch.nn.functional.silu(x.float()).to(BF16)


def forward(w, tokens, matmul, silu=torch.nn.functional.silu):
    c = CONFIG
    heads, groups, d_k = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]

    def norm(name, x):
        y = x.to(torch.float32)
        y = y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + c["rms_norm_eps"])
        return w[name + ".weight"] * y.to(BF16)

    def linear(name, x):
        return matmul(x, w[name + ".weight"].t())

    inverse = 1.0 / (c["rope_theta"] ** (torch.arange(0, d_k, 2, dtype=torch.int64).float() / d_k))
    angles = torch.outer(torch.arange(len(tokens)).float(), inverse)
    angles = torch.cat((angles, angles), dim=-1)
    cos, sin = angles.cos().to(BF16), angles.sin().to(BF16)

    def rotate(x):
        half = torch.cat((-x[..., d_k // 2 :], x[..., : d_k // 2]), dim=-1)
        return x * cos + half * sin

    n = len(tokens)
    mask = torch.full((n, n), torch.finfo(BF16).min, dtype=BF16).triu(1)
    x = w["model.embed_tokens.weight"][torch.tensor(tokens)]
    for l in range(c["num_hidden_layers"]):
        h = f"model.layers.{l}."
        y = norm(h + "input_layernorm", x)
        q = linear(h + "self_attn.q_proj", y).view(n, heads, d_k).transpose(0, 1)
        k = linear(h + "self_attn.k_proj", y).view(n, groups, d_k).transpose(0, 1)
        v = linear(h + "self_attn.v_proj", y).view(n, groups, d_k).transpose(0, 1)
        q, k = rotate(q), rotate(k)
        k, v = k.repeat_interleave(heads // groups, 0), v.repeat_interleave(heads // groups, 0)
        scores = matmul(q, k.transpose(1, 2)) * d_k**-0.5 + mask
        weights = torch.softmax(scores, dim=-1, dtype=torch.float32).to(BF16)
        y = matmul(weights, v).transpose(0, 1).reshape(n, heads * d_k)
        x = x + linear(h + "self_attn.o_proj", y)
        y = norm(h + "post_attention_layernorm", x)
        y = silu(linear(h + "mlp.gate_proj", y)) * linear(h + "mlp.up_proj", y)
        x = x + linear(h + "mlp.down_proj", y)
    return linear("lm_head", norm("model.norm", x)).float().numpy()


WIDE = ["--format", "bfloat16", "--role", "accumulators=binary32", "--role", "softmax=binary32", "--role", "norms=binary32"]
STEPS = [("every operation in bfloat16", ["--format", "bfloat16"]),
         ("sums in binary32", ["--format", "bfloat16", "--role", "accumulators=binary32"]),
         ("and norms, softmax and rotary tables", WIDE + ["--role", "rotary=binary32"]),
         ("rotary tables cast to bfloat16", WIDE),
         ("attention's weights cast", WIDE + ["--attention-cast", "activations"]),
         ("norms cast before the weight: hf-bf16", ["--stack", "hf-bf16"])]


def main():
    roundoff, folder = sys.argv[1:3]
    torch.set_num_threads(1)
    weights = definitions.random_weights(CONFIG, 11)
    path = os.path.join(folder, "llama")
    containers.write_checkpoint(path, CONFIG, weights, "bf16")
    w = {name: torch.tensor(containers.rounded(values, "bf16")).to(BF16) for name, values in weights.items()}
    with torch.no_grad():
        spellings = [forward(w, TOKENS, torch.matmul), forward(w, TOKENS, torch.matmul, silu_once),
                     forward(w, TOKENS, in_order, silu_once)]
    print(f"{'equal to':40} PyTorch   with SiLU cast once   and sums in order")
    shares = []
    for name, options in STEPS:
        done = subprocess.run([roundoff, "forward", path, ",".join(map(str, TOKENS)), "--json", *options], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        got = np.array(json.loads(done.stdout)["logits"], dtype=np.float64)
        shares.append([(got == logits).mean() for logits in spellings])
        print(f"{name:40} {shares[-1][0]:7.1%} {shares[-1][1]:21.1%} {shares[-1][2]:19.1%}")
    if shares[-1][0] <= max(share[0] for share in shares[:3]) or shares[-1][2] < 0.9:
        print("the stack is no nearer to PyTorch than formats by role, or sums in order do not explain the rest")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
