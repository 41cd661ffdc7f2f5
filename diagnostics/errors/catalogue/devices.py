"""Tensors of two devices that met."""

from __future__ import annotations

from diagnostics.errors.entry import Entry, Wording, says
from diagnostics.finding import Step

LESSON = "devices#two-devices"
CHECK = "run `tutor check --device cuda SCRIPT`: it names every tensor on the wrong device, and needs no GPU"

ENTRIES = (
    Entry(
        "device-mismatch",
        "device-mismatch",
        "Tensors of two devices met in one operation",
        "All tensors of an operation must be on one device. Model, batch, or a tensor made inside forward() stayed "
        "behind; x.to(device) returns a new tensor and changes nothing unless it is assigned.",
        (
            Step(
                "move every tensor of the batch to the model's device",
                "x, y = x.to(device), y.to(device)",
                verify=CHECK,
            ),
            Step("or make new tensors where their partners are", "torch.zeros(n, device=x.device)"),
            Step("or register constants of a module as buffers, so that model.to() moves them"),
        ),
        (
            Wording(
                r"[Ee]xpected all tensors to be on the same device, but got (?P<name>\w+) is on (?P<one>[\w:]+), "
                r"different from other tensors on (?P<other>[\w:]+)",
                "The argument `{name}` is on {one}, the other tensors on {other}",
            ),
            Wording(
                r"[Ee]xpected all tensors to be on the same device, but found at least two devices, (?P<one>[\w:]+) "
                r"and (?P<other>[\w:]+)! \(when checking ar\w+ment for argument (?P<name>\w+)",
                "Tensors on {one} and on {other} met; torch names the argument `{name}`",
            ),
            Wording(
                r"[Ee]xpected all tensors to be on the same device, but found at least two devices, (?P<one>[\w:]+) "
                r"and (?P<other>[\w:]+)",
                "Tensors on {one} and on {other} met in one operation",
            ),
            *says(
                r"[Ee]xpected all (input )?tensors to be on the same device",
                r"Expected tensors? .{0,80}to be on (the same|a common) device",
                r"Expected object of (device|backend) type (cuda|CUDA|cpu|CPU) but got (device|backend) type",
                r"[Ee]xpected type torch\.cuda\.\w+ but got torch\.(?!cuda)\w+",
                r"[Ee]xpected type torch\.(?!cuda)\w+ but got torch\.cuda\.\w+",
                r"Expected object of type torch\.cuda\.\w+ but found type torch\.(?!cuda)\w+",
                r"Expected object of type torch\.(?!cuda)\w+ but found type torch\.cuda\.\w+",
                r"Expected object of type Variable\[torch\.(cuda\.\w+\] but found type Variable\[torch\.(?!cuda)|"
                r"(?!cuda)\w+\] but found type Variable\[torch\.cuda)",
                r"Expected tensor for argument #\d+ '\w+' to have the same device as tensor",
                r"Expected tensor for .{0,80}to be on (the )?(GPU|CPU)",
                r"Expected tensor to have \w+ DeviceType, but got tensor with \w+ DeviceType",
                r"Tensor for argument #?\d*.{0,40}is on CPU, but expected (it|them) to be on GPU",
                r"Tensor for '\w+' is on (CPU|GPU), but expected",
                r"tensors? (is|are) located on different GPUs|arguments are located on different GPUs",
                r"Some of \w[\w/ ]* tensors are located on different GPUs",
                r"expected same device for (source|self)",
            ),
            Wording(
                r"Input type \((?P<one>torch\.(cuda|mps|xpu|hip)\.\w+|(MPS|CUDA|XPU)\w+Type)\) and (weight|bias) type "
                r"\((?P<other>torch\.\w+)\)",
                "The input is on the GPU, the layer's weights are on the CPU",
            ),
            Wording(
                r"Input type \((?P<one>torch\.\w+Tensor|CPU\w+Type)\) and (weight|bias) type "
                r"\((?P<other>torch\.(cuda|mps|xpu|hip)\.\w+|(MPS|CUDA|XPU)\w+Type)\)",
                "The layer's weights are on the GPU, its input is on the CPU",
            ),
            Wording(
                r"Input and (?P<what>hidden|parameter) tensors are not at the same device, found input tensor at "
                r"(?P<one>[\w:]+) and (hidden|parameter) tensor at (?P<other>[\w:]+)",
                "The input is on {one}, the {what} tensor on {other}",
            ),
            *says(
                r"Input, output and indices must be on the current device",
                r"indices should be either on",
                r"[Ee]xpected self and mask to be on (the )?same device",
                r"mask(ed_\w+)?: expected self and mask to be on",
                r"grid_sampler\(\): expected input and grid to be on (the )?same device",
                r"Expected query, key, and value to have the same device",
                r"Expected condition, x and y to be on the same device",
                r"(torch\.)?linalg[.\w]*: [Ee]xpected .{0,80}to be on the same device",
                r"\w+(\(\))?: [Ee]xpected .{0,60}to be on the same device",
                r"Expected a '\w+' (device type|generator device) for generator but found",
                r"Expected a '\w+:?\d*' generator device but found",
                r"attempting to assign a gradient with device type",
                r"assigned grad has data located on a different device",
                r"Attempted to call `variable\.set_data\(tensor\)`, but",
                r"Tensor on device [\w:]+ is not on the expected device",
                r"Trying to pass too many CPU scalars to \w",
                r"slow_conv2d_forward_mps: input\(device=",
                r"Placeholder storage has not been allocated on MPS device",
                r"Passed CPU tensor to MPS op",
                r"Unhandled FakeTensor Device Propagation for \S+, found two different devices",
            ),
        ),
        LESSON,
    ),
    Entry(
        "module-device",
        "device-mismatch",
        "The module given to DataParallel is not on its first GPU",
        "DataParallel copies a module from its first device to the others; parameters or buffers lie elsewhere.",
        (Step("move it before it is wrapped", 'model = torch.nn.DataParallel(model.to("cuda:0"))', verify=CHECK),),
        says(
            r"module must have its parameters and buffers on device",
            r"all tensors must be on devices\[0\]",
            r"Broadcast function not implemented for CPU tensors",
        ),
        LESSON,
    ),
    Entry(
        "host-tensor-needed",
        "device-mismatch",
        "An argument must be on the CPU, and is on the GPU",
        "Lengths of packed sequences steer the work from the host, and torch takes them on the CPU only.",
        (
            Step(
                "pass the lengths from the CPU",
                "pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)",
                verify=CHECK,
            ),
        ),
        says(
            r"'?lengths'? (argument )?should be a 1D CPU int64 tensor",
            r"batch_sizes should always be on CPU",
            r"(apply|map2?)_ is only implemented on CPU tensors",
        ),
        LESSON,
    ),
    Entry(
        "numpy-of-gpu-tensor",
        "device-mismatch",
        "numpy() was asked of a tensor that is not on the CPU",
        "numpy arrays live in the host's memory; torch copies a tensor there only when told to.",
        (Step("copy it first", "x.detach().cpu().numpy()", verify=CHECK),),
        (
            Wording(
                r"can't convert (?P<one>[\w:]+) device type tensor to numpy",
                "A tensor on {one} was given to numpy, which takes the CPU's alone",
            ),
            *says(r"can't convert (a )?(CUDA|GPU) tensor to numpy", r"Can't convert (CUDA|GPU) tensors? to numpy"),
        ),
        LESSON,
    ),
)
