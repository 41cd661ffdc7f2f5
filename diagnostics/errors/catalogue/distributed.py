"""Several processes that wait for each other, and do not meet."""

from __future__ import annotations

from diagnostics.errors.entry import Entry, Wording, says
from diagnostics.finding import Step

LESSON = "training_loop#several-processes-one-model"
LOUD = Step(
    "run again with NCCL telling what it does",
    "NCCL_DEBUG=INFO TORCH_DISTRIBUTED_DEBUG=DETAIL torchrun --nproc-per-node=2 train.py",
)

ENTRIES = (
    Entry(
        "rendezvous-missing",
        "distributed",
        "The script was started without a launcher, and waits for one",
        "init_process_group reads rank, world size and the meeting place from the environment, which torchrun sets.",
        (
            Step(
                "start it with torchrun",
                "torchrun --nproc-per-node=2 train.py",
                verify="echo $RANK in the script's environment",
            ),
        ),
        (
            Wording(
                r"Error initializing torch\.distributed using env:// rendezvous: environment variable "
                r"(?P<name>\w+) expected",
                "The environment has no {name}: the script was started without a launcher",
            ),
            *says(r"Error initializing torch\.distributed using env:// rendezvous"),
        ),
        LESSON,
    ),
    Entry(
        "address-in-use",
        "distributed",
        "The port where the processes meet is taken",
        "Another run, or the rest of one, listens on MASTER_PORT.",
        (
            Step("take a port that is free", "torchrun --standalone --nproc-per-node=2 train.py"),
            Step("or find who holds it", "ss -ltnp | grep 29500", verify="the port is not listed"),
        ),
        says(
            r"The server socket has failed to (listen|bind)",
            r".{0,160}The server socket has failed to (listen|bind)",
            r".{0,80}(errno: 98|EADDRINUSE).{0,80}[Aa]ddress already in use",
        ),
        LESSON,
    ),
    Entry(
        "group-not-begun",
        "distributed",
        "A collective was called before the process group was made",
        "init_process_group must have run in this process.",
        (
            Step(
                "make it first",
                'torch.distributed.init_process_group("nccl")',
                verify="torch.distributed.is_initialized() is True",
            ),
        ),
        says(
            r"Default process group has not been initialized",
            r"Default process group is not initialized",
            r"trying to initialize the default process group twice",
            r"Distributed package doesn't have (NCCL|MPI|GLOO|UCC)",
            r"No backend type associated with device type",
        ),
        LESSON,
    ),
    Entry(
        "unused-parameters",
        "distributed",
        "Some parameters took no part in the loss, and DDP waits for their gradients",
        "DistributedDataParallel expects a gradient for each parameter, on every process, each step.",
        (
            Step(
                "say so, at a cost",
                "DistributedDataParallel(model, find_unused_parameters=True)",
                verify="TORCH_DISTRIBUTED_DEBUG=DETAIL names them",
            ),
            Step("or use all outputs in the loss, and freeze what is not trained"),
        ),
        says(
            r"Expected to have finished reduction in the prior iteration",
            r"Expected to mark a variable ready only once",
            r"Parameter at index \d+ .{0,200}has been marked as ready twice",
            r"DistributedDataParallel is not needed when a module doesn't have any parameters",
            r"Your training graph has changed in this iteration",
        ),
        LESSON,
    ),
    Entry(
        "collective-timeout",
        "distributed",
        "A process waited for the others until its time was over",
        "One process does not come to the same collective: it died, hangs, took another branch, or has "
        "fewer batches. The ones "
        "that say so are those that waited; the culprit is another.",
        (
            Step("look at the rank that does not say it: its own error, or its last line", "py-spy dump --pid PID"),
            LOUD,
            Step(
                "or on PCs without NVLink, try without peer-to-peer copies",
                "NCCL_P2P_DISABLE=1 torchrun --nproc-per-node=2 train.py",
            ),
        ),
        says(
            r".{0,160}Watchdog caught collective operation timeout",
            r".{0,160}[Ww]atchdog (thread )?(caught|got stuck|terminated)",
            r"Timed out (waiting|initializing process group)",
            r".{0,80}Timed out waiting \d+ ?ms for (recv|send)",
            r"(Socket Timeout|wait timeout after \d+ms)",
            r"The client socket has timed out after",
            r".{0,160}The client socket has (timed out|failed to connect)",
            r"Some NCCL operations have failed or timed out",
            r".{0,80}failed to pass monitoredBarrier",
            r"Ranks? [\d, ]+ failed to pass monitoredBarrier",
            r"Detected mismatch between collectives on ranks",
            r"Timeout waiting for key: default_pg",
            r"Wait timeout after \d+ms",
        ),
        LESSON,
    ),
    Entry(
        "peer-gone",
        "distributed",
        "Another process of the run went away",
        "The connection to it broke: its own error, on its rank or host, is the cause.",
        (
            Step(
                "read the log of the rank that ended first",
                "torchrun --tee 3 --log-dir logs --nproc-per-node=2 train.py",
            ),
            LOUD,
        ),
        says(
            r".{0,200}Connection (closed by|reset by) peer \[",
            r".{0,160}(NCCL|ncclRemoteError).{0,160}remote process exited or there was a network error",
            r"ncclRemoteError",
            r"\[.{0,120}gloo/transport/tcp/pair\.cc.{0,60}",
            r".{0,200}Broken pipe\. .{0,60}TCPStore",
            r"(recvValue|sendBytes|recvVector|doWait).{0,20}failed on",
        ),
        LESSON,
        after=("collective-timeout", "nccl-failed"),
    ),
    Entry(
        "nccl-failed",
        "distributed",
        "A call of NCCL failed",
        "Two processes on one GPU, a network interface that leads nowhere, little shared memory, or mixed "
        "versions of NCCL.",
        (
            LOUD,
            Step("give each process its own GPU", 'torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))'),
            Step("or name the network", "NCCL_SOCKET_IFNAME=eth0 torchrun --nproc-per-node=2 train.py"),
        ),
        (
            Wording(
                r"NCCL error in: .{1,200}?, (?P<what>(unhandled|invalid|internal|duplicate)[\w ]+)",
                "NCCL failed: {what}",
            ),
            *says(
                r"NCCL (error|Error)",
                r"nccl(System|Internal|Invalid|Unhandled|UnhandledCuda)\w*(Error|Usage)?: ",
                r"Duplicate GPU detected",
                r".{0,120}NCCL WARN Duplicate GPU detected",
                r"NCCL communicator was aborted",
            ),
        ),
        LESSON,
    ),
)
