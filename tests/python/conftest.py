"""What tests share: the built binary beside the package, and a temporary folder of the run's own, which they, and the
processes that they start, are to leave empty (but for pytest's own folder in it)."""
import atexit
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

from roundoff import kept

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SCRATCH = tempfile.mkdtemp(prefix="roundoff-")
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)  # behind whatever cleans up in it
os.environ["TMPDIR"] = tempfile.tempdir = SCRATCH


def pytest_sessionfinish(session):
    ours = {os.path.basename(folder) for folder in kept._folders.values()}  # until this process ends
    left = sorted(name for name in os.listdir(SCRATCH) if not name.startswith("pytest-of-") and name not in ours)
    if left:
        print(f"\nleft behind: {', '.join(left)}", file=sys.stderr)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


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
