"""How long it would take, by what was run before; what the top line says; curves in a line."""

from pathlib import Path

from workbench.config import RunConfig, change_config
from workbench.config.presets import load_preset
from workbench.runs.live.launch import prepare
from workbench.runs.live.process import own_identity
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import write_record
from workbench.runs.store.roots import add_root
from workbench.ui.machine import count_live, describe_machine
from workbench.ui.presets.dataset_info import dataset_info, schedule_curve
from workbench.ui.presets.throughput import estimate, past_runs


def run_of(config: RunConfig, root: Path, **run: object) -> RunFolder:
    folder = prepare(config, root)
    identity = own_identity()
    table = {
        "id": folder.id, "preset": config.about.preset, "status": "finished",
        "pid": identity.pid, "pid_started": identity.started,
        "boot": identity.boot, "host": identity.host, **run,
    }  # fmt: skip
    write_record(folder.record, {"run": table})
    return folder


def test_the_estimate_follows_the_epochs_of_the_same_network(tmp_path: Path) -> None:
    config = load_preset("quick/digits", {"train.epochs": 20})
    run_of(config, tmp_path, seconds=40.0)
    past = past_runs(tmp_path, "quick/digits")
    assert estimate(past, change_config(config, {"train.epochs": 100})) == "≈ 3m 20s at last speed"
    assert estimate(past, change_config(config, {"model.width": 64})) == ""
    assert estimate(past, change_config(config, {"train.batch_size": 32})) == ""


def test_only_finished_runs_of_the_preset_count(tmp_path: Path) -> None:
    config = load_preset("quick/digits")
    run_of(config, tmp_path, seconds=40.0, status="stopped")
    run_of(config, tmp_path, status="finished")
    run_of(load_preset("simplenn/simplenn-cifar10"), tmp_path, seconds=40.0)
    assert past_runs(tmp_path, "quick/digits") == []
    assert past_runs(tmp_path / "nowhere", "quick/digits") == []


def test_live_runs_are_those_with_a_fresh_heartbeat_and_a_living_worker(tmp_path: Path) -> None:
    config = load_preset("quick/digits")
    assert count_live(tmp_path / "nowhere") == 0
    run_of(config, tmp_path, status="running")  # no heartbeat yet
    run_of(config, tmp_path, status="running").heartbeat.touch()
    run_of(config, tmp_path, status="finished").heartbeat.touch()
    assert count_live(tmp_path) == 1


def test_the_machine_is_told_with_its_load_only_while_a_run_is_live() -> None:
    assert "%" not in describe_machine(busy=False)
    assert describe_machine(busy=False)


def test_the_schedule_is_drawn_from_zero_to_its_greatest() -> None:
    constant = load_preset("simplenn/simplenn-cifar10", {"schedule.kind": "constant"})
    assert set(schedule_curve(constant)) == {"█"}
    cosine = load_preset("resnet/resnet-5m-cifar10", {"schedule.kind": "cosine"})
    curve = schedule_curve(cosine, width=10)
    assert len(curve) == 10 and curve[0] == "█" and curve[-1] == "▁"
    assert len(schedule_curve(change_config(cosine, {"train.steps": 3}), width=10)) == 3


def test_the_data_set_in_a_line() -> None:
    line = dataset_info(load_preset("resnet/resnet-5m-cifar10"))
    assert line == "CIFAR-10 · 32×32 RGB · 10 classes · 50,000 + 10,000"


def test_live_runs_of_an_added_root_count_too(tmp_path: Path) -> None:
    run_of(load_preset("quick/digits"), tmp_path / "disk", status="running").heartbeat.touch()
    assert count_live(tmp_path / "runs") == 0
    add_root(tmp_path / "runs", tmp_path / "disk")
    assert count_live(tmp_path / "runs") == 1
