"""The pytest plugin: collects presets as tests, and rewrites golden files.

It is loaded into every pytest run where the workbench is installed, and so imports torch only when
a preset is tested.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the workbench."""
    group = parser.getgroup("workbench")
    group.addoption(
        "--workbench-presets",
        action="store_true",
        help="also test the network of every classification preset (choose among them with -k)",
    )
    group.addoption(
        "--workbench-golden",
        metavar="DIR",
        help="compare the presets' parameters and MACs with DIR/<family>/<preset>.json",
    )
    group.addoption(
        "--update-golden",
        action="store_true",
        help="write the golden files instead of comparing with them",
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """True under ``--update-golden``: for ``check_model(..., update_golden=update_golden)``."""
    return bool(request.config.getoption("--update-golden"))


@pytest.hookimpl(tryfirst=True)  # before -k and -m choose
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add an item for each preset."""
    if config.getoption("--workbench-presets"):
        items.extend(_preset_items(session))


def _preset_items(session: pytest.Session) -> Iterator[pytest.Item]:
    from workbench.config.presets import list_presets

    for preset in list_presets():
        if preset.task == "classification":
            yield PresetItem.from_parent(session, name=f"preset {preset.name}", preset=preset.name)


class PresetItem(pytest.Item):
    """The battery on one preset."""

    def __init__(self, *, preset: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.preset = preset

    def runtest(self) -> None:
        from workbench.testing import check_model

        folder = self.config.getoption("--workbench-golden")
        golden = Path(folder) / f"{self.preset}.json" if folder else None
        update = bool(self.config.getoption("--update-golden"))
        check_model(self.preset, golden=golden, update_golden=update)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any) -> str:
        if excinfo.errisinstance(AssertionError):
            return str(excinfo.value)
        return str(excinfo.getrepr(style="short"))

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.config.rootpath, None, self.name
