"""Writers of safetensors and GGUF files, from the formats' own descriptions, for tests."""
import json
import os
import struct

import numpy as np


def bfloat16_bits(values):
    """Round to nearest, ties to even."""
    bits = np.ascontiguousarray(values, dtype="<f4").view("<u4").astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")


def bfloat16(values):
    """The numbers of bfloat16_bits, as float32."""
    return (bfloat16_bits(values).astype("<u4") << 16).view("<f4").reshape(np.shape(values))


DTYPES = {np.dtype("<f8"): "F64", np.dtype("<f4"): "F32", np.dtype("<f2"): "F16", np.dtype("<i8"): "I64",
          np.dtype("<i4"): "I32", np.dtype("u1"): "U8", np.dtype("?"): "BOOL"}


def rounded(values, kind):
    """What a tensor holds after it is written in `kind`, as float64."""
    values = np.asarray(values)
    if values.dtype.kind != "f":
        return values
    if kind == "bf16":
        return bfloat16(values.astype(np.float32)).astype(np.float64)
    return values.astype({"f32": "<f4", "f16": "<f2", "f64": "<f8"}[kind]).astype(np.float64)


def write_safetensors(path, tensors, kind):
    header, data = {}, b""
    for name, values in tensors.items():
        values = np.asarray(values)
        if values.dtype.kind != "f":
            raw, dtype = np.ascontiguousarray(values).tobytes(), DTYPES[values.dtype]
        elif kind == "bf16":
            raw, dtype = bfloat16_bits(values.astype(np.float32)).tobytes(), "BF16"
        else:
            typed = np.ascontiguousarray(values.astype({"f32": "<f4", "f16": "<f2", "f64": "<f8"}[kind]))
            raw, dtype = typed.tobytes(), DTYPES[typed.dtype]
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def write_checkpoint(folder, config, tensors, kind="f32", shards=1):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(config, file)
    if shards == 1:
        write_safetensors(os.path.join(folder, "model.safetensors"), tensors, kind)
        return
    names, where = list(tensors), {}
    for s in range(shards):
        file = f"model-{s + 1:05}-of-{shards:05}.safetensors"
        own = names[s::shards]
        write_safetensors(os.path.join(folder, file), {name: tensors[name] for name in own}, kind)
        where.update({name: file for name in own})
    with open(os.path.join(folder, "model.safetensors.index.json"), "w") as file:
        json.dump({"metadata": {}, "weight_map": where}, file)
