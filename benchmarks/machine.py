"""Which machine and which versions: the words that stand over every table."""

import os
import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import qlearn

__all__ = ["described", "versions"]

PACKAGES = ("numpy", "scipy", "numba", "ducc0", "pyfftw", "qutip", "pytalises", "qmsolve", "numexpr",
            "torch", "torchsde", "jax", "diffrax")


def versions() -> dict[str, str]:
    """qlearn as imported, and installed packages with their versions; those that are missing are left out."""
    found = {"qlearn": qlearn.__version__}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def described() -> str:
    """Cores, processor, system, versions and date in two sentences; no names of hosts or people."""
    packages = ", ".join(f"{name} {number}" for name, number in versions().items())
    machine = "virtual machine" if _is_virtual() else "machine"
    return (f"{os.cpu_count()}-core {_processor()} {machine}, {platform.system()}, Python {platform.python_version()}; "
            f"{packages}. One thread; {date.today().isoformat()}.")


def _cpuinfo() -> str:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _processor() -> str:
    for line in _cpuinfo().splitlines():
        if line.startswith("model name"):
            words = line.partition(":")[2].replace("(R)", "").replace("(TM)", "").replace("CPU", "").replace("Processor", "")
            return " ".join(words.partition("@")[0].split())
    return platform.processor() or platform.machine()


def _is_virtual() -> bool:
    return " hypervisor " in _cpuinfo().replace("\n", " ")
