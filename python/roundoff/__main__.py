"""``python -m roundoff`` is the command line, and so is the script ``roundoff`` of an installed package."""
import sys

from . import _core


def main() -> int:
    """Runs the command line of this process and returns its exit code."""
    return _core.program(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
