"""The Data screen: facts of a configuration's data, augmented images, counts of each class."""

import asyncio
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen

from workbench.catalog.samples import (
    DatasetInfo,
    Message,
    Page,
    Problem,
    Progress,
    Request,
    ask,
    command,
    read_message,
)
from workbench.config import RunConfig, to_toml
from workbench.config.fitting import resolve
from workbench.errors import WorkbenchError
from workbench.formatting.text import count
from workbench.ui.data.drawn_samples import samples_panel
from workbench.ui.data.samples import DataView
from workbench.ui.dialogs import Reader
from workbench.ui.widgets.formatting import clean
from workbench.ui.widgets.key_line import KeyLine
from workbench.ui.widgets.styles import RoleStyles
from workbench.ui.widgets.top_bar import TopBar

IMAGES = 24
LONGEST_LINE = 64 << 20  # bytes: a page of the largest images is a tenth of it
SHOWN_FILES = 1000


class DataScreen(Screen[None]):
    """Shows the data of a configuration, which a process of its own reads."""

    CSS_PATH = "../data.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "augmented", "Augmented / plain", id="data.augmented",
                tooltip="The images as training sees them, or as a test image"),
        Binding("n,space", "others", "Others", id="data.others",
                tooltip="Other images, varied anew"),
        Binding("x", "skipped", "Skipped", id="data.skipped",
                tooltip="Every file that could not be read, and why"),
        Binding("escape,q", "dismiss", "Back", id="data.back",
                tooltip="Back to the presets"),
    ]  # fmt: skip

    def __init__(self, config: RunConfig, data_root: Path | None) -> None:
        super().__init__()
        self._config, self._data_root = config, data_root
        self._process: Process | None = None
        self._panel = samples_panel(self.app)
        self.view = DataView(Request(IMAGES, largest=self._panel.largest))

    def compose(self) -> ComposeResult:
        """Top line, panel, keys."""
        yield RoleStyles()
        yield TopBar("presets")
        yield self._panel
        yield KeyLine()

    def on_mount(self) -> None:
        """Start to read the data."""
        self._show(self.view)
        self._panel.focus()
        self._read_data()

    @work(exclusive=True)
    async def _read_data(self) -> None:
        try:
            fitted = await asyncio.to_thread(resolve, self._config, self._data_root)
        except WorkbenchError as error:
            self._take(Problem(str(error)))
            return
        with tempfile.TemporaryDirectory(prefix="workbench-") as scratch:
            file = Path(scratch) / "config.toml"
            file.write_text(to_toml(fitted), encoding="utf-8")
            self._process = process = await asyncio.create_subprocess_exec(
                *command(file), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=LONGEST_LINE,
                start_new_session=True,
            )  # fmt: skip
            try:
                await self._listen(process)
            finally:  # also where the screen is left: nobody else needs the process
                if process.returncode is None:
                    process.terminate()
                await process.wait()

    async def _listen(self, process: Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            self._take(read_message(line.decode(errors="replace")))
        status = await process.wait()
        if not self.view.problem:
            self._take(Problem(f"the process that reads the data ended (status {status})"))

    def _take(self, message: Message) -> None:
        if isinstance(message, Progress):
            of = f" {count(message.done)}/{count(message.total)}" if message.total else "…"
            self._show(replace(self.view, waiting=f"{message.message}{of}"))
        elif isinstance(message, DatasetInfo):
            self._show(replace(self.view, info=message, waiting="choosing images…"))
            self._ask(self.view.asked)
        elif isinstance(message, Page):
            self._show(replace(self.view, page=message))
        else:
            self._show(replace(self.view, problem=message.text))

    def _show(self, view: DataView) -> None:
        self.view = view
        self._panel.show(view)

    def _ask(self, request: Request) -> None:
        if self.view.info is None or self._process is None or self._process.stdin is None:
            return  # nothing to choose from yet
        self.view = replace(self.view, asked=request)
        self._process.stdin.write(ask(request).encode() + b"\n")

    def action_augmented(self) -> None:
        """Switch between augmented and test images."""
        self._ask(replace(self.view.asked, augmented=not self.view.asked.augmented))

    def action_others(self) -> None:
        """Show other images."""
        self._ask(replace(self.view.asked, seed=self.view.asked.seed + 1))

    def action_skipped(self) -> None:
        """List the skipped files."""
        skipped = self.view.info.skipped if self.view.info else ()
        if not skipped:
            self.notify("No file was skipped.")
            return
        lines = [f"{clean(path)}: {clean(why)}" for path, why in skipped[:SHOWN_FILES]]
        if len(skipped) > SHOWN_FILES:
            lines.append(f"… and {count(len(skipped) - SHOWN_FILES)} more")
        self.app.push_screen(Reader(f"{count(len(skipped))} skipped", Content("\n".join(lines))))
