"""Checks the parameters of a sweep's networks before they train, in a process with torch."""

import asyncio

from workbench.config import RunConfig
from workbench.runs.live.preloaded import PreloadedWorker
from workbench.sweeps.folder import SweepFolder


class ParameterLimit:
    """Tells whether a configuration's network has more than ``limit`` parameters."""

    def __init__(self, limit: int, folder: SweepFolder) -> None:
        self.limit, self._folder = limit, folder

    def __call__(self, config: RunConfig) -> bool:
        """True where the network is too large; takes seconds, as torch is loaded for it."""
        return asyncio.run(self._count(config)) > self.limit

    async def _count(self, config: RunConfig) -> int:
        preloaded = PreloadedWorker(self._folder.log)
        try:
            return int((await preloaded.summarize(config))["params"])
        finally:
            await preloaded.close()
