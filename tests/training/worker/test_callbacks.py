"""What the worker's callbacks write, and how often."""

from typing import Any

import pytest

from tests.training.conftest import Prepare
from workbench.runs.store.events import read_events
from workbench.runs.store.gallery import read_gallery
from workbench.runs.store.record import read_record
from workbench.training.worker import callbacks as callbacks
from workbench.training.worker import main as worker
from workbench.training.worker.callbacks import Callbacks


@pytest.mark.parametrize(("pause", "times"), [(3600.0, 2), (0.0, 4)])
def test_images_of_short_epochs_are_not_all_written_but_the_first_and_last(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch, pause: float, times: int
) -> None:
    shown: list[int] = []
    real = Callbacks.show

    def show(self: Callbacks, trainer: Any, split: Any, name: str) -> None:
        if name == "validation":
            shown.append(trainer.epochs_done)
        real(self, trainer, split, name)

    monkeypatch.setattr(callbacks, "SHOW", pause)
    monkeypatch.setattr(Callbacks, "show", show)
    folder = new_run(train__epochs=4)
    worker.work(folder)

    assert len(shown) == times and {shown[0], shown[-1]} == {1, 4}
    assert sum(event["event"] == "epoch" for event in read_events(folder.metrics)) == 4
    assert read_record(folder.record)["result"]["epochs"] == 4
    gallery = read_gallery(folder.gallery())
    assert gallery is not None and gallery.epoch == 4
