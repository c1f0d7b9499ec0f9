"""Importing a package that an export needs and that may not be installed."""

import importlib
from typing import Any

from workbench.errors import RequestError


def need(module: str, extra: str) -> Any:
    """The module, or :class:`RequestError` saying which extra brings it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise RequestError(
            f"needs the package {package}; install workbench with the extra {extra!r}"
        ) from None
