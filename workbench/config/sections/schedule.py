"""The section ``[schedule]``: one class a schedule; formulas in ``config/learning_rate.py``."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.config.sections.base import Section, per_item, setting

Share = Annotated[float, Field(ge=0, le=1)]


class ScheduleSection(Section):
    """The keys of every schedule: a linear warm-up, and whether it changes by step or epoch."""

    warmup: float = setting(0.0, "Linear warm-up before the schedule.", unit="epochs", ge=0)
    warmup_start: float = setting(
        0.0, "Learning rate at the start of the warm-up, as a share of lr.", ge=0, le=1
    )
    per: Literal["step", "epoch"] = setting(
        "step", "Set the learning rate anew at every step, or once an epoch."
    )


class ConstantSchedule(ScheduleSection):
    """The learning rate stays as it is."""

    kind: Literal["constant"] = "constant"


class StepSchedule(ScheduleSection):
    """Multiply the learning rate by ``factor`` every ``every`` epochs."""

    kind: Literal["step"] = "step"
    every: float = setting(10.0, "Distance between two decays.", unit="epochs", gt=0)
    factor: float = setting(0.1, "Factor of each decay.", gt=0, le=1)


class MultiStepSchedule(ScheduleSection):
    """Multiply the learning rate by ``factor`` at each of the milestones."""

    kind: Literal["multistep"] = "multistep"
    milestones: list[Share] = per_item(
        "Where the decays are, as shares of the whole length.", default=[0.5, 0.75]
    )
    factor: float = setting(0.1, "Factor of each decay.", gt=0, le=1)


class ExponentialSchedule(ScheduleSection):
    """From lr at the first step to ``end`` at the last, by equal factors."""

    kind: Literal["exponential"] = "exponential"
    end: float = setting(0.1, "Learning rate at the last step, as a share of lr.", gt=0, le=1)


class LinearSchedule(ScheduleSection):
    """A straight line from lr at the first step to ``end`` at the last."""

    kind: Literal["linear"] = "linear"
    end: float = setting(0.0, "Learning rate at the last step, as a share of lr.", ge=0, le=1)


class CosineSchedule(ScheduleSection):
    """Half a cosine from lr down to ``end`` (Loshchilov & Hutter 2016, arXiv:1608.03983)."""

    kind: Literal["cosine"] = "cosine"
    end: float = setting(0.0, "Learning rate at the last step, as a share of lr.", ge=0, le=1)


class RestartsSchedule(ScheduleSection):
    """Cosines from lr down to ``end``, one after the other: warm restarts (arXiv:1608.03983)."""

    kind: Literal["restarts"] = "restarts"
    period: float = setting(10.0, "Length of the first cosine.", unit="epochs", gt=0)
    growth: float = setting(
        2.0, "Length of each cosine, as a multiple of the one before.", ge=1, le=10
    )
    shrink: float = setting(1.0, "Factor of the peak from one cosine to the next.", gt=0, le=1)
    end: float = setting(0.0, "Learning rate at the end of each, as a share of lr.", ge=0, le=1)


class QuarterCosineSchedule(ScheduleSection):
    """A quarter of a cosine: slow at first, steepest at the end, ``end`` at the last (study 1)."""

    kind: Literal["quarter_cosine"] = "quarter_cosine"
    end: float = setting(0.01, "Learning rate at the last step, as a share of lr.", ge=0, le=1)


class OneCycleSchedule(ScheduleSection):
    """Up to lr and down again within one run (Smith & Topin 2017, arXiv:1708.07120)."""

    kind: Literal["onecycle"] = "onecycle"
    rise: float = setting(0.3, "Share of the run in which the learning rate rises.", gt=0, lt=1)
    start: float = setting(0.04, "Learning rate at the first step, as a share of lr.", gt=0, le=1)
    end: float = setting(1e-5, "Learning rate at the last step, as a share of lr.", ge=0, le=1)


class CyclicSchedule(ScheduleSection):
    """Triangles between ``floor`` and lr (Smith 2015, arXiv:1506.01186)."""

    kind: Literal["cyclic"] = "cyclic"
    period: float = setting(4.0, "Length of one rise and fall.", unit="epochs", gt=0)
    floor: float = setting(0.1, "The lowest learning rate, as a share of lr.", ge=0, le=1)
    shrink: float = setting(1.0, "Factor of the height from one triangle to the next.", gt=0, le=1)


class PlateauSchedule(ScheduleSection):
    """Multiply by ``factor`` when the validation loss has not fallen for ``patience`` epochs."""

    kind: Literal["plateau"] = "plateau"
    factor: float = setting(0.1, "Factor of each decay.", gt=0, lt=1)
    patience: int = setting(5, "Epochs without a fall before the decay.", unit="epochs", ge=0)
    threshold: float = setting(1e-4, "A fall by less than this share does not count.", ge=0, lt=1)
    floor: float = setting(0.0, "The lowest learning rate, as a share of lr.", ge=0, le=1)


ScheduleConfig = Annotated[
    ConstantSchedule
    | StepSchedule
    | MultiStepSchedule
    | ExponentialSchedule
    | LinearSchedule
    | CosineSchedule
    | RestartsSchedule
    | QuarterCosineSchedule
    | OneCycleSchedule
    | CyclicSchedule
    | PlateauSchedule,
    Field(discriminator="kind"),
]
