"""Imports optional packages."""

import importlib
from typing import Any

from workbench.errors import RequestError


def need(module: str, extra: str) -> Any:
    """Import a module; raises :class:`RequestError` that names the extra to install."""
    try:
        return importlib.import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise RequestError(
            f"needs the package {package}; install workbench with the extra {extra!r}"
        ) from None
