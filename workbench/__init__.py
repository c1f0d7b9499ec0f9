"""The workbench: training of vision networks, with presets, run records and a terminal app.

What stands in ``__all__`` is the interface for scripts and notebooks; each name
is imported when it is first used, so that ``import workbench`` costs nothing.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.analysis import summarize as summarize
    from workbench.api import resume as resume
    from workbench.api import train as train
    from workbench.config import RunConfig as RunConfig
    from workbench.config.presets import load_preset as load_preset
    from workbench.models import build_model as build_model

    __version__: str

__all__ = ["RunConfig", "__version__", "build_model", "load_preset", "resume", "summarize", "train"]

_HOMES = {
    "RunConfig": "workbench.config",
    "build_model": "workbench.models",
    "load_preset": "workbench.config.presets",
    "resume": "workbench.api",
    "summarize": "workbench.analysis",
    "train": "workbench.api",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("workbench")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
