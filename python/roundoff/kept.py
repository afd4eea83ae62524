"""Files behind what is made in memory: commands read models and tasks by their paths."""
from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
import threading
from typing import Dict

_folders: Dict[int, str] = {}  # by process: a child that was forked has a folder of its own


def _leave(process: int) -> None:
    if process == os.getpid():
        shutil.rmtree(_folders[process], ignore_errors=True)


def _folder() -> str:
    process = os.getpid()
    if process not in _folders:
        _folders[process] = tempfile.mkdtemp(prefix="roundoff-")
        atexit.register(_leave, process)
    return _folders[process]


def kept(name: str, ending: str, content: bytes) -> str:
    """A file that commands can read, named after what is in it; gone when the process ends."""
    stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in name) or "made"
    path = os.path.join(_folder(), f"{stem}-{hashlib.sha256(content).hexdigest()[:16]}{ending}")
    if not os.path.exists(path):
        new = f"{path}.{threading.get_ident()}"
        with open(new, "wb") as file:
            file.write(content)
        os.replace(new, path)
    return path
