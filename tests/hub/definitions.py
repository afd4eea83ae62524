"""Architectures by their published definitions: shapes of their tensors, and a forward pass in float64 with NumPy.

Written from the papers and from the documentation and model code of Hugging Face's transformers (the names below are
those of its configurations and tensors), independently of how the simulator loads them.
"""
import math

import numpy as np


def gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def silu(x):
    return x / (1 + np.exp(-x))


ACT = {"gelu": gelu, "gelu_new": gelu_tanh, "gelu_pytorch_tanh": gelu_tanh, "silu": silu, "relu": lambda x: np.maximum(x, 0)}


def layer_norm(x, w, b, eps):
    x = x - x.mean(-1, keepdims=True)
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * w + b


def rms_norm(x, w, eps):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * w


def attend(q, k, v, scale, window=None, cap=None):
    """[heads, positions, d] each; key heads are repeated."""
    heads, n = q.shape[:2]
    k, v = (np.repeat(m, heads // m.shape[0], axis=0) for m in (k, v))
    s = q @ k.transpose(0, 2, 1) * scale
    if cap is not None:
        s = cap * np.tanh(s / cap)
    i, j = np.indices((n, n))
    s[:, (j > i) | ((i - j >= window) if window else False)] = -np.inf
    e = np.exp(s - s.max(-1, keepdims=True))
    out = e / e.sum(-1, keepdims=True) @ v
    return out.transpose(1, 0, 2).reshape(n, -1)


def split_heads(x, heads):
    return x.reshape(len(x), heads, -1).transpose(1, 0, 2)


# ---- rotary positions (modeling_rope_utils) ----


def rope_inverse(config, dim, theta, scaling, n):
    """Inverse frequencies and the factor of cos and sin."""
    exponents = np.arange(0, dim, 2) / dim
    inv = 1.0 / theta**exponents
    kind = (scaling or {}).get("rope_type", (scaling or {}).get("type", "default"))
    if kind == "default":
        return inv, 1.0
    factor = scaling["factor"]
    if kind == "linear":
        return inv / factor, 1.0
    if kind == "dynamic":
        most = config["max_position_embeddings"]
        length = max(n, most)
        base = theta * ((factor * length / most) - (factor - 1)) ** (dim / (dim - 2))
        return 1.0 / base**exponents, 1.0
    if kind == "llama3":
        low, high, old = scaling["low_freq_factor"], scaling["high_freq_factor"], scaling["original_max_position_embeddings"]
        out = []
        for f in inv:
            wave = 2 * math.pi / f
            if wave < old / high:
                out.append(f)
            elif wave > old / low:
                out.append(f / factor)
            else:
                smooth = (old / wave - low) / (high - low)
                out.append((1 - smooth) * f / factor + smooth * f)
        return np.array(out), 1.0
    assert kind == "yarn"
    old = scaling.get("original_max_position_embeddings") or config["max_position_embeddings"]

    def correction(rotations):
        return dim * math.log(old / (rotations * 2 * math.pi)) / (2 * math.log(theta))

    low = max(math.floor(correction(scaling.get("beta_fast") or 32)), 0)
    high = min(math.ceil(correction(scaling.get("beta_slow") or 1)), dim - 1)
    if low == high:
        high += 0.001
    ramp = np.clip((np.arange(dim // 2) - low) / (high - low), 0, 1)
    attention = scaling.get("attention_factor")
    if attention is None:
        attention = 0.1 * math.log(factor) + 1.0 if factor > 1 else 1.0
    return inv / factor * ramp + inv * (1 - ramp), attention


def rotate(x, inv, factor):
    """[heads, positions, d]; the first 2 * len(inv) entries are turned, halves against each other."""
    dim = 2 * len(inv)
    angles = np.arange(x.shape[1])[:, None] * inv[None, :]
    cos, sin = np.cos(angles) * factor, np.sin(angles) * factor
    a, b, rest = x[..., : dim // 2], x[..., dim // 2 : dim], x[..., dim:]
    return np.concatenate([a * cos - b * sin, b * cos + a * sin, rest], axis=-1)


# ---- GPT-2, GPT-Neo, GPT-NeoX ----


def gpt2_shapes(c):
    d, u = c["n_embd"], c.get("n_inner") or 4 * c["n_embd"]
    s = {"transformer.wte.weight": (c["vocab_size"], d), "transformer.wpe.weight": (c["n_positions"], d)}
    for l in range(c["n_layer"]):
        h = f"transformer.h.{l}."
        s.update({h + "ln_1.weight": (d,), h + "ln_1.bias": (d,), h + "attn.c_attn.weight": (d, 3 * d),
                  h + "attn.c_attn.bias": (3 * d,), h + "attn.c_proj.weight": (d, d), h + "attn.c_proj.bias": (d,),
                  h + "ln_2.weight": (d,), h + "ln_2.bias": (d,), h + "mlp.c_fc.weight": (d, u), h + "mlp.c_fc.bias": (u,),
                  h + "mlp.c_proj.weight": (u, d), h + "mlp.c_proj.bias": (d,)})
    s.update({"transformer.ln_f.weight": (d,), "transformer.ln_f.bias": (d,)})
    return s


def gpt2_buffers(c):
    n = c["n_positions"]
    made = {}
    for l in range(c["n_layer"]):
        made[f"transformer.h.{l}.attn.bias"] = np.tril(np.ones((1, 1, n, n), dtype=bool)).astype("u1")
        made[f"transformer.h.{l}.attn.masked_bias"] = np.float64(-1e4)
    return made


def gpt2(c, w, t):
    n, heads, eps = len(t), c["n_head"], c["layer_norm_epsilon"]
    act = ACT[c["activation_function"]]
    x = w["transformer.wte.weight"][t] + w["transformer.wpe.weight"][:n]
    for l in range(c["n_layer"]):
        h = f"transformer.h.{l}."
        ln = lambda name, x: layer_norm(x, w[h + name + ".weight"], w[h + name + ".bias"], eps)
        conv = lambda name, x: x @ w[h + name + ".weight"] + w[h + name + ".bias"]
        q, k, v = (split_heads(m, heads) for m in np.split(conv("attn.c_attn", ln("ln_1", x)), 3, axis=1))
        scale = 1 / math.sqrt(q.shape[2])
        if c.get("scale_attn_by_inverse_layer_idx"):
            scale /= l + 1
        x = x + conv("attn.c_proj", attend(q, k, v, scale))
        x = x + conv("mlp.c_proj", act(conv("mlp.c_fc", ln("ln_2", x))))
    x = layer_norm(x, w["transformer.ln_f.weight"], w["transformer.ln_f.bias"], eps)
    return x @ w["transformer.wte.weight"].T


def gpt_neo_shapes(c):
    d, u = c["hidden_size"], c.get("intermediate_size") or 4 * c["hidden_size"]
    s = {"transformer.wte.weight": (c["vocab_size"], d), "transformer.wpe.weight": (c["max_position_embeddings"], d)}
    for l in range(c["num_layers"]):
        h = f"transformer.h.{l}."
        a = h + "attn.attention."
        s.update({h + "ln_1.weight": (d,), h + "ln_1.bias": (d,), a + "k_proj.weight": (d, d), a + "v_proj.weight": (d, d),
                  a + "q_proj.weight": (d, d), a + "out_proj.weight": (d, d), a + "out_proj.bias": (d,),
                  h + "ln_2.weight": (d,), h + "ln_2.bias": (d,), h + "mlp.c_fc.weight": (u, d), h + "mlp.c_fc.bias": (u,),
                  h + "mlp.c_proj.weight": (d, u), h + "mlp.c_proj.bias": (d,)})
    s.update({"transformer.ln_f.weight": (d,), "transformer.ln_f.bias": (d,)})
    return s


def gpt_neo_buffers(c):
    n = c["max_position_embeddings"]
    made = {}
    for l in range(c["num_layers"]):
        made[f"transformer.h.{l}.attn.attention.bias"] = np.tril(np.ones((1, 1, n, n))).astype("u1")
        made[f"transformer.h.{l}.attn.attention.masked_bias"] = np.float64(-1e9)
    return made


def gpt_neo(c, w, t):
    n, heads, eps = len(t), c["num_heads"], c["layer_norm_epsilon"]
    kinds = [kind for kinds, times in c["attention_types"] for _ in range(times) for kind in kinds]
    x = w["transformer.wte.weight"][t] + w["transformer.wpe.weight"][:n]
    for l in range(c["num_layers"]):
        h = f"transformer.h.{l}."
        a = h + "attn.attention."
        y = layer_norm(x, w[h + "ln_1.weight"], w[h + "ln_1.bias"], eps)
        q, k, v = (split_heads(y @ w[a + f"{m}_proj.weight"].T, heads) for m in "qkv")
        y = attend(q, k, v, 1.0, c["window_size"] if kinds[l] == "local" else None)
        x = x + y @ w[a + "out_proj.weight"].T + w[a + "out_proj.bias"]
        y = layer_norm(x, w[h + "ln_2.weight"], w[h + "ln_2.bias"], eps)
        y = ACT[c["activation_function"]](y @ w[h + "mlp.c_fc.weight"].T + w[h + "mlp.c_fc.bias"])
        x = x + y @ w[h + "mlp.c_proj.weight"].T + w[h + "mlp.c_proj.bias"]
    x = layer_norm(x, w["transformer.ln_f.weight"], w["transformer.ln_f.bias"], eps)
    return x @ w["transformer.wte.weight"].T


def gpt_neox_shapes(c):
    d, u = c["hidden_size"], c["intermediate_size"]
    s = {"gpt_neox.embed_in.weight": (c["vocab_size"], d)}
    for l in range(c["num_hidden_layers"]):
        h = f"gpt_neox.layers.{l}."
        for norm in ("input_layernorm", "post_attention_layernorm"):
            s.update({h + norm + ".weight": (d,), h + norm + ".bias": (d,)})
        for name, o, i in (("attention.query_key_value", 3 * d, d), ("attention.dense", d, d), ("mlp.dense_h_to_4h", u, d),
                           ("mlp.dense_4h_to_h", d, u)):
            s.update({h + name + ".weight": (o, i), h + name + ".bias": (o,)})
    s.update({"gpt_neox.final_layer_norm.weight": (d,), "gpt_neox.final_layer_norm.bias": (d,),
              "embed_out.weight": (c["vocab_size"], d)})
    return s


def gpt_neox_buffers(c):
    n = c["max_position_embeddings"]
    dim = int(c["hidden_size"] // c["num_attention_heads"] * c["rotary_pct"])
    made = {}
    for l in range(c["num_hidden_layers"]):
        h = f"gpt_neox.layers.{l}.attention."
        made[h + "bias"] = np.tril(np.ones((1, 1, n, n))).astype("u1")
        made[h + "masked_bias"] = np.float64(-1e9)
        made[h + "rotary_emb.inv_freq"] = 1.0 / 10000 ** (np.arange(0, dim, 2) / dim)
    return made


def gpt_neox(c, w, t):
    heads, eps = c["num_attention_heads"], c["layer_norm_eps"]
    d_k = c["hidden_size"] // heads
    inv, factor = rope_inverse(c, int(d_k * c["rotary_pct"]), c.get("rotary_emb_base", 10000), c.get("rope_scaling"), len(t))
    x = w["gpt_neox.embed_in.weight"][t]
    for l in range(c["num_hidden_layers"]):
        h = f"gpt_neox.layers.{l}."
        ln = lambda name, x: layer_norm(x, w[h + name + ".weight"], w[h + name + ".bias"], eps)
        lin = lambda name, x: x @ w[h + name + ".weight"].T + w[h + name + ".bias"]
        qkv = lin("attention.query_key_value", ln("input_layernorm", x)).reshape(len(t), heads, 3 * d_k).transpose(1, 0, 2)
        q, k, v = (qkv[..., i * d_k : (i + 1) * d_k] for i in range(3))
        a = lin("attention.dense", attend(rotate(q, inv, factor), rotate(k, inv, factor), v, 1 / math.sqrt(d_k)))
        mlp = lambda x: lin("mlp.dense_4h_to_h", ACT[c["hidden_act"]](lin("mlp.dense_h_to_4h", x)))
        if c["use_parallel_residual"]:
            x = x + a + mlp(ln("post_attention_layernorm", x))
        else:
            x = x + a
            x = x + mlp(ln("post_attention_layernorm", x))
    x = layer_norm(x, w["gpt_neox.final_layer_norm.weight"], w["gpt_neox.final_layer_norm.bias"], eps)
    return x @ w["embed_out.weight"].T


# ---- Llama and what came of it ----


def head_dim(c):
    return c.get("head_dim") or c["hidden_size"] // c["num_attention_heads"]


def decoder_shapes(c):
    d, u, m = c["hidden_size"], c["intermediate_size"], c["model_type"]
    heads, groups, d_k = c["num_attention_heads"], c.get("num_key_value_heads", c["num_attention_heads"]), head_dim(c)
    s = {"model.embed_tokens.weight": (c["vocab_size"], d)}
    for l in range(c["num_hidden_layers"]):
        h = f"model.layers.{l}."
        norms = {"olmo2": ["post_attention_layernorm", "post_feedforward_layernorm"]}.get(
            m, ["input_layernorm", "post_attention_layernorm"])
        if m in ("gemma2", "gemma3_text"):
            norms = norms + ["pre_feedforward_layernorm", "post_feedforward_layernorm"]
        s.update({h + name + ".weight": (d,) for name in norms})
        if m == "phi3":
            s.update({h + "self_attn.qkv_proj.weight": ((heads + 2 * groups) * d_k, d), h + "mlp.gate_up_proj.weight": (2 * u, d)})
        else:
            s.update({h + "self_attn.q_proj.weight": (heads * d_k, d), h + "self_attn.k_proj.weight": (groups * d_k, d),
                      h + "self_attn.v_proj.weight": (groups * d_k, d), h + "mlp.gate_proj.weight": (u, d),
                      h + "mlp.up_proj.weight": (u, d)})
        if m == "qwen2" or c.get("attention_bias"):
            s.update({h + "self_attn.q_proj.bias": (heads * d_k,), h + "self_attn.k_proj.bias": (groups * d_k,),
                      h + "self_attn.v_proj.bias": (groups * d_k,)})
        if c.get("attention_bias"):
            s[h + "self_attn.o_proj.bias"] = (d,)
        s.update({h + "self_attn.o_proj.weight": (d, heads * d_k), h + "mlp.down_proj.weight": (d, u)})
        if m in ("qwen3", "gemma3_text"):
            s.update({h + "self_attn.q_norm.weight": (d_k,), h + "self_attn.k_norm.weight": (d_k,)})
        if m == "olmo2":
            s.update({h + "self_attn.q_norm.weight": (heads * d_k,), h + "self_attn.k_norm.weight": (groups * d_k,)})
    s["model.norm.weight"] = (d,)
    if not c.get("tie_word_embeddings", m.startswith("gemma") or m == "smollm3"):
        s["lm_head.weight"] = (c["vocab_size"], d)
    return s


def decoder_buffers(c):
    return {f"model.layers.{l}.self_attn.rotary_emb.inv_freq": 1.0 / 10000 ** (np.arange(0, head_dim(c), 2) / head_dim(c))
            for l in range(c["num_hidden_layers"])}


def layer_window(c, l):
    m = c["model_type"]
    window = c.get("sliding_window")
    if "layer_types" in c:
        return window if c["layer_types"][l] == "sliding_attention" else None
    if m in ("mistral", "phi3"):
        return window
    if m in ("qwen2", "qwen3"):
        return window if c.get("use_sliding_window") and l >= c["max_window_layers"] else None
    if m == "gemma2":
        return window if l % 2 == 0 else None
    if m == "gemma3_text":
        return window if (l + 1) % c["sliding_window_pattern"] != 0 else None
    return None


def layer_rope(c, l, dim, n):
    m = c["model_type"]
    if m == "smollm3" and not c["no_rope_layers"][l]:
        return None
    if m == "gemma3_text":
        if layer_window(c, l):
            return rope_inverse(c, dim, c["rope_local_base_freq"], None, n)
        return rope_inverse(c, dim, c["rope_theta"], c.get("rope_scaling"), n)
    parameters = c.get("rope_parameters")
    if parameters:
        return rope_inverse(c, dim, parameters["rope_theta"], parameters, n)
    return rope_inverse(c, dim, c["rope_theta"], c.get("rope_scaling"), n)


def decoder(c, w, t):
    m, n = c["model_type"], len(t)
    heads, groups, d_k = c["num_attention_heads"], c.get("num_key_value_heads", c["num_attention_heads"]), head_dim(c)
    gemma = m.startswith("gemma")
    eps = c["rms_norm_eps"]

    def norm(name, x):
        return rms_norm(x, w[name + ".weight"] + (1 if gemma else 0), eps)

    def lin(name, x):
        y = x @ w[name + ".weight"].T
        return y + w[name + ".bias"] if name + ".bias" in w else y

    act = ACT[c.get("hidden_activation") or c["hidden_act"]]
    if m == "gemma" and act is gelu:
        act = gelu_tanh
    scale = 1 / math.sqrt(c["query_pre_attn_scalar"] if m in ("gemma2", "gemma3_text") else d_k)
    x = w["model.embed_tokens.weight"][t]
    if gemma:
        x = x * math.sqrt(c["hidden_size"])
    for l in range(c["num_hidden_layers"]):
        h = f"model.layers.{l}."
        y = x if m == "olmo2" else norm(h + "input_layernorm", x)
        if m == "phi3":
            q, k, v = np.split(lin(h + "self_attn.qkv_proj", y), [heads * d_k, (heads + groups) * d_k], axis=1)
        else:
            q, k, v = (lin(h + f"self_attn.{p}_proj", y) for p in "qkv")
        if m == "olmo2":
            q, k = norm(h + "self_attn.q_norm", q), norm(h + "self_attn.k_norm", k)
        q, k, v = split_heads(q, heads), split_heads(k, groups), split_heads(v, groups)
        if m in ("qwen3", "gemma3_text"):
            q, k = norm(h + "self_attn.q_norm", q), norm(h + "self_attn.k_norm", k)
        rope = layer_rope(c, l, int(d_k * c.get("partial_rotary_factor", 1.0)), n)
        if rope:
            q, k = rotate(q, *rope), rotate(k, *rope)
        y = lin(h + "self_attn.o_proj", attend(q, k, v, scale, layer_window(c, l), c.get("attn_logit_softcapping")))
        if m in ("olmo2", "gemma2", "gemma3_text"):
            y = norm(h + "post_attention_layernorm", y)
        x = x + y
        y = x if m == "olmo2" else norm(h + ("pre_feedforward_layernorm" if m in ("gemma2", "gemma3_text") else
                                             "post_attention_layernorm"), x)
        if m == "phi3":
            gate, up = np.split(lin(h + "mlp.gate_up_proj", y), 2, axis=1)
        else:
            gate, up = lin(h + "mlp.gate_proj", y), lin(h + "mlp.up_proj", y)
        y = lin(h + "mlp.down_proj", act(gate) * up)
        if m in ("olmo2", "gemma2", "gemma3_text"):
            y = norm(h + "post_feedforward_layernorm", y)
        x = x + y
    logits = norm("model.norm", x) @ (w["lm_head.weight"] if "lm_head.weight" in w else w["model.embed_tokens.weight"]).T
    cap = c.get("final_logit_softcapping")
    return cap * np.tanh(logits / cap) if cap else logits


SHAPES = {"gpt2": gpt2_shapes, "gpt_neo": gpt_neo_shapes, "gpt_neox": gpt_neox_shapes}
BUFFERS = {"gpt2": gpt2_buffers, "gpt_neo": gpt_neo_buffers, "gpt_neox": gpt_neox_buffers}
FORWARD = {"gpt2": gpt2, "gpt_neo": gpt_neo, "gpt_neox": gpt_neox}


def shapes(c):
    return SHAPES.get(c["model_type"], decoder_shapes)(c)


def buffers(c):
    return BUFFERS.get(c["model_type"], decoder_buffers)(c)


def forward(c, w, tokens):
    return FORWARD.get(c["model_type"], decoder)(c, w, np.asarray(tokens))


def random_weights(c, seed):
    rng = np.random.Generator(np.random.PCG64(seed))
    made = {}
    for name, shape in shapes(c).items():
        gain = len(shape) == 1 and ("norm" in name or "ln_" in name) and name.endswith("weight")
        centre = 1.0 if gain and not c["model_type"].startswith("gemma") else 0.0
        spread = 0.2 if len(shape) == 1 else 1.2 / math.sqrt(shape[-1])
        made[name] = centre + spread * rng.standard_normal(shape)
    return made
