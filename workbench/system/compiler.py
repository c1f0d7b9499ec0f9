"""Finds the C++ compiler that ``torch.compile`` needs, without torch."""

import os
import shutil
import sys


def cxx_compiler() -> str:
    """Path of the C++ compiler that ``torch.compile`` uses on a CPU; "" if there is none."""
    usual = "clang++" if sys.platform == "darwin" else "g++"
    return shutil.which(os.environ.get("CXX") or usual) or ""
