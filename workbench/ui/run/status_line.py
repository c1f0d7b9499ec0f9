"""The status line: metrics, learning rate, gradient norm, precision, load of the machine."""

from collections.abc import Hashable
from typing import ClassVar

from workbench.formatting.text import percent
from workbench.ui.run.panel import Panel, RunView
from workbench.ui.widgets.formatting import clean, memory, number, right
from workbench.ui.widgets.lines import Line, plain

SHORT = {"bfloat16": "bf16", "float16": "fp16", "float32": "fp32"}
MOST_LOADS = 8  # processes whose loads are shown one by one
COMPILED = {"default": "compiled", "graphs": "captured"}  # the training step; as it is: nothing


class StatusLine(Panel):
    """Shows numbers, right-aligned."""

    calm: ClassVar[bool] = True

    def key(self, view: RunView) -> Hashable:
        """The text itself."""
        return tuple(_facts(view))

    def draw(self, view: RunView, width: int, height: int) -> list[Line]:
        """As many items as fit, the most important first."""
        spans: Line = []
        for label, value in _facts(view):
            more: Line = [*spans, ("  ", ""), (f"{label} ", "muted"), (value, "")]
            if len(plain(more)) + 1 > width:
                break
            spans = more
        return [[(" " * (width - len(plain(spans)) - 1), ""), *spans]]


def _facts(view: RunView) -> list[tuple[str, str]]:
    state, system = view.state, view.state.system
    val = state.epoch_curves.get("val_accuracy")
    loss, grad = state.curves.get("loss"), state.curves.get("grad_norm")
    items = [
        ("val", right(percent(val.last if val else None), 6)),
        ("loss", right(number(loss.last if loss else None), 6)),
        ("lr", right(number(state.lr if isinstance(state.lr, int | float) else None), 6)),
    ]
    if grad and grad.last is not None:
        items.append(("grad", right(f"{grad.last:.3g}", 5)))
    if precision := state.start.get("precision"):
        items.append((SHORT.get(str(precision), clean(precision)), ""))
    if compiled := COMPILED.get(str(state.start.get("compile"))):
        items.append((compiled, ""))
    return items + (_processes(state.processes) or _machine(system))


def _value(measured: dict[str, object], name: str) -> float | None:
    found = measured.get(name)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def _processes(each: list[dict[str, object]]) -> list[tuple[str, str]]:
    """The loads of several processes, of many the least and the most, and the extremes."""
    if not each:
        return []
    on_gpu = any(_value(one, "gpu_load") is not None for one in each)
    loads = [_value(one, "gpu_load" if on_gpu else "cpu_load") for one in each]
    shown = [f"{100 * load:3.0f}" if load is not None else "  –" for load in loads]
    known = [load for load in loads if load is not None]
    if len(each) > MOST_LOADS and known:
        shown = [f"{100 * min(known):.0f}–{100 * max(known):.0f}"]
    items = [(f"{len(each)} {'GPUs' if on_gpu else 'processes'}", " ".join(shown) + " %")]
    waits = {n: wait for n, one in enumerate(each) if (wait := _value(one, "waited")) is not None}
    if len(waits) == len(each):
        slowest = min(waits, key=lambda n: waits[n])
        items.append(("slowest", f"{slowest}"))
    kind = "gpu_memory_bytes" if on_gpu else "memory_bytes"
    used = [found for one in each if (found := _value(one, kind)) is not None]
    if used:
        items.append(("mem", f"≤ {memory(max(used))}" if on_gpu else memory(sum(used))))
    heats = [heat for one in each if (heat := _value(one, "temperature")) is not None]
    return items + ([("", f"{max(heats):.0f} °C")] if heats else [])


def _machine(system: dict[str, object]) -> list[tuple[str, str]]:
    def value(name: str) -> float | None:
        return _value(system, name)

    items = []
    on_gpu = value("gpu_memory_bytes") is not None
    used, total = (
        ("gpu_memory_bytes", "gpu_memory_total")
        if on_gpu
        else (
            "memory_bytes",
            "memory_total",
        )
    )
    if value(used) is not None:
        items.append(("mem", memory(value(used), value(total))))
    if (load := value("gpu_load" if on_gpu else "cpu_load")) is not None:
        items.append(("gpu" if on_gpu else "cpu", right(percent(load, 0), 5)))
    if (heat := value("temperature")) is not None:
        items.append(("", f"{heat:.0f} °C"))
    return items
