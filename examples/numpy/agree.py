#!/usr/bin/env python3
"""Exports every construction, and runs the files in roundoff (binary64) and in forward.py: the same tokens?

    agree.py ROUNDOFF FOLDER
"""
import json
import os
import subprocess
import sys

try:
    import numpy  # noqa: F401
except ImportError:
    print("skipped: NumPy is not installed (Debian: python3-numpy)")
    sys.exit(77)
import forward

SIZES = {  # options of `roundoff export`, and inputs: by construction where it has its own, else by task
    "add-hinge4": (["--p", "2", "--n", "4"], ["0000+0000=", "1111+0001=", "1010+0101=", "0110+1011="]),
    "add-slim2d": (["--p", "2", "--n", "4"], ["0000+0000=", "1111+0001=", "1010+0101=", "0110+1011="]),
    "add": (["--p", "10", "--n", "3"], ["000+000=", "999+001=", "123+456=", "999+999=", "505+494=", "089+911="]),
    "iteradd": (["--p", "2", "--n", "3", "--k", "3"], ["000+000+000=", "111+111+111=", "101+010+001=", "110+011+100="]),
    "mul": (["--p", "2", "--n", "3"], ["000*000=", "111*111=", "101*011=", "110*001="]),
    "cot-iteradd": (["--p", "2", "--n", "2", "--k", "3"], ["00+00+00=", "11+11+11=", "10+01+11="]),
    "cot-mul": (["--p", "2", "--n", "2"], ["00*00=", "11*11=", "10*11="]),
    "majority": (["--k", "5"], ["0+0+0+0+0=", "1+1+1+0+0=", "1+1+0+0+0=", "1+1+1+1+1="]),
    "parity": (["--k", "5"], ["0+0+0+0+0=", "1+1+1+0+0=", "1+1+0+0+0=", "1+1+1+1+1="]),
}


def ask(*words):
    answer = subprocess.run(words, capture_output=True, text=True, check=False)
    if answer.returncode not in (0, 1):
        return None, answer.stderr.strip()
    return json.loads(answer.stdout), ""


def main():
    roundoff, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    constructions, _ = ask(roundoff, "constructions", "--json")
    compared = different = 0
    for construction in constructions:
        size, inputs = SIZES.get(construction["name"]) or SIZES[construction["task"]]
        path = os.path.join(folder, construction["name"] + ".safetensors")
        _, error = ask(roundoff, "export", construction["name"], *size, "-o", path, "--json")
        if error:
            print(f"{construction['name']}: {error}")
            sys.exit(1)
        model, tokens, traps, wrong = forward.load(path), 0, 0, 0
        for text in inputs:
            ours, error = ask(roundoff, "run", path, "--format", "binary64", text, "--json")
            if error:
                print(f"{construction['name']} {text}: {error}")
                sys.exit(1)
            if "trap" in ours:
                traps += 1
                continue
            names = ours["tokens"]
            question = len(names) - len(names[names.index("=") + 1 :])
            numbers = [model["vocab"].index(name) for name in names]
            theirs = forward.decode(model, numbers[:question], len(numbers))
            tokens += len(numbers) - question
            if theirs != numbers:
                wrong += 1
                print(f"{construction['name']} {text}: roundoff {numbers[question:]}, NumPy {theirs[question:]}")
        compared, different = compared + tokens, different + wrong
        print(f"{construction['name']}: {len(inputs)} inputs, {tokens} tokens, {wrong} inputs differ, {traps} traps")
    print(f"{compared} tokens of {len(constructions)} constructions, {different} inputs differ")
    sys.exit(1 if different or compared == 0 else 0)


if __name__ == "__main__":
    main()
