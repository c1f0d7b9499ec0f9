"""What the panels of a run say, as text."""

from pathlib import Path

import pytest

from tests.ui.recorded import Recording, events, record_run, write_layers
from workbench.config.presets import load_preset
from workbench.runs.history.log import RunLog
from workbench.runs.history.state import RunState
from workbench.runs.live.status import RunStatus
from workbench.runs.store.documents import read_layers
from workbench.runs.store.folder import RunFolder
from workbench.ui.run.classes import class_lines
from workbench.ui.run.config import changed_keys, config_lines
from workbench.ui.run.confusion import confusion_lines
from workbench.ui.run.header import RunHeader
from workbench.ui.run.layers import layer_lines
from workbench.ui.run.panel import RunView
from workbench.ui.run.plots import PlotSettings, build_accuracy, build_loss
from workbench.ui.run.status_line import StatusLine
from workbench.ui.widgets.lines import Line, plain
from workbench.ui.widgets.message import say

SMALL = Recording(epochs=20, steps_per_epoch=10, done=12.5, empty_class="cat")


@pytest.fixture
def state() -> RunState:
    return RunState().fold(events(SMALL))


def view(state: RunState, status: str = "running", reason: str = "") -> RunView:
    return RunView(RunFolder(Path("runs/resnet-a1b2")), state, RunStatus(status, reason), RunLog())


def texts(lines: list[Line]) -> list[str]:
    return [plain(line) for line in lines]


def test_classes_stand_worst_first_and_one_at_zero_stands_out(state: RunState) -> None:
    lines = class_lines(state, "validation", 100)
    shares = [float(text.split("%")[0].split()[-1]) for text in texts(lines)[1:]]
    assert shares == sorted(shares)
    assert "1 class at 0 %" in plain(lines[0])
    worst = lines[1]
    assert "cat" in plain(worst)
    assert "0/500" in plain(worst)
    assert {role for text, role in worst if "cat" in text or "never" in text} == {"bad"}
    assert any("▲" in text or "▼" in text for text in texts(lines)[2:])


def test_precision_is_the_share_of_what_was_said_that_is_right(state: RunState) -> None:
    column = [row[2] for row in state.confusion]
    shares = state.evaluation("validation").precision(state.classes)
    assert shares["bird"] == pytest.approx(column[2] / sum(column))
    assert "precision" in plain(class_lines(state, "validation", 160)[3])
    assert "precision" not in plain(class_lines(state, "validation", 80)[3])


def test_a_finished_run_says_its_test_as_counts() -> None:
    done = Recording(epochs=3, steps_per_epoch=10, done=3, status="finished")
    said = say(view(RunState().fold(events(done)), "finished"))
    assert said is not None
    assert said[0].startswith("test (best weights): top-1 4,")
    assert "/5,000 = " in said[0]
    assert "top-3 99.10 %" in said[0]


def test_a_run_in_the_queue_says_so_and_what_it_waits_for() -> None:
    told = {"event": "status", "status": "queued", "message": "waiting for 2 free cores of 2"}
    queued = view(RunState().fold([told]), "queued")
    for width in (80, 160):
        head, *_ = RunHeader().draw(queued, width, 2)
        assert plain(head).count("queued") == 1
    said = say(queued)
    assert said is not None and said[0] == "waiting for 2 free cores of 2"


@pytest.mark.parametrize("width", [80, 120, 160])
def test_panels_keep_within_their_width(state: RunState, width: int) -> None:
    for draw in (class_lines, confusion_lines):
        lines = draw(state, "validation", width)
        assert all(len(text) <= width for text in texts(lines))


def test_panels_say_whose_evaluation_they_show_and_their_sums_agree() -> None:
    done = Recording(epochs=3, steps_per_epoch=10, done=3, status="finished")
    state = RunState().fold(events(done))
    for split, title in (
        ("test", " test images, best weights, epoch 3"),
        ("validation", " validation images, epoch 3"),
    ):
        for draw in (class_lines, confusion_lines):
            assert plain(draw(state, split, 100)[0]).startswith(title)
        evaluation = state.evaluation(split)
        total = sum(score.total for score in evaluation.scores)
        assert total == sum(map(sum, evaluation.confusion)) > 0


def test_the_largest_confusion_comes_first(state: RunState) -> None:
    matrix = state.confusion
    worst = max(
        (row[said], true, said)
        for true, row in enumerate(matrix)
        for said in range(10)
        if said != true
    )
    lines = texts(confusion_lines(state, "validation", 200))
    first = lines[1][lines[0].index("largest") :]
    assert state.classes[worst[1]] in first
    assert str(worst[0]) in first


def test_a_hundred_classes_become_shades() -> None:
    many = Recording(
        epochs=2, steps_per_epoch=4, done=1, classes=tuple(f"class {n:03}" for n in range(100))
    )
    lines = confusion_lines(RunState().fold(events(many)), "validation", 160)
    assert len(lines) == 102
    assert max(map(len, texts(lines))) <= 160
    roles = {role for line in lines for _, role in line}
    assert any(role.startswith("heat") for role in roles)
    assert any(role.startswith("hit") for role in roles)


def test_before_the_first_epoch_the_panels_say_when_they_fill() -> None:
    assert "first epoch" in plain(class_lines(RunState(), "validation", 80)[0])
    assert "first epoch" in plain(confusion_lines(RunState(), "validation", 80)[0])


@pytest.mark.parametrize("width", [80, 160])
def test_the_header_fills_its_line_with_fixed_fields(state: RunState, width: int) -> None:
    header = RunHeader()
    text = plain(header.draw(view(state), width, 1)[0])
    assert len(text) == width
    assert "62.5 %" in text
    assert "13/20" in text
    at = text.index("62.5 %")
    state.step += 9
    assert plain(header.draw(view(state), width, 1)[0]).index("67.0 %") == at


def test_facts_fit_and_the_most_telling_come_first(state: RunState) -> None:
    wide = plain(StatusLine().draw(view(state), 120, 1)[0])
    narrow = plain(StatusLine().draw(view(state), 44, 1)[0])
    assert "71 °C" in wide
    assert "bf16" in wide
    assert "71 °C" not in narrow
    assert "val" in narrow
    assert (len(wide), len(narrow)) == (119, 43)


@pytest.mark.parametrize(
    ("used", "word"), [("graphs", "captured"), ("default", "compiled"), ("off", ""), ("[b]", "")]
)
def test_a_captured_or_compiled_step_is_named(state: RunState, used: str, word: str) -> None:
    state.start["compile"] = used
    line = plain(StatusLine().draw(view(state), 120, 1)[0])
    assert [each for each in ("captured", "compiled") if each in line] == [word] * bool(word)
    assert used not in line


@pytest.mark.parametrize(
    ("status", "reason", "text", "advice"),
    [
        ("crashed", "its worker (process 7) is gone", "process 7", "checkpoint"),
        ("paused", "", "paused at step 125", "go on"),
        ("stopped", "", "stopped at step 125", "checkpoint"),
        ("stalled", "alive, but no event for 130 s", "no event", "log"),
    ],
)
def test_every_trouble_has_its_advice(
    state: RunState, status: str, reason: str, text: str, advice: str
) -> None:
    said = say(view(state, status, reason))
    assert said is not None
    assert text in said[0]
    assert advice in said[2]


def test_a_failure_says_what_failed_and_a_phase_how_far_it_is() -> None:
    failed = RunState().fold([{"event": "status", "status": "failed", "error": "disk full\x1b[2J"}])
    said = say(view(failed, "failed"))
    assert said is not None
    assert said[0] == "failed: disk full"
    phase = {"event": "phase", "message": "building cache", "done": 12_000, "total": 50_000}
    said = say(view(RunState().fold([phase]), "starting"))
    assert said is not None
    assert said[0] == "building cache 12,000/50,000"
    assert say(view(RunState(), "running")) is None


def test_loss_has_steps_and_epochs_and_accuracy_is_in_per_cent(state: RunState) -> None:
    loss = build_loss(state, PlotSettings(), 70, 20, True)
    train, val = loss.chart.curves
    assert len(train.points) > len(val.points) == 12
    assert loss.chart.x_label == "epoch"
    assert f"@ {state.best_epoch}" in loss.best
    accuracy = build_accuracy(state, PlotSettings(), 70, 20, True)
    assert accuracy.chart.best is not None
    assert accuracy.chart.best[1] == pytest.approx(100 * (state.best_accuracy or 0))
    assert accuracy.chart.y_axis.high <= 100
    assert [name for name, _ in accuracy.legend] == ["train", "val"]


def test_an_accuracy_that_is_not_measured_while_training_is_no_curve() -> None:
    epoch = {"event": "epoch", "epoch": 1, "train_accuracy": None, "val_accuracy": 0.5}
    drawn = build_accuracy(RunState().fold([epoch]), PlotSettings(), 70, 20, False)
    assert drawn.legend == (("val", "val"),)
    assert [list(curve.points.y) for curve in drawn.chart.curves] == [[], [50.0]]


def test_settings_of_the_loss_plot(state: RunState) -> None:
    smoothed = build_loss(state, PlotSettings(smoothing=2), 70, 20, True)
    assert [curve.role for curve in smoothed.chart.curves] == ["raw", "train", "val"]
    logarithmic = build_loss(state, PlotSettings(log=True), 70, 20, True)
    assert logarithmic.chart.y_axis.low < 0
    steps = build_loss(state, PlotSettings(by_steps=True), 70, 20, True)
    assert steps.chart.x_label == "step"
    assert steps.chart.x_axis.high >= state.step


def test_the_same_run_gives_an_equal_chart_until_a_half_column_is_full(state: RunState) -> None:
    before = build_loss(state, PlotSettings(), 12, 20, True)
    state.fold([{"event": "step", "step": 126, "epoch": 13, "loss": 0.4}])
    assert build_loss(state, PlotSettings(), 12, 20, True) == before


def test_each_loss_of_several_has_its_curve() -> None:
    step = {"event": "step", "epoch": 1, "loss": 3.0, "loss_box": 1.0, "loss_proposal": 2.0}
    state = RunState().fold([{**step, "step": n} for n in (1, 2, 3)])
    assert [name for name, _ in build_loss(state, PlotSettings(), 70, 20, True).legend] == [
        "train", "val", "box", "proposal",
    ]  # fmt: skip


def test_every_curve_has_a_colour_of_its_own_which_its_name_has_too() -> None:
    losses = ("box", "class", "proposal", "proposal_box")
    step = {"event": "step", "epoch": 1, "loss": 3.0, **{f"loss_{name}": 1.0 for name in losses}}
    state = RunState().fold([{**step, "step": n} for n in (1, 2, 3)])
    drawn = build_loss(state, PlotSettings(smoothing=1), 70, 20, True)
    roles = [curve.role for curve in drawn.chart.curves]
    assert len(set(roles)) == len(roles) == 3 + len(losses)
    assert [name for name, _ in drawn.legend] == ["train", "val", *losses]
    assert {role for _, role in drawn.legend} == {*roles} - {"raw"}


def test_the_layer_table_has_its_total_and_is_narrower_on_a_narrow_screen(tmp_path: Path) -> None:
    folder = record_run(tmp_path, SMALL)
    write_layers(folder)
    wide, narrow = (texts(layer_lines(read_layers(folder), width)) for width in (150, 80))
    assert "41,418" in wide[1]
    assert "39,520,768" in wide[1]
    assert "kernel" in wide[0]
    assert "kernel" not in narrow[0]
    assert max(map(len, narrow[:10])) <= 80


def test_the_layer_table_is_sorted_within_its_groups_and_says_by_what(tmp_path: Path) -> None:
    folder = record_run(tmp_path, SMALL)
    write_layers(folder)
    lines = texts(layer_lines(read_layers(folder), 150, "params"))
    assert "params▼" in lines[0]
    assert "total" in lines[1]
    names = [line.split("  ")[0].strip() for line in (each.strip() for each in lines[2:10])]
    assert names[:5] == ["layer 1 · 1 block", "block 1", "conv1 3×3", "norm1", "head"]


def test_the_configuration_marks_what_was_changed() -> None:
    config = load_preset("resnet/resnet-5m-cifar10", {"optimizer.lr": 0.3})
    changed = changed_keys(config)
    assert changed == {"optimizer.lr": 0.05}
    marked = [line for line in config_lines(config, changed, 160) if any("●" in t for t, _ in line)]
    assert len(marked) == 1
    assert "0.3" in plain(marked[0])
    assert "preset 0.05" in plain(marked[0])


def test_several_processes_show_their_loads_and_the_slowest(state: RunState) -> None:
    state.processes = [
        {"cpu_load": 0.97, "memory_bytes": 1e9, "waited": 0.2},
        {"cpu_load": 1.0, "memory_bytes": 1e9, "waited": 0.01},
    ]
    text = plain(StatusLine().draw(view(state), 120, 1)[0])
    assert "2 processes  97 100 %" in text
    assert "slowest 1" in text and "2.0 GB" in text


def test_many_gpus_show_the_range_of_their_loads(state: RunState) -> None:
    state.processes = [
        {"gpu_load": 0.9 + n / 1000, "gpu_memory_bytes": n * 1e9, "temperature": 60 + n}
        for n in range(16)
    ]
    state.processes[3] = {}  # what it measured did not come
    text = plain(StatusLine().draw(view(state), 120, 1)[0])
    assert "16 GPUs 90–92 %" in text and "≤ 15.0 GB" in text and "75 °C" in text
