"""The command palette: the screen's key bindings by description, and all presets."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.binding import ActiveBinding
from textual.command import DiscoveryHit, Hit, Hits, Provider

from workbench.config.presets import PresetInfo, list_presets
from workbench.runs.store.folder import RunFolder
from workbench.ui.messages import OpenPreset
from workbench.ui.widgets.key_line import offers

if TYPE_CHECKING:
    from workbench.ui.actions.catalogue import RunAction


class BindingCommands(Provider):
    """Offers the actions of the screen below the palette."""

    async def discover(self) -> Hits:
        """All actions, before anything is typed."""
        for active, help_text in self._commands():
            yield DiscoveryHit(active.binding.description, self._runner(active), help=help_text)

    async def search(self, query: str) -> Hits:
        """The entries that match what is typed."""
        matcher = self.matcher(query)
        for active, help_text in self._commands():
            title = active.binding.description
            score = max(matcher.match(title), 0.8 * matcher.match(help_text))
            if score > 0:
                yield Hit(score, matcher.highlight(title), self._runner(active), help=help_text)

    def _commands(self) -> Iterator[tuple[ActiveBinding, str]]:
        seen = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.system or not binding.description or not binding.id or not active.enabled:
                continue
            if binding.id not in seen and offers(self.screen, binding.action):
                seen.add(binding.id)
                key = self.app.get_key_display(binding)
                yield active, f"{binding.tooltip or binding.description}  ({key})"

    def _runner(self, active: ActiveBinding) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            await self.app.run_action(active.binding.action, active.node)

        return run


class RunActionCommands(Provider):
    """Offers what can be done with the run of the screen below the palette."""

    async def search(self, query: str) -> Hits:
        """The actions that match what is typed."""
        # When something is typed: the first paint needs none of it.
        from workbench.ui.actions.acting import Acting, run_actions

        screen = self.screen
        folder = screen.acted_on() if isinstance(screen, Acting) else None
        if folder is None:
            return
        matcher = self.matcher(query)
        for action in run_actions(screen, folder):
            score = max(matcher.match(action.title), 0.8 * matcher.match(action.name))
            if score > 0:
                help_text = f"{action.line(folder.id) or action.title}"
                yield Hit(
                    score,
                    matcher.highlight(action.title),
                    partial(self._act, folder, action),
                    help=help_text,
                )

    def _act(self, folder: RunFolder, action: "RunAction") -> None:
        from workbench.ui.actions.acting import Acting

        screen = self.screen
        if isinstance(screen, Acting):
            screen.run_worker(screen.act(folder, action))


class PresetCommands(Provider):
    """Offers presets, by name or title."""

    async def startup(self) -> None:
        """List the presets in a thread."""
        self._presets: list[PresetInfo] = await asyncio.to_thread(list_presets)

    async def search(self, query: str) -> Hits:
        """The entries that match what is typed."""
        matcher = self.matcher(query)
        for info in self._presets:
            title = f"Preset {info.name}"
            score = max(matcher.match(title), 0.8 * matcher.match(info.title))
            if score > 0:
                yield Hit(score, matcher.highlight(title), self._runner(info), help=info.title)

    def _runner(self, info: PresetInfo) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            self.app.post_message(OpenPreset(info.name))

        return run
