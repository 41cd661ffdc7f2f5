"""Loaders: batches that cannot be made, workers that die, options that contradict."""

from __future__ import annotations

from diagnostics.errors.entry import COLLATING, Entry, Wording, says
from diagnostics.finding import Step

LESSON = "data_loading#workers-are-processes"
ALONE = "num_workers=0: the error then comes from the main process, with its own line"

FILES = "The loader's workers opened too many files"
FILES_CAUSE = "Each tensor that workers hand over is an open file; the limit is mostly 1024."
MORE_FILES = (
    Step("raise the limit in this shell", "ulimit -n 65536", verify="ulimit -n"),
    Step("or hand tensors over by name", 'torch.multiprocessing.set_sharing_strategy("file_system")'),
)

ENTRIES = (
    Entry(
        "collate-sizes",
        "dataloader",
        "The samples of a batch have different sizes",
        "The loader stacks samples, and a stack needs equal shapes. Images of several sizes, or sequences "
        "of several lengths.",
        (
            Step(
                "bring images to one size",
                "transforms.Resize((224, 224))",
                verify="print({sample[0].shape for sample in dataset}) has one shape",
            ),
            Step("or pad sequences in a collate function", "DataLoader(dataset, collate_fn=pad)"),
        ),
        (
            Wording(
                r"stack expects each tensor to be equal size, but got (?P<one>\[[\d, ]*\]) at entry 0 and "
                r"(?P<other>\[[\d, ]*\]) at entry (?P<entry>\d+)",
                "Samples of a batch have sizes {one} and {other}",
            ),
            *says(
                r"stack expects each tensor to be equal size",
                r"invalid argument \d+: Sizes of tensors must match except in dimension 0",
                r"Trying to resize storage that is not resizable",
            ),
        ),
        "data_loading#what-collate-does",
        inside=COLLATING,
    ),
    Entry(
        "collate-sizes",
        "dataloader",
        "The samples of a batch have different sizes",
        "The loader joins samples, and lists in them must have equal lengths.",
        (Step("pad them in a collate function", "DataLoader(dataset, collate_fn=pad)", verify=ALONE),),
        says(
            r"each element in list of batch should be of equal size", r"Trying to resize storage that is not resizable"
        ),
        "data_loading#what-collate-does",
    ),
    Entry(
        "collate-type",
        "dataloader",
        "The loader cannot make a batch of what the dataset returns",
        "It joins tensors, numpy arrays, numbers, strings, and dicts, lists and tuples of these. None (a "
        "file that could not "
        "be read), PIL images and objects of one's own are none of them.",
        (
            Step("return a tensor", "return transforms.ToTensor()(image), label", verify="print(type(dataset[0][0]))"),
            Step("or leave samples that are None out in a collate function"),
        ),
        (
            Wording(
                r"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found "
                r"(?P<what>.{1,80})",
                "A sample holds {what}, of which no batch can be made",
            ),
            *says(
                r"batch must contain tensors, numbers, dicts or lists; found",
                r"default_collate: batch must contain",
            ),
        ),
        "data_loading#what-collate-does",
    ),
    Entry(
        "loader-no-pickle",
        "dataloader",
        "Something that a loader's worker needs cannot be pickled",
        "Workers that are spawned (Windows, macOS, and Linux from Python 3.14 on) get the dataset as a "
        "pickle; lambdas, local "
        "functions and open files cannot be pickled.",
        (
            Step("make the lambda a function of the module", "def to_float(x): return x.float()", verify=ALONE),
            Step("or open files in the worker, at the first __getitem__"),
        ),
        says(
            r"Can't pickle ",
            r"Can't get local object",
            r"cannot pickle '.{1,60}' object",
            r"can't pickle \S+ objects",
            r"Ran out of input",
        ),
        LESSON,
        inside=r"[\\/]torch[\\/]utils[\\/]data[\\/]",
    ),
    Entry(
        "no-main-guard",
        "dataloader",
        "The script starts its workers again and again",
        'Spawned workers import the script; a loop that stands outside of `if __name__ == "__main__":` runs '
        "in each of them.",
        (Step("put what runs under the guard", 'if __name__ == "__main__":', verify=ALONE),),
        says(r"\s*An attempt has been made to start a new process before the"),
        LESSON,
        inside=r"[\\/]torch[\\/]utils[\\/]data[\\/]|DataLoader|[\\/]torch[\\/]multiprocessing[\\/]|mp\.spawn",
    ),
    Entry(
        "shared-memory",
        "dataloader",
        "The loader's workers ran out of shared memory",
        "Workers hand batches over in /dev/shm; a container has 64 MiB of it unless told otherwise.",
        (
            Step("give the container more", "docker run --shm-size=8g IMAGE", verify="df -h /dev/shm"),
            Step("or use fewer workers, or none", "DataLoader(dataset, num_workers=0)"),
        ),
        says(
            r"Unexpected bus error encountered in worker",
            r"DataLoader worker \(pid\(?s?\)? [\d, ]+\) is killed by signal: Bus error",
            r"unable to write to file </torch_",
            r"unable to (open|mmap|resize) .{0,60}</torch_.{0,80}No space left",
        ),
        LESSON,
    ),
    Entry(
        "too-many-files",
        "dataloader",
        FILES,
        FILES_CAUSE,
        MORE_FILES,
        says(r"received 0 items of ancdata", r"unable to open shared memory object </torch_"),
        LESSON,
    ),
    Entry(
        "too-many-files",
        "dataloader",
        FILES,
        FILES_CAUSE,
        MORE_FILES,
        says(r"Too many open files", r"\[Errno 24\] Too many open files"),
        LESSON,
        inside=r"[\\/]torch[\\/](multiprocessing|utils[\\/]data)[\\/]|DataLoader",
    ),
    Entry(
        "worker-died",
        "dataloader",
        "A worker of the loader was ended from outside",
        "No Python error: the kernel's out-of-memory killer, a crash in a library that reads images or "
        "video, or os._exit.",
        (
            Step(
                "look whether the kernel ended it",
                "sudo dmesg | grep -i -E 'killed process|segfault'",
                root=True,
                verify=ALONE,
            ),
            Step(
                "or use fewer workers: each has its own copy of what the dataset changes",
                "DataLoader(dataset, num_workers=2)",
            ),
        ),
        (
            Wording(
                r"DataLoader worker \(pid\(?s?\)? (?P<pid>\d+)\) is killed by signal: (?P<signal>[\w ]+)",
                "A worker of the loader was ended by a signal: {signal}",
            ),
            *says(
                r"DataLoader worker \(pid(\(s\))? [\d, ]+\) (is killed|exited unexpectedly)",
                r"DataLoader worker exited unexpectedly",
                r"DataLoader timed out after",
                r"Pin memory thread exited unexpectedly",
            ),
        ),
        LESSON,
        after=("shared-memory", "no-main-guard", "loader-no-pickle", "fork-after-cuda"),
    ),
    Entry(
        "empty-dataset",
        "dataloader",
        "The dataset is empty",
        "The loader shuffles among no samples: a path that matches no file, or a filter that leaves nothing.",
        (Step("look at the path before the loader is made", "print(len(dataset))", verify="it is more than 0"),),
        says(
            r"num_samples should be a positive integer value, but got num_samples=0",
            r"Found no valid file for the classes",
        ),
        "data_loading#one-epoch",
    ),
    Entry(
        "loader-options",
        "dataloader",
        "Options of the loader contradict each other",
        "A sampler decides on the order, so shuffle, batch_size and drop_last may not; some options need workers.",
        (
            Step(
                "leave one of them out",
                "DataLoader(dataset, batch_size=32, sampler=sampler)",
                verify="the loader is made",
            ),
        ),
        says(
            r"(batch_)?sampler option is mutually exclusive with",
            r"prefetch_factor option could only be specified",
            r"persistent_workers option needs num_workers",
            r"(timeout option|num_workers option) should be",
            r"DataLoader with IterableDataset: expected unspecified",
            r"batch_size=None option disables auto-batching",
        ),
        "data_loading#what-to-look-for",
    ),
    Entry(
        "tensor-dataset-sizes",
        "dataloader",
        "Tensors of one dataset have different lengths",
        "TensorDataset takes the same number of samples in each.",
        (Step("print the shapes", "print(features.shape, labels.shape)", verify="the first numbers are equal"),),
        says(r"Size mismatch between tensors", r"Sum of input lengths does not equal the length of the input dataset"),
        "data_loading#one-epoch",
    ),
    Entry(
        "pin-gpu-tensor",
        "dataloader",
        "The loader was to pin tensors that are on the GPU already",
        "pin_memory is for batches on the CPU; a dataset that returns GPU tensors needs none.",
        (
            Step(
                "leave tensors on the CPU in the dataset, and move the batch",
                'x = x.to("cuda", non_blocking=True)',
                verify="dataset[0][0].device says cpu",
            ),
            Step("or leave pin_memory out", "DataLoader(dataset, pin_memory=False)"),
        ),
        says(
            r"cannot pin '[\w.]+' only dense CPU tensors can be pinned", r"Pinning memory from .{0,60}is not supported"
        ),
        LESSON,
    ),
    Entry(
        "worker-needs-grad",
        "dataloader",
        "A worker returned a tensor with a history",
        "Tensors that autograd records cannot go to another process.",
        (Step("return what needs no gradient", "return x.detach(), label", verify=ALONE),),
        says(r"Cowardly refusing to serialize non-leaf tensor which requires_grad"),
        LESSON,
    ),
)

WORKER_ERROR = Entry(
    "worker-error",
    "dataloader",
    "The dataset raised an error in a worker of the loader",
    "The worker's own traceback tells it; the lines of the main process only wait for the batch.",
    (
        Step(
            "run it in the main process, where a debugger reaches it",
            "DataLoader(dataset, num_workers=0)",
            verify="dataset[i] for the same sample",
        ),
    ),
    (
        Wording(
            r"Caught (?P<kind>\w+) in DataLoader worker process (?P<worker>\d+)",
            "The dataset raised {kind} in worker {worker} of the loader",
        ),
        Wording(r"Caught (?P<kind>\w+) in pin memory thread", "Pinning a batch raised {kind}"),
    ),
    "data_loading#from-the-bottom",
)
"""For errors that the catalogue does not know, from a place that it knows."""
