"""Roundoff: transformers bit for bit in any number format.

Arrays are rounded with the bits of the definition; the commands of ``roundoff`` are functions, whose answers are
mappings with names; ``python -m roundoff`` is the command line.

>>> import roundoff as ro
>>> ro.quantize([0.1, 0.2], "e4m3")
array([0.1015625, 0.203125 ])
>>> ro.verify("add-hinge", p=10, n=2)
<Verdict holds: add-hinge in fixed(6,0), width 12>
"""
from __future__ import annotations

try:
    import numpy as _numpy  # noqa: F401
except ImportError as _error:
    import sys as _sys

    raise ImportError(
        f"roundoff needs NumPy, and {_sys.executable} has none; on Debian make the environment with "
        "/usr/bin/python3 -m venv --system-site-packages"
    ) from _error

from . import arrays, asked, building, commands, models
from ._core import FileError, Format, Trap, UsageError
from .answers import Analysis, Answer, Counterexample, Run, Table, Verdict
from .arrays import *  # noqa: F401,F403
from .asked import *  # noqa: F401,F403
from .building import *  # noqa: F401,F403
from .commands import *  # noqa: F401,F403
from .faces import registry
from .models import *  # noqa: F401,F403

__all__ = ["Analysis", "Answer", "Counterexample", "FileError", "Format", "Run", "Table", "Trap", "UsageError", "Verdict",
           "registry"]
__all__ += arrays.__all__
__all__ += commands.__all__
__all__ += models.__all__ + asked.__all__ + building.__all__
