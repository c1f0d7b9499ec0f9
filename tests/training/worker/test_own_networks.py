"""A network of the user's own, from `trust` to a replay: trained, killed, resumed, changed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import workbench
from workbench.cli.main import run as command
from workbench.config.presets import load_preset
from workbench.errors import ConfigError
from workbench.models.python import takes_targets
from workbench.runs.history.verify import changed_sources, verify
from workbench.runs.live.launch import start_worker
from workbench.runs.live.lineage import make_replay
from workbench.runs.store.events import read_events
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record

NET = """
from torch import nn
from helper import hidden

class Net(nn.Sequential):
    def __init__(self, classes, channels, size, width=8):
        super().__init__(nn.Flatten(), hidden(channels * size**2, width), nn.Linear(width, classes))
"""
HELPER = """
from torch import nn

def hidden(inputs, outputs):
    return nn.Sequential(nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(0.2))

def function(classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))

class Losses(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.net = function(classes)

    def forward(self, images, targets=None):
        logits = self.net(images)
        if targets is None:
            return logits
        loss = nn.functional.cross_entropy(logits, targets["label"])
        return {"class": loss, "small": 0.01 * logits.square().mean()}

class Wide(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = function(12)

    def forward(self, images):
        return self.net(images)

class Broken(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(5, 10)

    def forward(self, images):
        return self.linear(images.flatten(1))

def nothing():
    return 3
"""
SMALL = {
    "train.epochs": 2, "data.limit": 256, "train.batch_size": 50, "train.threads": 1,
    "train.device": "cpu", "model.kind": "python",
}  # fmt: skip


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "mynet.py").write_text(NET)
    (folder / "helper.py").write_text(HELPER)
    assert command(["trust", str(folder)]) == 0
    return folder


def train(tmp_path: Path, target: str, name: str, **changes: Any) -> dict[str, Any]:
    config = load_preset("quick/digits", {**SMALL, "model.target": target, **changes})
    return workbench.train(config, tmp_path / "runs", name=name)


def test_trained_recorded_and_replayed_until_the_code_changes(tmp_path: Path, code: Path) -> None:
    record = train(tmp_path, "mynet:Net", "one", **{"model.args.width": 12})

    source = record["source"]
    assert source["files"] == ["helper.py", "mynet.py"] and source["folder"] == str(code)
    one = RunFolder(tmp_path / "runs" / "one")
    assert (one.path / "source" / "mynet.py").read_text() == NET
    assert record["result"]["params"] == 64 * 12 + 12 + 12 * 10 + 10

    again = make_replay(one, tmp_path / "runs", name="again")
    start_worker(again)
    assert wait(again) == "finished" and verify(one, again).exact and verify(one, again).same

    (code / "helper.py").write_text(HELPER.replace("Dropout(0.2)", "Dropout(0.3)"))
    assert changed_sources(one) == "helper.py"
    third = make_replay(one, tmp_path / "runs", name="third")
    start_worker(third)
    assert wait(third) == "finished"
    verdict = verify(one, third)
    assert verdict.why_not_exact == ["your own code has changed (helper.py, mynet.py)"]


def test_killed_and_resumed_to_the_same_weights(tmp_path: Path, code: Path) -> None:
    changes = {"train.epochs": 6, "train.checkpoint_minutes": 0.0001}
    calm = train(tmp_path, "mynet:Net", "calm", **changes)
    config = load_preset("quick/digits", {**SMALL, "model.target": "mynet:Net", **changes})
    folder = workbench.api.start(config, tmp_path / "runs", name="killed")
    while not (folder.checkpoints / "last").exists():
        time.sleep(0.02)
    pid = read_record(folder.record)["run"]["pid"]
    os.kill(pid, signal.SIGKILL)
    while wait(folder) not in ("crashed", "finished"):
        time.sleep(0.02)
    if wait(folder) == "crashed":
        start_worker(folder)
    assert wait(folder) == "finished"
    found = read_record(folder.record)["result"]["weights_sha256"]
    assert found == calm["result"]["weights_sha256"]


def wait(folder: RunFolder) -> str:
    from workbench.runs.history.follow import follow

    return [update.status.name for update in follow(folder)][-1]


def test_a_network_with_losses_of_its_own(tmp_path: Path, code: Path) -> None:
    record = train(tmp_path, "helper:Losses", "own")

    events = list(read_events(RunFolder(tmp_path / "runs" / "own").metrics))
    step = next(event for event in events if event["event"] == "step")
    assert step["loss"] == pytest.approx(step["loss_class"] + step["loss_small"])
    assert 0 <= record["result"]["test_accuracy"] <= 1  # as the task evaluates it


@pytest.mark.parametrize(
    ("target", "changes", "words"),
    [
        ("helper:Wide", {}, "gives logits of 2×12; classification needs 2×10"),
        ("helper:Broken", {}, "helper.py, line 36: RuntimeError: mat1 and mat2 shapes"),
        ("helper:nothing", {}, "helper:nothing gives int, no torch.nn.Module"),
        ("mynet:Net", {"model.args.depth": 3}, "unexpected keyword argument 'depth'"),
        ("mynet:Other", {}, "has no 'Other'"),
        ("os:system", {"model.args.command": "true"}, "is no network class"),
        ("nowhere:Net", {}, "wants to import 'nowhere'"),
    ],
)
def test_what_is_wrong_is_said_before_a_run_exists(
    tmp_path: Path, code: Path, target: str, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=r"model\.target") as error:
        train(tmp_path, target, "wrong", **changes)
    assert words in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "runs" / "wrong").exists()


class Given(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.layers(images)
        return logits


def test_a_network_given_in_python_comes_back_trained(tmp_path: Path) -> None:
    config = load_preset("quick/digits", {k: v for k, v in SMALL.items() if "kind" not in k})
    networks = [Given(), Given()]
    networks[1].load_state_dict(networks[0].state_dict())
    before = networks[0].layers[1].weight.clone()
    records = [
        workbench.train(config, tmp_path / "runs", name=f"given{n}", model=network)
        for n, network in enumerate(networks)
    ]
    hashes = {record["result"]["weights_sha256"] for record in records}
    assert len(hashes) == 1 and not torch.equal(networks[0].layers[1].weight, before)
    assert torch.equal(networks[0].layers[1].weight, networks[1].layers[1].weight)
    folder = RunFolder(tmp_path / "runs" / "given0")
    assert folder.read_config().model.target == "given:Given"  # type: ignore[union-attr]
    replay = make_replay(folder, tmp_path / "runs", name="alone")
    start_worker(replay)
    assert wait(replay) == "failed"
    error = read_record(replay.record)["error"]["message"]
    assert "was given in Python" in error


def test_networks_that_take_targets_are_told_by_their_signature() -> None:
    assert not takes_targets(Given())


def test_new_model_writes_what_trains_and_passes(tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    assert command(["new", "model", "tiny_net", "-o", str(folder)]) == 0
    assert command(["new", "model", "tiny_net", "-o", str(folder)]) == 2
    assert command(["new", "model", "no-name", "-o", str(folder)]) == 2
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    assert subprocess.run(tests, cwd=folder, capture_output=True).returncode == 0
    assert command(["trust", str(folder)]) == 0
    config = load_preset(folder / "tiny_net.toml", {"train.epochs": 1, "train.device": "cpu"})
    assert workbench.train(config, tmp_path / "runs", name="new")["run"]["status"] == "finished"
