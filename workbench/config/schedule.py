"""Learning-rate schedules, one section class each; the formulas are in ``workbench.schedule``."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.config.base import Section, setting


class ScheduleSection(Section):
    """What every schedule has: a linear warm-up before it begins."""

    warmup: float = setting(0.0, "Linear warm-up before the schedule.", unit="epochs", ge=0)
    warmup_start: float = setting(
        0.0, "Learning rate at the first step of the warm-up, as a share of lr.", ge=0, le=1
    )


class ConstantSchedule(ScheduleSection):
    """The learning rate stays as it is."""

    kind: Literal["constant"] = "constant"


class StepSchedule(ScheduleSection):
    """Multiply the learning rate by ``factor`` every ``every`` epochs."""

    kind: Literal["step"] = "step"
    every: float = setting(10, "Distance between two decays.", unit="epochs", gt=0)
    factor: float = setting(0.1, "Factor of each decay.", gt=0, le=1)


class CosineSchedule(ScheduleSection):
    """Half a cosine from lr down to ``end`` (Loshchilov & Hutter 2016, arXiv:1608.03983)."""

    kind: Literal["cosine"] = "cosine"
    end: float = setting(0.0, "Learning rate at the end, as a share of lr.", ge=0, le=1)


ScheduleConfig = Annotated[
    ConstantSchedule | StepSchedule | CosineSchedule, Field(discriminator="kind")
]
