"""The build backend that pip calls (PEP 517): CMake builds the module for this very interpreter, and a wheel is a zip file.

It needs no package. The work is kept in build/wheel-..., so that a second build is short.
"""
import base64
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile

SOURCE = pathlib.Path(__file__).resolve().parents[1]
NAME = "roundoff"


def version():
    return re.search(r"project\(roundoff VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text()).group(1)


def tag():
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    return f"{python}-{python}-{re.sub('[-.]', '_', sysconfig.get_platform())}"


def metadata():
    lines = ["Metadata-Version: 2.1", f"Name: {NAME}", f"Version: {version()}",
             "Summary: Transformers bit for bit in any number format: how many bits, and how wide, a computation needs",
             "License: Apache-2.0", "Requires-Python: >=3.9", "Requires-Dist: numpy", "Description-Content-Type: text/markdown"]
    return "\n".join(lines) + "\n\n" + (SOURCE / "README.md").read_text()


def wheel_facts():
    return f"Wheel-Version: 1.0\nGenerator: roundoff\nRoot-Is-Purelib: false\nTag: {tag()}\n"


def environment():
    """As outside of pip, which hides the packages of this interpreter from what it calls."""
    kept = dict(os.environ)
    for name in ("PYTHONPATH", "PYTHONNOUSERSITE", "PYTHONHOME"):
        kept.pop(name, None)
    return kept


def refuse(what):
    sys.exit(f"roundoff: {what}")


def check():
    if shutil.which("cmake") is None:
        refuse("cmake is missing; scripts/install-packages --python installs what the build needs")
    header = pathlib.Path(sysconfig.get_paths()["include"]) / "Python.h"
    if not header.exists():
        refuse(f"{sys.executable} has no headers ({header}); on Debian make the environment with "
               "/usr/bin/python3 -m venv --system-site-packages, after scripts/install-packages --python")
    if subprocess.run([sys.executable, "-c", "import numpy"], env=environment(), capture_output=True).returncode != 0:
        refuse(f"{sys.executable} has no NumPy; on Debian make the environment with "
               "/usr/bin/python3 -m venv --system-site-packages, after scripts/install-packages --python")


def build_package():
    """The folder of the built package."""
    check()
    folder = SOURCE / "build" / f"wheel-{tag()}"
    configure = ["cmake", "-S", str(SOURCE), "-B", str(folder), "-DCMAKE_BUILD_TYPE=Release", "-DROUNDOFF_UNITY=ON",
                 "-DROUNDOFF_PYTHON_MODULE=ON", f"-DPython3_EXECUTABLE={sys.executable}"]
    if shutil.which("ninja") and not (folder / "CMakeCache.txt").exists():
        configure += ["-G", "Ninja"]
    subprocess.run(configure, check=True, env=environment(), stdout=sys.stderr)
    jobs = str(len(os.sched_getaffinity(0)))
    subprocess.run(["cmake", "--build", str(folder), "--target", "roundoff_package", "--parallel", jobs], check=True,
                   env=environment(), stdout=sys.stderr)
    return folder / "python" / NAME


def write_wheel(package, wheel_directory):
    """A wheel of a built package; returns its name."""
    info = f"{NAME}-{version()}.dist-info"
    files = {f"{NAME}/{path.name}": path.read_bytes() for path in sorted(package.iterdir())
             if path.suffix in (".py", ".pyi", ".so", ".typed") or path.name == "py.typed"}
    files[f"{info}/METADATA"] = metadata().encode()
    files[f"{info}/WHEEL"] = wheel_facts().encode()
    files[f"{info}/entry_points.txt"] = b"[console_scripts]\nroundoff = roundoff.__main__:main\n"
    files[f"{info}/LICENSE"] = (SOURCE / "LICENSE").read_bytes()
    record = ""
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(content)}\n"
    files[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    wheel = f"{NAME}-{version()}-{tag()}.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))  # the same bytes whenever it is built
            entry.external_attr = (0o755 if name.endswith(".so") else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return wheel


# ---- what pip calls ----

def get_requires_for_build_wheel(config_settings=None):
    return []


def get_requires_for_build_sdist(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    check()
    info = pathlib.Path(metadata_directory) / f"{NAME}-{version()}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(metadata())
    (info / "WHEEL").write_text(wheel_facts())
    return info.name


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return write_wheel(build_package(), wheel_directory)


def build_sdist(sdist_directory, config_settings=None):
    listed = subprocess.run(["git", "-C", str(SOURCE), "ls-files", "-z"], check=True, capture_output=True).stdout
    stem = f"{NAME}-{version()}"
    with tarfile.open(pathlib.Path(sdist_directory) / f"{stem}.tar.gz", "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(filter(None, listed.decode().split("\0"))):
            archive.add(SOURCE / name, f"{stem}/{name}", recursive=False)
        facts = pathlib.Path(sdist_directory) / "PKG-INFO"
        facts.write_text(metadata())
        archive.add(facts, f"{stem}/PKG-INFO")
        facts.unlink()
    return f"{stem}.tar.gz"
