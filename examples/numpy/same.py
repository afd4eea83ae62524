#!/usr/bin/env python3
"""same.py SCRIPT FILE: does the script print the file, byte for byte?"""
import subprocess
import sys

printed = subprocess.run([sys.executable, sys.argv[1]], check=True, capture_output=True, text=True).stdout
with open(sys.argv[2], encoding="utf-8") as file:
    if file.read() != printed:
        sys.exit(f"{sys.argv[2]} is not what {sys.argv[1]} prints; run it again")
