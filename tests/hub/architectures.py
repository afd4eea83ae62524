#!/usr/bin/env python3
"""Random checkpoints of every architecture, in f32, f16 and bf16, in one file and in shards, with the buffers that public
checkpoints carry and both spellings of rotary positions; their logits by `roundoff forward` in binary32 against a
float64 forward pass from the published definition.

    architectures.py ROUNDOFF [FOLDER]      # exit 1 where max |error| / max |logit| is above 1e-5
    architectures.py --make FOLDER          # writes the checkpoints alone
"""
import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("skipped: NumPy is not installed (Debian: python3-numpy)")
    sys.exit(77)

import containers
import definitions

TOKENS = [3, 17, 0, 42, 42, 5, 60, 11, 29, 8, 1, 33, 50, 2, 2, 19, 44, 7, 31, 23]
BOUND = 1e-5

DECODER = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
           "intermediate_size": 40, "vocab_size": 61, "max_position_embeddings": 32, "rms_norm_eps": 1e-5,
           "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": False}
CHATTER = {"architectures": ["X"], "bos_token_id": 1, "eos_token_id": [2, 3], "torch_dtype": "float32", "use_cache": True,
           "transformers_version": "4.51.0", "attention_dropout": 0.0, "initializer_range": 0.02, "pad_token_id": None,
           "temperature": 0.6, "top_p": 0.9, "do_sample": True, "cache_implementation": "hybrid"}


def like(model_type, **other):
    return {"model_type": model_type, **DECODER, **CHATTER, **other}


LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 16}
CONFIGS = {
    "gpt2": {"model_type": "gpt2", "vocab_size": 61, "n_positions": 32, "n_embd": 24, "n_layer": 2, "n_head": 3,
             "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new", **CHATTER},
    "gpt2_by_layer": {"model_type": "gpt2", "vocab_size": 61, "n_positions": 32, "n_embd": 24, "n_layer": 2, "n_head": 3,
                      "layer_norm_epsilon": 1e-5, "activation_function": "gelu", "scale_attn_by_inverse_layer_idx": True},
    "gpt_neo": {"model_type": "gpt_neo", "vocab_size": 61, "max_position_embeddings": 32, "hidden_size": 24, "num_layers": 4,
                "num_heads": 3, "intermediate_size": None, "window_size": 5, "attention_types": [[["global", "local"], 2]],
                "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new", **CHATTER},
    "gpt_neox": {"model_type": "gpt_neox", "vocab_size": 61, "max_position_embeddings": 32, "hidden_size": 48,
                 "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 80, "rotary_pct": 0.25,
                 "rotary_emb_base": 10000, "use_parallel_residual": True, "layer_norm_eps": 1e-5, "hidden_act": "gelu",
                 **CHATTER},
    "gpt_neox_sequential": {"model_type": "gpt_neox", "vocab_size": 61, "max_position_embeddings": 32, "hidden_size": 48,
                            "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 80, "rotary_pct": 0.5,
                            "rotary_emb_base": 500, "use_parallel_residual": False, "layer_norm_eps": 1e-5,
                            "hidden_act": "gelu"},
    "llama": like("llama"),
    "llama_bias": like("llama", attention_bias=True, num_key_value_heads=4),
    "llama_linear": like("llama", rope_scaling={"type": "linear", "factor": 2.5}),
    "llama_dynamic": like("llama", rope_scaling={"type": "dynamic", "factor": 3.0}, max_position_embeddings=8),
    "llama_llama3": like("llama", rope_theta=500000.0, rope_scaling=LLAMA3, tie_word_embeddings=True),
    "llama_yarn": like("llama", rope_scaling={"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16,
                                              "beta_fast": 2.0, "beta_slow": 0.5}),
    "llama_parameters": {k: v for k, v in like("llama", rope_parameters={**LLAMA3, "rope_theta": 5000.0}).items()
                         if k != "rope_theta"},
    "smollm": like("llama", tie_word_embeddings=True, num_key_value_heads=1, num_attention_heads=3,
                   is_llama_config=None, rope_interleaved=None),
    "mistral": like("mistral", sliding_window=6),
    "qwen2": like("qwen2", sliding_window=5, use_sliding_window=True, max_window_layers=1),
    "qwen2_plain": like("qwen2", sliding_window=4096, use_sliding_window=False, max_window_layers=21),
    "qwen3": like("qwen3", attention_bias=False, sliding_window=None, use_sliding_window=False, max_window_layers=2),
    "gemma": like("gemma", hidden_act="gelu", tie_word_embeddings=True, head_dim=10),
    "gemma2": like("gemma2", hidden_activation="gelu_pytorch_tanh", query_pre_attn_scalar=12, sliding_window=5,
                   attn_logit_softcapping=3.0, final_logit_softcapping=4.0, tie_word_embeddings=True),
    "gemma3_text": like("gemma3_text", hidden_activation="gelu_pytorch_tanh", query_pre_attn_scalar=16, sliding_window=4,
                        sliding_window_pattern=3, num_hidden_layers=3, rope_theta=1e6, rope_local_base_freq=10000.0,
                        rope_scaling={"rope_type": "linear", "factor": 8.0}, attn_logit_softcapping=None,
                        final_logit_softcapping=None, tie_word_embeddings=True),
    "phi3": like("phi3", sliding_window=7, partial_rotary_factor=0.5, rope_scaling=None, original_max_position_embeddings=32),
    "olmo2": like("olmo2"),
    "smollm3": like("smollm3", no_rope_layers=[1, 0], no_rope_layer_interval=2, use_sliding_window=False,
                    layer_types=["full_attention", "full_attention"]),
}


def make(folder):
    """Writes them all; yields name, path, config, the weights as written."""
    for number, (name, config) in enumerate(CONFIGS.items()):
        kind, shards = ("f32", "bf16", "f16")[number % 3], 1 + 2 * (number % 2)
        weights = definitions.random_weights(config, number)
        path = os.path.join(folder, name)
        containers.write_checkpoint(path, config, {**weights, **definitions.buffers(config)}, kind, shards)
        yield name, path, config, {k: containers.rounded(v, kind) for k, v in weights.items()}


def logits_of(roundoff, path, tokens):
    done = subprocess.run([roundoff, "forward", path, ",".join(map(str, tokens)), "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{path}: {done.stderr}")
    return np.array(json.loads(done.stdout)["logits"])


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--make":
        list(make(sys.argv[2]))
        return 0
    folder = sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp()
    listed = json.loads(subprocess.run([sys.argv[1], "architectures", "--json"], capture_output=True, text=True,
                                       check=True).stdout)["architectures"]
    missing = {one["name"] for one in listed} - {config["model_type"] for config in CONFIGS.values()}
    bad = [f"no checkpoint of {name}" for name in sorted(missing)]
    for name, path, config, weights in make(folder):
        want = definitions.forward(config, weights, TOKENS)
        got = logits_of(sys.argv[1], path, TOKENS)
        error = float(np.abs(got - want).max() / np.abs(want).max())
        print(f"{name}: {error:.2g}")
        if not error <= BOUND:
            bad.append(f"{name}: {error:.2g} is above {BOUND:g}")
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
