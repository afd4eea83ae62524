"""What tests share: the built binary beside the package, and files that are left nowhere."""
import os
import pathlib
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def binary():
    """Runs the command line: words in, (exit code, output, errors) out."""
    path = os.environ.get("ROUNDOFF_BINARY")
    if not path:
        pytest.skip("ROUNDOFF_BINARY names no binary")

    def run(*words, **options):
        done = subprocess.run([path, *map(str, words)], capture_output=True, text=True, timeout=300, **options)
        return done.returncode, done.stdout, done.stderr

    return run
