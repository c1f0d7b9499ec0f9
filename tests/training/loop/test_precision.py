"""Half precision costs no accuracy: two trainings that differ in nothing else."""

from tests.training.conftest import Prepare
from workbench.runs.store.record import read_record
from workbench.training.worker import main as worker


def test_bfloat16_learns_the_digits_as_well_as_float32(new_run: Prepare) -> None:
    accuracy = {}
    for precision in ("float32", "bfloat16"):
        run = new_run(
            precision,
            train__precision=precision,
            train__epochs=12,
            model__width=16,
            train__batch_size=64,
            data__limit=0,
        )
        worker.work(run)
        record = read_record(run.record)
        assert record["environment"]["precision"] == precision
        accuracy[precision] = record["result"]["test_accuracy"]
    assert accuracy["float32"] > 0.93
    # Two images in a hundred: what two seeds differ by as well.
    assert abs(accuracy["bfloat16"] - accuracy["float32"]) <= 0.02, accuracy
