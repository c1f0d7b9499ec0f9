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
CONFIG = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
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
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=1000 State=UNKNOWN
PartitionName=test Nodes={host} Default=YES MaxTime=60 State=UP OverSubscribe=YES:4
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
    """One controller and one node, both this machine."""

    folder: Path

    @property
    def config(self) -> Path:
        """What SLURM_CONF names."""
        return self.folder / "slurm.conf"

    @property
    def node(self) -> str:
        """The node's name."""
        return socket.gethostname().partition(".")[0]

    def start(self) -> None:
        """Start the daemons and wait until the node is idle."""
        for name in ("state", "spool", "munge"):
            (self.folder / name).mkdir()
        self.folder.chmod(0o755)
        munge = self.folder / "munge"
        munge.chmod(0o711)
        key = munge / "key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o600)
        text = CONFIG.format(
            host=self.node, folder=self.folder, ports=_free_ports(2), cpus=os.cpu_count()
        )
        self.config.write_text(text)
        names = {"key": key, "socket": munge / "socket", "pid": munge / "pid", "log": munge / "log"}
        files = ("key-file", "socket", "pid-file", "log-file")
        given = [f"--{option}={file}" for option, file in zip(files, names.values(), strict=True)]
        self.run("munged", "--force", *given, f"--seed-file={munge / 'seed'}")
        self.run("slurmctld", "-f", str(self.config))
        self.run("slurmd", "-f", str(self.config))
        self.until(lambda: self.run("sinfo", "--noheader", "--format=%T").strip() == "idle", 20)

    def end(self) -> None:
        """End every job, then the daemons that :meth:`start` started."""
        try:
            self.run("scancel", "--me")
            self.until(lambda: not self.run("squeue", "--noheader").strip(), 20)
        finally:
            for name in ("slurmd.pid", "slurmctld.pid", "munge/pid"):
                file = self.folder / name
                if file.exists():
                    os.kill(int(file.read_text()), signal.SIGTERM)

    def drain(self, wanted: bool) -> None:
        """Let no job start on the node, or let them start again."""
        drained = "drain" in self.run("sinfo", "--noheader", "--format=%T")
        state = ["State=DRAIN", "Reason=maintenance"] if wanted else ["State=RESUME"]
        if drained != wanted:
            self.run("scontrol", "update", f"NodeName={self.node}", *state)

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
