"""What travels in the wheel, and that the commands people copy are the ones that are run."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INSTALL = "python3 -m venv .venv && .venv/bin/pip install "


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("workbench-*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_the_program_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    for folder, inside in (("workbench", "workbench"), ("presets", "workbench/_presets")):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".toml", ".tcss"):
                assert f"{inside}/{path.relative_to(ROOT / folder).as_posix()}" in names
    roots = {name.partition("/")[0] for name in names}
    assert {re.sub(r"-.*", "", root) for root in roots} == {"workbench"}


def test_from_the_wheel_in_another_folder_the_presets_are_there(
    wheel: zipfile.ZipFile, tmp_path: Path
) -> None:
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    wheel.extractall(site)
    elsewhere.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "presets", "--json"],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    presets = json.loads(done.stdout)
    assert {preset["name"] for preset in presets} >= {"quick/digits", "resnet/resnet18-cifar10"}
    assert all(Path(preset["path"]).is_relative_to(site) for preset in presets)


def commands(text: str) -> list[str]:
    """The lines of a text that make an environment and install into it."""
    return [line.strip() for line in text.splitlines() if line.strip().startswith(INSTALL)]


def test_one_command_opens_it_and_one_passes_the_tests() -> None:
    install, test = commands((ROOT / "README.md").read_text(encoding="utf-8"))
    assert install.endswith("&& .venv/bin/workbench")
    assert test.endswith("&& .venv/bin/pytest -n 2")


def test_the_check_of_every_push_runs_the_very_test_command() -> None:
    _, test = commands((ROOT / "README.md").read_text(encoding="utf-8"))
    assert commands((ROOT / ".ci" / "run").read_text(encoding="utf-8")) == [test]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_what_readme_names_is_there() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", readme)
    assert "docs/architecture.md" in links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_command_of_readme_exists_and_the_changelog_knows_all() -> None:
    from workbench.cli.main import COMMANDS

    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`{name}`" not in changelog] == []
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"^workbench (\w+)", readme, re.M)
    assert len(named) >= 5 and set(named) <= set(COMMANDS)
