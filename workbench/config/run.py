"""The whole configuration of a run, with its sections."""

from typing import Any

from pydantic import Field, model_validator

from workbench.config.sections.augment import AugmentConfig
from workbench.config.sections.base import Section, setting
from workbench.config.sections.data import DataConfig
from workbench.config.sections.models import ModelConfig
from workbench.config.sections.optimizer import OptimizerConfig, SGDOptimizer
from workbench.config.sections.schedule import ConstantSchedule, ScheduleConfig
from workbench.config.sections.task import ClassificationTask, TaskConfig
from workbench.config.sections.train import TrainConfig

DEFAULT_KINDS = {"task": "classification", "optimizer": "sgd", "schedule": "constant"}


class About(Section):
    """The section ``[about]``: name, title and source of a preset; nothing depends on it."""

    preset: str = setting("", "family/preset; filled in when a preset is loaded.")
    title: str = setting("", "One line.", max_length=200)
    description: str = setting("", "What it is, and what to know before using it.")
    source: str = setting("", "Paper or study that it follows.")


class RunConfig(Section):
    """Everything that decides what a run computes."""

    about: About = Field(default_factory=About)
    task: TaskConfig = Field(default_factory=ClassificationTask)
    model: ModelConfig
    data: DataConfig
    augment: AugmentConfig = Field(default_factory=AugmentConfig)
    optimizer: OptimizerConfig = Field(default_factory=SGDOptimizer)
    schedule: ScheduleConfig = Field(default_factory=ConstantSchedule)
    train: TrainConfig

    @model_validator(mode="before")
    @classmethod
    def _default_kinds(cls, tables: Any) -> Any:
        """Give a table without a kind the default one: ``[optimizer] lr = 0.1`` is SGD."""
        if not isinstance(tables, dict):
            return tables
        return {
            name: {"kind": DEFAULT_KINDS[name], **table}
            if name in DEFAULT_KINDS and isinstance(table, dict)
            else table
            for name, table in tables.items()
        }

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """[C, H, W] of one training image as the network sees it."""
        side = self.augment.crop or self.data.size
        return (self.data.channels, side, side)

    @property
    def family(self) -> str:
        """First part of the preset's name; empty for an unnamed configuration."""
        return self.about.preset.rpartition("/")[0]
