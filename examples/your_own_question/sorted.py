"""Answers sorted.toml: a word and = a line, 1 or 0 a line."""
import sys

for line in sys.stdin:
    print(int("ba" not in line))
