"""Data that a function of the user's own gives, from a folder that is trusted."""

from workbench.config import RunConfig
from workbench.config.sections.own_data import PythonData
from workbench.data.dataset import DataSet, Progress
from workbench.data.given import as_data_set
from workbench.errors import ConfigError, DataError
from workbench.system.trusted import find_source, in_own_words, load_target


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Call ``data.target`` with ``data.args``; raises with the file and line where it fails."""
    data = config.data
    assert isinstance(data, PythonData)
    progress(f"loading {data.target}", 0, 0)
    function = load_target(data.target, "data.target")
    if find_source(data.target.partition(":")[0]) is None:
        # Else a stranger's preset could have any function of any package called.
        raise ConfigError({"data.target": f"{data.target} is not in a folder that you trust"})
    try:
        given = function(**data.args)
    except Exception as error:  # noqa: BLE001 (whatever somebody's function raises)
        raise DataError(f"data.target: {data.target} failed: {in_own_words(error)}") from None
    return as_data_set(config, given)
