#!/usr/bin/env python3
"""What each of the usual formats costs a model on text, a line each.

    costs.py MODEL TEXT

Against binary32: bfloat16 and binary16 throughout; weights, activations and cache in 8-bit floats with all else in
binary32; weights alone in blocks of small integers or floats with a scale. `roundoff` is looked for on the PATH; Python's
own library alone.
"""
import json
import subprocess
import sys

FP8 = ("--format", "binary32", "--role", "weights={0}", "--role", "activations={0}", "--role", "cache={0}")
WEIGHTS = ("--format", "binary32", "--quantise", "weights={0}")
ROWS = [(("--format", "{0}"), ("binary32", "bfloat16", "binary16")), (FP8, ("e4m3", "e5m2")),
        (WEIGHTS, ("int8/32", "int4/32", "int3/32", "mxfp4:floor", "mxfp4:ceil", "mxfp4:rceil", "mxfp4:even", "nvfp4"))]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    model, text = sys.argv[1:]
    print(f"{'format':<12}{'perplexity':>11}{'loss more':>22}{'KL':>24}{'flips':>7}")
    for options, names in ROWS:
        for name in names:
            line = ["roundoff", "diff", model, "--text", text, "--json", "--quiet"] + [o.format(name) for o in options]
            found = json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
            loss, kl = found["loss"]["difference"], found["kl"]
            print(f"{name:<12}{found['perplexity']['policy']:>11.4f}"
                  f"{loss['mean']:>12.5f} +- {loss['error']:<6.1g}{kl['mean']:>12.3g} +- {kl['error']:<8.1g}"
                  f"{found['flips']['count']:>7}")


if __name__ == "__main__":
    main()
