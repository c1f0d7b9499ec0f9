"""Sweep files: what they may say, and how wrong ones are refused."""

from pathlib import Path

import pytest
import tomli

from workbench.errors import ConfigError, RequestError
from workbench.sweeps.catalogue import find_sweep, list_sweep_files
from workbench.sweeps.config import build_sweep, read_sweep, sweep_toml
from workbench.sweeps.folder import open_sweep, store
from workbench.sweeps.plan import plan, points

QUICK = 'preset = "quick/digits"\n'


def test_quoted_and_unquoted_keys_are_the_same() -> None:
    quoted = build_sweep(tomli.loads(QUICK + '[grid]\n"optimizer.lr" = [0.1]'))
    unquoted = build_sweep(tomli.loads(QUICK + "[grid]\noptimizer.lr = [0.1]"))
    assert quoted == unquoted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "preset: is missing"),
        (QUICK + "[gird]\n", "did you mean grid"),
        (QUICK + "jobs = 0", "jobs"),
        (QUICK + "[grid]\noptimizer.lr = []", "no values"),
        (QUICK + "[[variants]]\nset = {}", "variants[0].name"),
        (QUICK + '[[variants]]\nname = "a"\n[[variants]]\nname = "a"', "the same name"),
        (QUICK + '[table]\ncolumns = ["accuracy"]', "no column 'accuracy'"),
        (QUICK + '[table]\nmetric = "optimizer.lr"', "metric"),
        (QUICK + "[random]\npoints = 1\nkeys.optimizer.lr = {low = 2, high = 1}", "less than high"),
        (QUICK + "seeds = [0, 1]\n[search]\ntrials = 2\nkeys.optimizer.lr = [1]", "stands alone"),
    ],
)
def test_a_wrong_file_is_refused_by_its_key(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        build_sweep(tomli.loads(text), source="mine.toml")
    assert words in str(refused.value) and "mine.toml" in str(refused.value)


def test_a_wrong_key_of_a_run_is_refused_before_anything_is_trained() -> None:
    sweep = build_sweep(tomli.loads(QUICK + "[grid]\noptimizer.lrr = [0.1]"))
    with pytest.raises(ConfigError, match=r"optimizer\.lr"):
        plan(sweep, "x")


@pytest.mark.parametrize("info", list_sweep_files(), ids=lambda info: info.name)
def test_every_installed_sweep_is_right_down_to_each_run(info: object) -> None:
    path: Path = info.path  # type: ignore[attr-defined]
    sweep = read_sweep(path)
    runs = plan(sweep, path.stem)
    assert (
        len({run.id for run in runs})
        == len(runs)
        == len(list(points(sweep))) * max(1, len(sweep.seeds))
    )
    assert build_sweep(tomli.loads(sweep_toml(sweep))) == sweep
    assert sweep.title and sweep.description


def test_changes_reach_every_run(tmp_path: Path) -> None:
    name, sweep = find_sweep("lr-simplenn", tmp_path, {"train.epochs": 1})
    assert {run.config.train.epochs for run in plan(sweep, name)} == {1}


def test_an_unknown_sweep_gets_a_hint(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="did you mean lr-simplenn"):
        find_sweep("lr-simplen", tmp_path)
    with pytest.raises(RequestError, match="no sweep 'x' has begun"):
        find_sweep("x", tmp_path, begun=True)


def test_a_sweep_that_has_begun_is_found_as_it_was_started(tmp_path: Path) -> None:
    name, sweep = find_sweep("lr-simplenn", tmp_path, {"train.epochs": 1})
    store(open_sweep(name, tmp_path), sweep)
    for asked in (name, f"{name}.toml"):
        assert find_sweep(asked, tmp_path, begun=True) == (name, sweep)
    _, changed = find_sweep(name, tmp_path, {"train.epochs": 2}, begun=True)
    assert {run.config.train.epochs for run in plan(changed, name)} == {2}


def test_the_documented_example_is_right() -> None:
    page = Path(__file__).parents[2] / "docs" / "sweeps.md"
    example = page.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    runs = plan(build_sweep(tomli.loads(example)), "example")
    assert len(runs) == 50
    assert runs[0].variant.startswith("shallow, lr 0.001, weight decay ")
