"""Checkpoints: weights that do not fit, files that cannot be read, devices that are not there."""

from __future__ import annotations

from diagnostics.errors.entry import IN_TORCH, Entry, Wording, says
from diagnostics.finding import Step

LESSON = "training_loop#saving-and-loading"

ENTRIES = (
    Entry(
        "state-dict-data-parallel",
        "checkpoint",
        "The checkpoint's names begin with `module.`: it was saved from a wrapped model",
        "DataParallel and DistributedDataParallel hold the model as .module, and torch.compile as ._orig_mod.",
        (
            Step(
                "take the prefix off",
                'model.load_state_dict({name.removeprefix("module."): value for name, value in state.items()})',
                verify="the answer is <All keys matched successfully>",
            ),
            Step("or save the model inside", 'torch.save(model.module.state_dict(), "model.pt")'),
        ),
        says(
            r"Error\(s\) in loading state_dict for [\s\S]*(Missing|Unexpected) key\(s\) in state_dict: "
            r"[\s\S]*\"(module|_orig_mod)\.",
            r"unexpected key \"module\.\S+\" in state_dict",
        ),
        LESSON,
    ),
    Entry(
        "state-dict-mismatch",
        "checkpoint",
        "The checkpoint does not fit the model",
        "Names or shapes differ: another architecture, another number of classes, or a checkpoint with the "
        "weights one level "
        "further in, as in {'state_dict': …}.",
        (
            Step(
                "compare the names",
                "print(list(state)[:5], list(model.state_dict())[:5])",
                verify="the answer is <All keys matched successfully>",
            ),
            Step("or leave out what is new, such as the last layer", "model.load_state_dict(state, strict=False)"),
        ),
        (
            Wording(
                r"Error\(s\) in loading state_dict for (?P<name>[\w.]+):[\s\S]*?size mismatch for (?P<key>[\w.]+)",
                "The checkpoint does not fit {name}: `{key}` has another shape",
            ),
            Wording(
                r"Error\(s\) in loading state_dict for (?P<name>[\w.]+):[\s\S]*?(Missing|Unexpected) key",
                "The checkpoint does not fit {name}: their names differ",
            ),
            *says(
                r"Error\(s\) in loading state_dict for",
                r"size mismatch for [\w.]+: copying a param with shape",
                r"While copying the parameter named",
                r"(missing|unexpected) keys? in source state_dict",
                r"Missing key\(s\) in state_dict:",
                r"Unexpected key\(s\) in state_dict:",
            ),
        ),
        LESSON,
    ),
    Entry(
        "optimizer-state-mismatch",
        "checkpoint",
        "The optimizer's checkpoint does not fit its parameters",
        "It was saved for another number of parameters, or of groups.",
        (
            Step(
                "make the optimizer as it was when it was saved",
                "optimizer.load_state_dict(state)",
                verify="len(optimizer.param_groups)",
            ),
        ),
        says(
            r"loaded state dict (has a different number of parameter groups|contains a parameter group that "
            r"doesn't match)",
        ),
        LESSON,
    ),
    Entry(
        "checkpoint-device",
        "checkpoint",
        "The checkpoint was saved on a device that is not here",
        "Tensors return to the device that they were saved from, unless told otherwise.",
        (Step("load it to the CPU", 'torch.load("model.pt", map_location="cpu")', verify="then model.to(device)"),),
        says(
            r"Attempting to deserialize object on (a CUDA device|CUDA device \d+) but",
            r"Attempting to deserialize object on an? \w+ device",
            r"torch\.UntypedStorage\(\): Storage device not recognized",
            r"don't know how to restore data location of",
        ),
        LESSON,
    ),
    Entry(
        "weights-only",
        "checkpoint",
        "torch.load refused a checkpoint that holds more than weights",
        "Since torch 2.6 only tensors and plain data are read: a whole pickled model or a config object "
        "could run code.",
        (
            Step("save weights alone", 'torch.save(model.state_dict(), "model.pt")', verify="torch.load reads it"),
            Step("or allow the class, if the file is your own", "torch.serialization.add_safe_globals([MyConfig])"),
            Step("or for a file that you trust, read all", 'torch.load("model.pt", weights_only=False)'),
        ),
        says(r"Weights only load failed", r"Unsupported (global|operand|class)[: ].{0,120}", r"WeightsUnpickler error"),
        LESSON,
    ),
    Entry(
        "checkpoint-torn",
        "checkpoint",
        "The checkpoint's file is torn, or no checkpoint",
        "A download or a save that was cut short, a Git LFS pointer, or an HTML page in its place.",
        (
            Step(
                "look at the file",
                "ls -l model.pt; head -c 100 model.pt",
                verify="it begins with PK, and has the size that it should",
            ),
            Step("then download or save it again"),
        ),
        says(
            r"PytorchStreamReader failed",
            r"PytorchStreamReader .{0,60}failed",
            r"(unexpected EOF, expected \d+ more bytes|storage has wrong size: expected)",
            r"\[enforce fail at inline_container\.cc",
            r"Invalid magic number; corrupt file\?",
            r"unexpected EOF\. The file might be corrupted",
        ),
        LESSON,
    ),
    Entry(
        "checkpoint-torn",
        "checkpoint",
        "The checkpoint's file is torn, or no checkpoint",
        "A download or a save that was cut short, a Git LFS pointer, or an HTML page in its place.",
        (
            Step(
                "look at the file",
                "ls -l model.pt; head -c 100 model.pt",
                verify="it begins with PK, and has the size that it should",
            ),
            Step("then download or save it again"),
        ),
        says(
            r"pop from empty list",
            r"invalid load key, ",
            r"Ran out of input",
            r"could not find MARK",
            r"unpickling stack underflow",
            r"pickle data was truncated",
            r"A load persistent id instruction was encountered",
        ),
        LESSON,
        inside=IN_TORCH + r"(serialization|_weights_only_unpickler)|torch\.load\(",
    ),
    Entry(
        "checkpoint-write",
        "checkpoint",
        "The checkpoint could not be written",
        "The folder is not there, or the disk or the quota is full.",
        (
            Step(
                "make the folder, and see what is free",
                "mkdir -p checkpoints && df -h checkpoints",
                verify="the file has its size",
            ),
        ),
        says(
            r"Parent directory .{0,200}does not exist",
            r"\[enforce fail at inline_container\.cc.{0,80}unexpected pos",
            r"File .{1,200} cannot be opened\.$",
        ),
        LESSON,
        inside=IN_TORCH + r"serialization|torch\.save\(",
    ),
)
