"""Starts a run from edited settings: fit to the data, make the folder, start a worker."""

import asyncio
import shutil

from workbench.config import RunConfig
from workbench.config.split_check import resolve_to_train
from workbench.errors import WorkbenchError
from workbench.runs.live.launch import prepare, start_new, start_worker
from workbench.runs.live.network_check import check_network
from workbench.runs.live.weights_source import resolve_weights
from workbench.runs.places.config import LOCAL, find_place
from workbench.runs.store.folder import RunFolder
from workbench.system.gpus import check_devices
from workbench.ui.context import AppContext


async def start_run(config: RunConfig, context: AppContext, at: str = LOCAL) -> RunFolder:
    """Start a run, here or ``at`` a place; returns its folder. If it fails, nothing is left.

    The data is checked in a thread. A preloaded worker that is ready forks a warm worker; else a
    cold one is started.
    """
    place = find_place(at)
    if place is None:
        check_devices(config.train)
    fitted = await asyncio.to_thread(resolve_to_train, config, context.data_root)
    fitted = await asyncio.to_thread(resolve_weights, fitted, context.runs_root)
    fitted = await asyncio.to_thread(check_network, fitted)
    folder = prepare(fitted, context.runs_root)
    if place is not None:
        await asyncio.to_thread(start_new, folder, place)
        return folder
    try:
        if context.preloaded.phase == "ready":
            await context.preloaded.launch(folder)
        else:
            start_worker(folder)
    except WorkbenchError:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    return folder
