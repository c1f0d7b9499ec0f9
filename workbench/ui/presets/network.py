"""The panel of the edited network: layer table, totals, parameter budget."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from workbench.config import RunConfig, to_tables
from workbench.formatting.layer_table import remarks, times
from workbench.runs.live.preloaded import Phase, PreloadedError, PreloadedWorker

if TYPE_CHECKING:
    from workbench.ui.presets.layer_list import LayerList

BUDGET = 5_000_000  # study 2's; another one can be typed
BAR_WIDTH = 24
COUNTED = ("task", "model", "data", "augment")  # the sections that a network's cost depends on
STALE_SECONDS = 0.15  # a table that comes sooner is not dimmed in between
WAITING: dict[Phase, str] = {
    "off": "starting a process that counts…",
    "loading": "loading torch…",
    "ready": "counting…",
}


class NetworkPanel(Vertical):
    """Shows table, totals and budget, or what is being waited for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "screen.start", "Start", id="layers.start", key_display="F5",
                tooltip="Start training with the settings as they are"),
    ]  # fmt: skip

    def __init__(self, preloaded: PreloadedWorker) -> None:
        super().__init__(id="layers")
        self._preloaded = preloaded
        self._summary: Mapping[str, Any] | None = None
        self._counted: dict[str, Mapping[str, Any]] = {}  # by what a count depends on
        self._wanted = ""
        self._list: LayerList | None = None  # until it is there

    def compose(self) -> ComposeResult:
        """State, totals, budget; the table is added after the first paint."""
        yield Static(id="layers-word", markup=False)
        with Vertical(id="cost"):
            yield Static(id="totals", markup=False)
            with Horizontal(id="budget"):
                yield Static("budget")
                yield Input(f"{BUDGET:,}", compact=True, id="budget-value")
                yield Static(id="budget-bar")

    def on_mount(self) -> None:
        """Show that nothing is counted yet."""
        self._arrange("")
        self.call_after_refresh(self._add_list)

    async def _add_list(self) -> None:
        """Add the table, with a summary if there is one."""
        from workbench.ui.presets.layer_list import LayerList  # Textual's tables are a large import

        self._list = LayerList()
        self._list.display = self._summary is not None
        await self.mount(self._list, after="#layers-word")
        if self._summary is not None:
            self._list.show(self._summary)

    def focus_list(self) -> None:
        """Focus the table."""
        if self._list is not None:
            self._list.focus()

    def follow(self, config: RunConfig) -> None:
        """Count and show the network of ``config``.

        Of requests that come faster than the answers only the newest is answered.
        """
        tables = to_tables(config)
        key = json.dumps([tables[name] for name in COUNTED])
        if key == self._wanted:
            return
        self._wanted = key
        if key in self._counted:
            self.show(self._counted[key])
        else:
            self._count(config, key)

    @work(exclusive=True, group="count")
    async def _count(self, config: RunConfig, key: str) -> None:
        if self._preloaded.phase != "ready":
            self.wait(WAITING[self._preloaded.phase])
        dim = self.set_timer(STALE_SECONDS, lambda: self.wait(WAITING[self._preloaded.phase]))
        try:
            summary = await self._preloaded.summarize(config)
        except PreloadedError as error:
            if key == self._wanted:
                self._wanted = ""  # so that the same settings are asked about again
                self.refuse(str(error))
            return
        finally:
            dim.stop()
        self._counted[key] = summary
        if key == self._wanted:
            self.show(summary)

    def hold(self, key: str) -> None:
        """Keep the shown network, dimmed: the value of ``key`` is refused."""
        self._wanted = ""
        self.wait(f"as it was before {key} was refused")

    def preloaded_is(self, phase: Phase) -> None:
        """Show what a count waits for."""
        if self._wanted and self._wanted not in self._counted and phase != "off":
            self.wait(WAITING[phase])

    def show(self, summary: Mapping[str, Any]) -> None:
        """Show the network that a summary describes."""
        self._summary = summary
        self.remove_class("-stale")
        self._arrange("")
        if self._list is not None:
            self._list.show(summary)
        self.query_one("#totals", Static).update(_totals(summary))
        self._show_budget()

    def wait(self, what: str) -> None:
        """Dim the shown network; ``what`` is being waited for."""
        self.add_class("-stale")
        self._arrange(what)

    def refuse(self, why: str) -> None:
        """Show why the network cannot be counted."""
        self.add_class("-stale")
        self._arrange(f"✗ {why}", bad=True)

    def _arrange(self, word: str, bad: bool = False) -> None:
        line = self.query_one("#layers-word", Static)
        line.update(word)
        line.display = bool(word)
        line.set_class(bad, "-bad")
        for part in self.query("#layer-list, #cost"):
            part.display = self._summary is not None

    @on(Input.Changed, "#budget-value")
    def _budget_typed(self, event: Input.Changed) -> None:
        event.stop()
        self._show_budget()

    def _show_budget(self) -> None:
        bar = self.query_one("#budget-bar", Static)
        text = (
            self.query_one("#budget-value", Input).value.replace(",", "").replace("_", "").strip()
        )
        if not text:
            bar.update(Content.styled("parameters; empty: no budget", "$muted"))
        elif not text.isdecimal() or int(text) < 1:
            bar.update(Content.styled("✗ must be a number of parameters, 1 or more", "$bad"))
        elif self._summary is not None:
            bar.update(budget_bar(int(self._summary["params"]), int(text)))


def budget_bar(params: int, budget: int, width: int = BAR_WIDTH) -> Content:
    """A bar of the used share of a parameter budget; full and red where it is exceeded."""
    share = params / budget
    eighths = min(round(share * width * 8), width * 8)
    bar = "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
    over = f"  {params - budget:,} over" if params > budget else ""
    style = "$bad" if params > budget else "$good"
    return Content.assemble(
        (f"{bar:<{width}}", f"{style} on $panel"), (f" {share:.1%}{over}", style)
    )


def _totals(summary: Mapping[str, Any]) -> Content:
    total = f"total  {summary['params']:,} parameters  {summary['macs']:,} MACs"
    shape = f"  at {times(summary['input'])}"
    lines = [Content.assemble((total, "bold"), (shape, "$muted"))]
    second = summary["ptflops"]
    if second["macs"] is not None:
        text = f"ptflops {second['macs']:,}: it also counts biases, norms, activations, pooling"
        lines.append(Content.styled(text, "$muted"))
    notes = [remark for remark in remarks(summary) if remark.startswith("!")]
    lines += [Content.styled(note, "$warning") for note in notes]
    return Content("\n").join(lines)
