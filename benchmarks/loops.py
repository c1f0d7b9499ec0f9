"""The training loops that ``benchmarks/training.py`` compares; each runs in a process of its own.

    python benchmarks/loops.py LOOP REQUEST    (started by training.py)

A loop makes itself ready, writes ``ready`` and then trains one epoch for each line that it
reads, answering with a line of JSON: the seconds of the epoch's steps, their number, its
images, the seconds of the epoch with all that follows its last step, and the process's peak
memory. All loops train the same network on the same
images with the same batch, optimiser and augmentation (pad, random crop, flip).
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from benchmarks.soundness import require_finite
from workbench.config import RunConfig
from workbench.config.fitting import resolve
from workbench.config.presets import load_preset
from workbench.data import load_data
from workbench.models import build_model

CHANGES = {"augment.pad": 4, "augment.crop": 32, "augment.hflip": 0.5, "augment.vflip": 0.0}


def configuration(request: dict[str, Any]) -> RunConfig:
    """The configuration that a request names, the same for every loop."""
    limit = round(request["steps"] * request["batch"] / 0.9) + 1
    changes = CHANGES | {
        "data.name": "imagefolder",
        "data.limit": limit,
        "data.validation": 0.1,
        "train.batch_size": request["batch"],
        "train.epochs": 10_000,
        "train.threads": request["threads"],
        "optimizer.kind": "sgd",
        "optimizer.lr": 0.01,
        "optimizer.momentum": 0.9,
        "schedule.kind": "constant",
        **request.get("changes", {}),
    }
    return resolve(load_preset(request["preset"], changes), Path(request["data"]))


_went = 0.0  # when this loop was told to go


def answer(seconds: float, steps: int, images: int, loss: Tensor | float) -> None:
    """Tell the conductor, and wait until it is this loop's turn again; ``loss`` must be finite."""
    require_finite(loss, sys.argv[1])
    said = {
        "seconds": seconds,
        "steps": steps,
        "pictures": images,
        "whole": time.perf_counter() - _went,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(said), flush=True)
    wait()


def wait() -> None:
    """Until the conductor says go; it ends a loop by closing the pipe."""
    global _went
    if not sys.stdin.readline():
        sys.exit(0)
    _went = time.perf_counter()


class Images(Dataset[tuple[Tensor, int]]):
    """As torchvision's CIFAR10: bytes in memory, a PIL image made and changed at each access."""

    def __init__(self, images: Tensor, labels: Tensor, mean: list[float], std: list[float]):
        from torchvision import transforms

        self.images: np.ndarray = images.permute(0, 2, 3, 1).contiguous().numpy()
        self.labels: list[int] = labels.tolist()
        self.transform = transforms.Compose(
            [
                transforms.RandomCrop(32, padding=4),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(mean, std),
            ]
        )

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.images[index])), self.labels[index]


def image_loader(config: RunConfig) -> "DataLoader[tuple[Tensor, int]]":
    """The training images as people load them; loader workers gain nothing on two cores."""
    data = load_data(config)
    train = data.train
    images, targets = train.batch(torch.arange(len(train)))
    dataset = Images(images, targets["label"], data.mean, data.std)
    return DataLoader(dataset, config.train.batch_size, shuffle=True, drop_last=True)


def textbook(config: RunConfig) -> None:
    """What the tutorials write: PIL images, float32, the loss read at every step."""
    loader, model = image_loader(config), build_model(config)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    model.train()
    print("ready", flush=True)
    wait()
    while True:
        start, steps, running, correct = time.perf_counter(), 0, 0.0, 0
        for images, labels in loader:
            optimizer.zero_grad()
            outputs = model(images)
            loss = F.cross_entropy(outputs, labels)
            loss.backward()
            optimizer.step()
            running += loss.item()
            correct += (outputs.argmax(dim=1) == labels).sum().item()
            steps += 1
        answer(time.perf_counter() - start, steps, steps * config.train.batch_size, running)


def lightning(config: RunConfig) -> None:
    """The same through PyTorch Lightning, logging the loss at every step."""
    import lightning as pl

    loader, net = image_loader(config), build_model(config)

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = net
            self.began, self.steps = 0.0, 0
            self.loss = torch.tensor(0.0)

        def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
            images, labels = batch
            loss = F.cross_entropy(self.net(images), labels)
            self.log("loss", loss)
            self.steps += 1
            self.loss = loss.detach()
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.01, momentum=0.9)

        def on_train_epoch_start(self) -> None:
            self.began, self.steps = time.perf_counter(), 0

        def on_train_epoch_end(self) -> None:
            seconds = time.perf_counter() - self.began
            answer(seconds, self.steps, self.steps * config.train.batch_size, self.loss)

    trainer = pl.Trainer(
        max_epochs=-1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    print("ready", flush=True)
    wait()
    trainer.fit(Module(), loader)


def bare(config: RunConfig) -> None:
    """The workbench's own pieces in the shortest loop that trains, and nothing around it."""
    from workbench.data.augmentation.transforms import TestTransform, TrainAugment
    from workbench.training.loop import devices
    from workbench.training.loop.assembly import fresh_model
    from workbench.training.loop.batches import Batches
    from workbench.training.optimizers.build import build_optimizer

    compute = devices.choose(config.train)
    data, model = load_data(config), fresh_model(config, compute)
    last = compute.channels_last
    augment = TrainAugment(config, data.mean, data.std, channels_last=last)
    transform = TestTransform(config, data.mean, data.std, channels_last=last)
    batches = Batches(data.train, augment, config.train.batch_size, 0, compute.device)
    optimizer = build_optimizer(config.optimizer, model)
    model.train()
    print("ready", flush=True)
    wait()
    step = 0
    while True:
        start = time.perf_counter()
        for _ in range(batches.steps_per_epoch):
            images, targets = batches.batch(step)
            optimizer.zero_grad()
            with compute.autocast():
                loss = F.cross_entropy(model(images).float(), targets["label"])
            loss.backward()
            optimizer.step()
            step += 1
        seconds, taken = time.perf_counter() - start, batches.steps_per_epoch
        model.eval()
        right = 0
        with torch.inference_mode(), compute.autocast():
            for rows in torch.arange(len(data.validation)).split(config.train.eval_batch_size):
                images, targets = data.validation.batch(rows)
                right += int((model(transform(images)).argmax(1) == targets["label"]).sum())
        model.train()
        answer(seconds, taken, taken * batches.batch_size, loss.detach())


def workbench(config: RunConfig, runs: Path) -> None:
    """The worker itself on a new run's folder, held between its epochs."""
    from workbench.runs.live.launch import prepare
    from workbench.training.loop.trainer import Trainer
    from workbench.training.worker import callbacks as callbacks
    from workbench.training.worker import main as worker

    class Held(callbacks.Callbacks):
        """Answers after every epoch and its checkpoint; the next begins when it is told to."""

        def event(self, kind: str, **values: Any) -> None:
            super().event(kind, **values)
            if kind == "start":
                print("ready", flush=True)
                wait()

        def epoch_done(self, trainer: Trainer, row: dict[str, Any], best: bool) -> None:
            super().epoch_done(trainer, row, best)
            steps = trainer.steps_per_epoch
            answer(row["seconds"], steps, steps * trainer.batches.batch_size, row["train_loss"])
            trainer.epoch_began = trainer.clock.seconds  # what waited is not training

    callbacks.Callbacks = Held  # type: ignore[misc]
    worker.work(prepare(config, runs, "watched"))


LOOPS: dict[str, Callable[[RunConfig], None]] = {
    "textbook": textbook,
    "lightning": lightning,
    "bare": bare,
}


def main() -> None:
    """Be the loop that is asked for until the conductor has had enough."""
    name, request = sys.argv[1], json.loads(sys.argv[2])
    config = configuration(request)
    if request["threads"]:
        torch.set_num_threads(request["threads"])
    if name == "workbench":
        workbench(config, Path(request["runs"]))
    else:
        LOOPS[name](config)


if __name__ == "__main__":
    main()
