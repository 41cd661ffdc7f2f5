"""What belongs to none of the other categories."""

from __future__ import annotations

from diagnostics.errors.entry import Entry, Wording, says
from diagnostics.finding import Step

ENTRIES = (
    Entry(
        "argument-types",
        "other",
        "A function of torch got arguments of types that it does not take",
        "Mostly a list, a numpy array or None stands where a tensor belongs, or a float where an integer does.",
        (Step("print what is passed there", "print(type(x))", verify="it says torch.Tensor"),),
        (
            Wording(
                r"(?P<name>\w+)\(\): argument '(?P<argument>\w+)' (\(position \d+\) )?must be (?P<one>[\w "
                r"]+), not (?P<other>[\w.]+)",
                "{name}() takes a {one} as `{argument}`, and got a {other}",
            ),
            *says(
                r"\w+\(\) received an invalid combination of arguments - got",
                r"\w+\(\): argument '\w+' (\(position \d+\) )?must be",
                r"expected Tensor as element \d+ in argument \d+, but got",
                r"expected (TensorOptions|Tensor|CPU|CUDA) \(?got ",
                r"conv\dd\(\): argument",
            ),
        ),
        "tensors#what-a-tensor-knows",
    ),
    Entry(
        "device-string",
        "other",
        "torch knows no device of that name",
        'Devices are named "cpu", "cuda", "cuda:1", "mps" and so on.',
        (Step("name it as torch does", 'torch.device("cuda:0")', verify='torch.device("cuda:0").index is 0'),),
        (
            Wording(
                r"Expected one of cpu, cuda, .{1,400} device type at start of device string: (?P<name>[\w:.-]{1,40})",
                "torch knows no device `{name}`",
            ),
            *says(r"Expected one of cpu, cuda,", r"Invalid device string: "),
        ),
        "devices#two-devices",
    ),
    Entry(
        "meta-tensor",
        "other",
        "A tensor without data was used as if it had some",
        "On the meta device there are shapes and no numbers: weights that were never loaded, or parts that "
        "were offloaded.",
        (
            Step(
                "give the module memory, then load its weights",
                'model = model.to_empty(device="cpu"); model.load_state_dict(state)',
                verify="no parameter has is_meta",
            ),
        ),
        says(
            r"Cannot copy out of meta tensor; no data!",
            r"Tensor\.item\(\) cannot be called on meta tensors",
            r"\S+: attempted to run this operator with Meta tensors",
        ),
        "devices#two-devices",
    ),
    Entry(
        "forward-missing",
        "other",
        "The module has no forward()",
        "Its name is misspelt, or the method is indented into another one.",
        (Step("define it in the class", "def forward(self, x):", verify="model(x) runs"),),
        says(r"Module \[\w+\] is missing the required \"forward\" function"),
        "training_loop#what-the-optimizer-holds",
    ),
    Entry(
        "module-attribute",
        "other",
        "A module was asked for something that it has not",
        "Layers are attributes set in __init__ after super().__init__(); a wrapped model holds its own as .module.",
        (Step("look at what it has", "print(model)", verify="the name is listed"),),
        (
            Wording(
                r"'(?P<one>\w+)' object has no attribute '(?P<other>\w+)'",
                "A {one} has no `{other}`",
            ),
        ),
        "training_loop#what-the-optimizer-holds",
        inside=r"torch[\\/]nn[\\/]modules[\\/]module\.py: __getattr__",
    ),
    Entry(
        "super-init",
        "other",
        "A layer was set before the module was made",
        "nn.Module prepares itself in its own __init__, which must run first.",
        (Step("call it on the first line of __init__", "super().__init__()", verify="the module is made"),),
        says(r"cannot assign (module|parameters?|buffers?) before Module\.__init__\(\) call"),
        "training_loop#what-the-optimizer-holds",
    ),
    Entry(
        "compile-failed",
        "other",
        "torch.compile failed on a part of the program",
        "Its tracing or its code generation met something that it does not support; the reason stands in "
        "the lines above the advice.",
        (
            Step(
                "run without it, to see that the program is right",
                "TORCHDYNAMO_DISABLE=1 python train.py",
                verify="then compile parts of the model",
            ),
        ),
        says(
            r"backend='\w+' raised:",
            r"(torch\._dynamo\.exc\.)?BackendCompilerFailed",
            r"Dynamo failed to run FX node",
            r"Failed running (call_function|call_method|call_module)",
            r"LoweringException:",
        ),
        "tensors#read-the-message",
        after=("no-compiler",),
    ),
)
