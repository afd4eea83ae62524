"""``python -m roundoff`` is the command line."""
import sys

from . import _core

sys.exit(_core.program(sys.argv[1:]))
