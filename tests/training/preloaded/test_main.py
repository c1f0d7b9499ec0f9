"""The preloaded worker, as its client sees it: a real process with torch in it."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from workbench.analysis import summarize
from workbench.config.presets import load_preset
from workbench.runs.live.launch import prepare
from workbench.runs.live.preloaded import Phase, PreloadedError, PreloadedWorker
from workbench.runs.live.status import launched_process, read_status
from workbench.runs.store.record import read_record

TINY = {"train.epochs": 1, "train.batch_size": 256, "model.width": 4, "train.device": "cpu"}


async def test_it_counts_refuses_is_overtaken_and_comes_back(tmp_path: Path) -> None:
    phases: list[Phase] = []
    preloaded = PreloadedWorker(tmp_path / "preloaded.log", phases.append)
    try:
        config = load_preset("quick/digits", {"model.width": 8})
        assert await preloaded.summarize(config) == summarize(config)
        assert phases == ["loading", "ready"]

        tall = load_preset("simplenn/simplenn-cifar10", {"data.size": 4})
        with pytest.raises(PreloadedError, match="4×4"):
            await preloaded.summarize(tall)

        deep = load_preset("resnet/resnet18-cifar10", {"model.blocks": [300, 300, 300]})
        slow = asyncio.create_task(preloaded.summarize(deep))
        await asyncio.sleep(0.1)
        assert await preloaded.summarize(config) == summarize(config)
        with pytest.raises(PreloadedError, match="overtaken"):
            await slow

        assert preloaded.pid is not None
        os.kill(preloaded.pid, signal.SIGKILL)
        with pytest.raises(PreloadedError, match=r"preloaded\.log"):
            await asyncio.wait_for(_until_it_fails(preloaded), 30)
        assert (await preloaded.summarize(config))["params"] == summarize(config)["params"]
    finally:
        await preloaded.close()


async def _until_it_fails(preloaded: PreloadedWorker) -> None:
    while True:
        await preloaded.summarize(load_preset("quick/digits"))


async def test_a_warm_worker_trains_and_outlives_it(tmp_path: Path) -> None:
    folder = prepare(load_preset("quick/digits", TINY), tmp_path / "runs")
    preloaded = PreloadedWorker(tmp_path / "preloaded.log")
    pid = await preloaded.launch(folder)
    assert os.getsid(pid) not in (os.getsid(0), preloaded.pid)
    await preloaded.close()
    worker = launched_process(folder)
    assert worker is not None and worker.pid == pid
    for _ in range(600):
        if not read_status(folder).is_live:
            break
        await asyncio.sleep(0.1)
    assert read_record(folder.record)["run"]["status"] == "finished", folder.log.read_text()


async def test_closing_ends_the_process(tmp_path: Path) -> None:
    preloaded = PreloadedWorker(tmp_path / "preloaded.log")
    await preloaded.start()
    pid = preloaded.pid
    assert pid is not None
    await preloaded.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_process_that_cannot_be_started_is_an_error_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    preloaded = PreloadedWorker(tmp_path / "file" / "preloaded.log")
    with pytest.raises(PreloadedError, match="cannot start"):
        await preloaded.summarize(load_preset("quick/digits"))
