"""places.toml: what is read from it, and one line for everything that is wrong in it."""

from pathlib import Path

import pytest

from workbench.errors import RequestError
from workbench.runs.places.config import find_place, places_file, read_places


def write(home: Path, text: str) -> Path:
    file = home / "config" / "places.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def test_without_a_file_there_is_only_this_machine(home: Path) -> None:
    assert read_places() == {} and find_place("local") is None
    with pytest.raises(RequestError) as refused:
        find_place("gpu")
    assert str(refused.value) == (
        f"no place 'gpu'; there are local ({home / 'config' / 'places.toml'} defines them)"
    )


def test_every_key(home: Path) -> None:
    file = write(
        home,
        """
        [gpu]
        kind = "slurm"
        partition = "a100,h100"
        account = "vision-lab"
        qos = "long"
        constraint = "a100&nvme"
        gpus = 4
        nodes = 2
        cpus = 16
        memory = "64G"
        time = "1-12:00:00"
        warning = 300
        setup = '''module load cuda
        source "$HOME/env/bin/activate"'''
        python = "~/env/bin/python"
        requeue = false
        extra = { exclusive = true, exclude = "node[1-3]", nice = 10 }

        [cpu]
        kind = "slurm"
        setup = ["module load python", "ulimit -n 4096"]
        """,
    )
    assert places_file() == file and list(read_places()) == ["gpu", "cpu"]
    gpu, cpu = find_place("gpu"), find_place("cpu")
    assert gpu is not None and cpu is not None
    assert [line.strip() for line in gpu.section.setup] == [
        "module load cuda",
        'source "$HOME/env/bin/activate"',
    ]
    assert gpu.asked["extra"] == {"exclusive": True, "exclude": "node[1-3]", "nice": 10}
    assert gpu.kind == "slurm" and cpu.asked == {"setup": ["module load python", "ulimit -n 4096"]}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('partitoin = "a"', "gpu.partitoin: no such key; did you mean partition?"),
        ('partition = "a b"', "gpu.partition: must be"),
        (r'partition = "a\n#SBATCH --wrap=x"', "gpu.partition: must be"),
        ('partition = "a;reboot"', "gpu.partition: must be"),
        ('partition = "a --wrap=reboot"', "gpu.partition: must be"),
        ('account = "$(reboot)"', "gpu.account: must be"),
        ('qos = "a`reboot`"', "gpu.qos: must be"),
        ('constraint = "a b"', "gpu.constraint: must be"),
        ('constraint = "-x"', "gpu.constraint: must be"),
        ('memory = "32 GB"', "gpu.memory: must be"),
        ('time = "an hour"', "gpu.time: must be"),
        ('time = "60\\n"', "gpu.time: must be"),
        ("time = 60", "gpu.time: must be a string"),
        ("gpus = -1", "gpu.gpus: must be greater than or equal to 0"),
        ("gpus = true", "gpu.gpus: must be an integer"),
        ("nodes = 0", "gpu.nodes: must be greater than or equal to 1"),
        ('nodes = "2"', "gpu.nodes: must be an integer"),
        ('requeue = "yes"', "gpu.requeue: must be a boolean"),
        ("warning = 0", "gpu.warning: must be"),
        (r'python = "python\nreboot"', "gpu.python: must be the path or name of a Python"),
        ('python = "-c"', "gpu.python: must be the path or name of a Python"),
        (r'setup = ["a\nb"]', "gpu.setup: must be one shell line each"),
        ('extra = { "wrap" = "reboot" }', "gpu.extra: 'wrap' is set by workbench"),
        ('extra = { output = "/tmp/x" }', "gpu.extra: 'output' is set by workbench"),
        ('extra = { signal = "KILL" }', "gpu.extra: 'signal' is set by workbench"),
        ('extra = { mem = "3G" }', "gpu.extra: 'mem' has a key of its own: memory"),
        ('extra = { "--exclude" = "a" }', "gpu.extra: '--exclude' must be a long option"),
        ('extra = { "a b" = "a" }', "gpu.extra: 'a b' must be a long option"),
        (r'extra = { exclude = "a\n#SBATCH --wrap=b" }', "gpu.extra: 'exclude' must have no"),
        ('extra = { exclude = "a --wrap=b" }', "gpu.extra: 'exclude' must have no white space"),
        ("extra = { exclude = 'a\"b' }", "gpu.extra: 'exclude' must have no white space"),
        ("extra = { nice = 1.5 }", "gpu.extra"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(home: Path, line: str, said: str) -> None:
    file = write(home, f'[gpu]\nkind = "slurm"\n{line}\n')
    with pytest.raises(RequestError) as refused:
        find_place("gpu")
    text = str(refused.value)
    assert text.startswith(f"{file}: {said}") and "\n" not in text, text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gpu = 1", "gpu: must be a table"),
        ("[gpu]\n", "gpu.kind: must be one of 'slurm' (is missing)"),
        ('[gpu]\nkind = "pbs"', "gpu.kind: must be one of 'slurm' (got 'pbs')"),
        ("[gpu]\nkind = []", "gpu.kind: must be one of 'slurm' (got [])"),
        ('[local]\nkind = "slurm"', "local: is built in"),
        ('["a b"]\nkind = "slurm"', "'a b': a place is named by"),
        ('["-x"]\nkind = "slurm"', "'-x': a place is named by"),
        ("[gpu", "not valid TOML at line 1"),
    ],
)
def test_what_is_wrong_with_a_table(home: Path, text: str, said: str) -> None:
    file = write(home, text)
    with pytest.raises(RequestError) as refused:
        find_place("gpu")
    assert str(refused.value).startswith(f"{file}: {said}") and "\n" not in str(refused.value)
