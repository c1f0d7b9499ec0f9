"""A whole SLURM cluster on this machine, for one session of tests: started, and ended by it.

Needs root and the packages ``slurm-wlm`` and ``munge``; ports, keys, state and logs are its own.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch", "squeue", "scontrol", "scancel", "sinfo")
NODES = ("n1", "n2")
CONFIG = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SlurmctldPort={ports[0]}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobRequeue=1
KillWait=10
MinJobAge=600
ReturnToService=2
SchedulerParameters=sched_interval=1,sched_min_interval=100000
SlurmdTimeout=60
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=1 State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=1 State=UNKNOWN
PartitionName=test Nodes=n1 Default=YES MaxTime=60 State=UP
PartitionName=both Nodes=n1,n2 MaxTime=60 State=UP
"""


def why_none() -> str:
    """Why no cluster can be started here; "" where one can."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin"
    missing = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    if missing:
        return f"needs {', '.join(missing)} (apt-get install slurm-wlm munge)"
    return "" if os.geteuid() == 0 else "needs root, to start SLURM's daemons"


@dataclass
class Cluster:
    """One controller and two nodes, all this machine; the partition ``test`` has the first."""

    folder: Path

    @property
    def config(self) -> Path:
        """What SLURM_CONF names."""
        return self.folder / "slurm.conf"

    @property
    def node(self) -> str:
        """The node of the partition ``test``."""
        return "n1"

    def start(self) -> None:
        """Start the daemons and wait until the node is idle."""
        for name in ("state", "munge"):
            (self.folder / name).mkdir()
        self.folder.chmod(0o755)
        munge = self.folder / "munge"
        munge.chmod(0o711)
        key = munge / "key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o600)
        host = socket.gethostname().partition(".")[0]
        text = CONFIG.format(host=host, folder=self.folder, ports=_free_ports(3))
        self.config.write_text(text)
        names = {"key": key, "socket": munge / "socket", "pid": munge / "pid", "log": munge / "log"}
        files = ("key-file", "socket", "pid-file", "log-file")
        given = [f"--{option}={file}" for option, file in zip(files, names.values(), strict=True)]
        self.run("munged", "--force", *given, f"--seed-file={munge / 'seed'}")
        self.run("slurmctld", "-f", str(self.config))
        for node in NODES:
            self.run("slurmd", "-f", str(self.config), "-N", node)
        self.until(lambda: self._states() == ["idle", "idle"], 20)

    def end(self) -> None:
        """End every job, then the daemons that :meth:`start` started."""
        try:
            self.run("scancel", "--me")
            self.until(lambda: not self.run("squeue", "--noheader").strip(), 20)
        finally:
            daemons = [f"slurmd-{node}.pid" for node in NODES]
            for name in (*daemons, "slurmctld.pid", "munge/pid"):
                file = self.folder / name
                if file.exists():
                    os.kill(int(file.read_text()), signal.SIGTERM)

    def drain(self, wanted: bool) -> None:
        """Let no job start on the node, or let them start again."""
        drained = "drain" in self._states()[0]
        state = ["State=DRAIN", "Reason=maintenance"] if wanted else ["State=RESUME"]
        if drained != wanted:
            self.run("scontrol", "update", f"NodeName={self.node}", *state)

    def _states(self) -> list[str]:
        """The states of the nodes, by their names."""
        lines = self.run("sinfo", "--noheader", "--Node", "--partition=both", "--format=%N %T")
        return [line.split()[1] for line in sorted(lines.splitlines())]

    def run(self, *command: str) -> str:
        """Run one of SLURM's programs; its output."""
        path = f"{os.environ['PATH']}:/usr/sbin:/usr/bin"
        environment = {**os.environ, "SLURM_CONF": str(self.config), "PATH": path}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def until(self, what: Callable[[], object], seconds: float = 40) -> None:
        """Wait until something is so."""
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, f"it did not come; logs are in {self.folder}"
            time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
