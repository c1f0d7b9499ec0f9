"""A worker without torch: lives, writes events, obeys requests; ``scripted_worker.py DIR HOW``.

It speaks through the same files as the real one, so that watching and
controlling can be tested without waiting for a training.
"""

import sys
import time
from pathlib import Path

from workbench.runs.live.control import RequestReader
from workbench.runs.live.process import own_identity
from workbench.runs.store.events import EventWriter
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import now, write_record

EPOCHS = 3


def main(path: str, how: str) -> None:
    folder = RunFolder(Path(path))
    me = own_identity()
    speaker = {"pid": me.pid, "pid_started": me.started, "boot": me.boot, "host": me.host}
    record = {"run": {"id": folder.id, "preset": "quick/digits", "started": now(), **speaker}}

    def status(name: str) -> None:
        record["run"]["status"] = name
        write_record(folder.record, record)

    status("running")
    writer, requests = EventWriter(folder.metrics), RequestReader(folder)
    writer.add_now("phase", message="loading \x1b[31mnothing")
    writer.add_now("start", classes=["a", "b"], epochs=EPOCHS, steps=30, steps_per_epoch=10)
    for step in range(1, 31):
        writer.add_now("step", step=step, epoch=(step + 9) // 10, loss=1 / step, lr=0.1)
        if step % 10 == 0:
            row = {"train_loss": 0.5, "val_accuracy": 0.5 + step / 100, "seconds": 0.1}
            writer.add_now("epoch", epoch=step // 10, step=step, **row)
        if how == "crash" and step == 15:
            print("a library fell over", file=sys.stderr)
            sys.exit(3)
        if how == "until asked" and step == 5:
            while (request := requests.read()) != "stop":
                if request == "pause":
                    status("paused")
                elif request == "run":
                    status("running")
                time.sleep(0.02)
            status("stopped")
            return
    if how == "fail":
        record["error"] = {"kind": "RunError", "message": "the loss is not finite"}
        status("failed")
        return
    record["run"]["seconds"] = 1.5
    record["result"] = {"test_accuracy": 0.75, "best_val_accuracy": 0.8, "params": 12}
    writer.add_now("test", test_accuracy=0.75, correct=3, total=4, weights="best")
    status("finished")


if __name__ == "__main__":
    main(*sys.argv[1:])
