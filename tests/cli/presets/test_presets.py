"""``workbench presets``."""

from pathlib import Path

from tests.cli.conftest import Workbench
from workbench.config.presets import load_preset, save_preset


def test_json(workbench: Workbench) -> None:
    presets = {preset["name"]: preset for preset in workbench("presets", "--json").document}
    digits = presets["quick/digits"]
    assert digits["family"] == "quick"
    assert digits["task"] == "classification"
    assert digits["dataset"] == "digits"
    assert digits["title"]
    assert {"simplenn/simplenn-cifar10", "resnet/resnet-5m-cifar10"} <= presets.keys()


def test_the_embedded_one_is_first_and_a_saved_one_is_listed(
    workbench: Workbench, home: Path
) -> None:
    save_preset(load_preset("quick/digits", {"optimizer.lr": 0.5}), "mine/fast")
    names = [line.split()[0] for line in workbench("presets").out.splitlines()[1:]]
    assert names[0] == "quick/digits"
    assert "mine/fast" in names


def test_a_title_of_a_stranger_reaches_no_terminal(workbench: Workbench, home: Path) -> None:
    path = home / "presets" / "evil" / "title.toml"
    path.parent.mkdir(parents=True)
    path.write_text('[about]\ntitle = "\\u001b[2Jgone\\nnext"\n[model]\nkind = "resnet"\n')
    out = workbench("presets").out
    assert "gone" in out and "\x1b" not in out
    assert [line for line in out.splitlines() if "evil/title" in line and "next" in line]
