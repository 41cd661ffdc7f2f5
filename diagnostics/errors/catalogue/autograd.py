"""The recorded graph: nothing recorded, freed, changed, or asked for in a way that it has not; and optimizers."""

from __future__ import annotations

from diagnostics.errors.entry import Entry, Wording, says
from diagnostics.finding import Step

ENTRIES = (
    Entry(
        "no-graph",
        "autograd",
        "backward() was called on a result that no recorded operation led to",
        "Nothing that requires a gradient led to the loss, or the way was cut: detach(), item(), .data, argmax, numpy, "
        "no_grad(), a new torch.tensor(loss), or parameters that are all frozen.",
        (
            Step(
                "keep tensors until the loss, and compute it outside of torch.no_grad()",
                "loss = criterion(model(x), y)",
                verify="print(loss.requires_grad, loss.grad_fn) says True and a function",
            ),
            Step("or unfreeze what is to be trained", "model.fc.requires_grad_(True)"),
        ),
        says(
            r"element \d+ of (tensors|variables|the tensors) does not require grad",
            r"element \d+ of variables tuple does not require grad",
            r"One of the differentiated Tensors does not require grad",
            r"there are no graph nodes that require computing gradients",
            r"[Nn]one of the inputs (have|has) requires_grad=True",
        ),
        "autograd#cutting-the-graph",
    ),
    Entry(
        "graph-freed",
        "autograd",
        "backward() went through a graph a second time",
        "The first backward() frees what was recorded. A loss that is kept for the next step, a hidden "
        "state that is not "
        "detached, or two losses over one forward pass lead back into it.",
        (
            Step(
                "detach what is carried from step to step",
                "hidden = hidden.detach()",
                verify="the second step runs",
            ),
            Step("or add the losses and go back once", "(loss_a + loss_b).backward()"),
            Step("or keep the graph on purpose, which keeps its memory", "loss.backward(retain_graph=True)"),
        ),
        says(
            r"Trying to backward through the graph a second time",
            r"Trying to backward through the graph second time",
            r"Saved intermediate values of the graph are freed",
        ),
        "autograd#reading-a-real-graph",
    ),
    Entry(
        "modified-inplace",
        "autograd",
        "A tensor that backward() needs was changed in place",
        "An operation kept its input or output for backward, and `+=`, relu(inplace=True), x[i] = …, or an "
        "optimizer.step() between forward and backward wrote over it.",
        (
            Step(
                "write the result into a new tensor",
                "x = x + y",
                verify="the line that recorded it is named under torch.autograd.set_detect_anomaly(True)",
            ),
            Step("or call every backward() before the first optimizer.step()"),
        ),
        (
            Wording(
                r"one of the variables needed for gradient computation has been modified by an inplace operation: "
                r"\[(?P<kind>[\w.]+) \[(?P<size>[\d, ]*)\]\], which is output \d+ of (?P<name>\w+)",
                "The output of {name}, of size [{size}], was changed in place before backward() used it",
            ),
            *says(
                r"one of the variables needed for gradient computation has been modified by an inplace operation",
                r"Output \d+ of \w+ is a view and (is being|its base or another view of its base has been) "
                r"modified in-?place",
            ),
        ),
        "autograd#a-write-in-place",
    ),
    Entry(
        "leaf-inplace",
        "autograd",
        "A parameter was changed in place while operations are recorded",
        "A leaf that requires a gradient is where gradients arrive; a recorded change of itself would have "
        "no beginning.",
        (
            Step(
                "change it unrecorded",
                "with torch.no_grad(): weight -= lr * weight.grad",
                verify="weight.is_leaf is True",
            ),
            Step("or set initial values with torch.nn.init"),
        ),
        says(
            r"a (view of a )?leaf Variable that requires grad (is being used|has been used) in an in-?place",
            r"a leaf Variable that requires grad",
            r"leaf variable (was|has been) (used in|moved into the graph)",
            r"leaf variable has been moved into the graph interior",
        ),
        "autograd#a-write-in-place",
    ),
    Entry(
        "not-scalar",
        "autograd",
        "backward() was called on more than one number",
        "A gradient is that of one number; of a tensor torch does not know which.",
        (
            Step("reduce the loss", "loss.mean().backward()", verify="print(loss.shape) says torch.Size([])"),
            Step("or give the weights of its elements", "out.backward(torch.ones_like(out))"),
        ),
        says(
            r"grad can be implicitly created only for (scalar|real scalar) outputs",
            r"grad can be computed only for",
            r"Mismatch in shape: grad_output\[\d+\] has a shape of",
        ),
        "autograd#a-gradient-flows-back",
    ),
    Entry(
        "numpy-of-grad",
        "autograd",
        "numpy() was asked of a tensor that autograd records",
        "numpy would compute unrecorded, and gradients would end there without a word.",
        (Step("leave the graph on purpose", "x.detach().cpu().numpy()", verify="x.detach().requires_grad is False"),),
        says(
            r"Can't call numpy\(\) on (Tensor|Variable) that requires grad",
            r"Can't call numpy\(\) on Variable",
        ),
        "autograd#cutting-the-graph",
    ),
    Entry(
        "deepcopy-non-leaf",
        "autograd",
        "A tensor with a history was copied or made a leaf",
        "Only tensors that no recorded operation led to are leaves: they can be deep-copied, and their "
        "requires_grad changed.",
        (Step("cut its history first", "x = x.detach().clone()", verify="x.is_leaf is True"),),
        says(
            r"Only Tensors created explicitly by the user \(graph leaves\) support the deepcopy",
            r"you can only change requires_grad flags of leaf variables",
            r"Cannot insert a Tensor that requires grad as a constant",
            r"Can't detach views in-place",
        ),
        "autograd#only-leaves-keep-theirs",
    ),
    Entry(
        "unused-in-graph",
        "autograd",
        "A gradient was asked for a tensor that the result does not depend on",
        "The tensor took no part in what led to the result: a branch that was not taken, or a copy made before.",
        (
            Step(
                "say that it may be unused",
                "torch.autograd.grad(loss, inputs, allow_unused=True)",
                verify="the gradient is None",
            ),
        ),
        says(
            r"[Oo]ne of the differentiated Tensors appears to not have been used",
            r"The differentiated Tensor at index \d+ appears",
        ),
        "autograd#reading-a-real-graph",
    ),
    Entry(
        "inference-tensor",
        "autograd",
        "A tensor made under inference_mode was used where gradients are recorded",
        "Inference mode leaves out what autograd would need later, and it cannot be made up for.",
        (
            Step(
                "use no_grad where the result is used in training",
                "with torch.no_grad():",
                verify="x.is_inference() is False",
            ),
            Step("or copy it outside", "x = x.clone()"),
        ),
        says(
            r"Inference tensors cannot be saved for backward",
            r"Inplace update to inference tensor outside InferenceMode",
            r"Setting requires_grad=True on inference tensor",
            r"Cannot set version_counter for inference tensor",
        ),
        "autograd#no_grad-is-not-eval",
    ),
    Entry(
        "anomaly-nan",
        "autograd",
        "A gradient became nan",
        "A function has no finite slope there: sqrt or norm at 0, log of 0, 0/0; or the run had diverged before.",
        (
            Step(
                "keep away from the edge",
                "(x + 1e-8).sqrt()",
                verify="the warning above the error shows the line of the forward pass",
            ),
            Step("or in float16, see whether the loss overflowed: print(loss)"),
        ),
        (
            Wording(
                r"Function '(?P<name>\w+)' returned nan values in its \d+th output",
                "{name} returned nan: the gradient of that operation is not a number",
            ),
        ),
        "autograd#where-a-gradient-dies",
    ),
    Entry(
        "non-finite-norm",
        "autograd",
        "The norm of the gradients was nan or infinite",
        "A step diverged, or float16 overflowed; clipping cannot repair it.",
        (
            Step(
                "look for the first step at which the loss is not finite",
                "assert loss.isfinite()",
                verify="the assertion names the step",
            ),
            Step("or lower the learning rate"),
        ),
        says(
            r"The total norm of order [\w.]+ for gradients from .{1,20}is non-finite",
            r"Gradient overflow\. +Stopping",
        ),
        "learning_rate#one-per-cent-too-much",
    ),
    Entry(
        "nan-probabilities",
        "autograd",
        "A distribution was made of nan, infinite or negative numbers",
        "Weights have become nan: the run diverged before, or a log or division met 0.",
        (
            Step(
                "find where it begins",
                "torch.autograd.set_detect_anomaly(True)",
                verify="the error moves to the first bad operation",
            ),
            Step("or lower the learning rate, and look for 0 in what is divided by"),
        ),
        says(
            r"probability tensor contains either `?inf`?, `?nan`? or element < 0",
            r"Expected parameter \w+ \(Tensor of shape .{1,60}\) of distribution \w+",
            r"The parameter \w+ has invalid values",
            r"invalid multinomial distribution",
            r".{0,200}Assertion `?.{0,60}(probability|distribution) .{0,60}(nan|inf|<0)",
        ),
        "learning_rate#one-per-cent-too-much",
    ),
    Entry(
        "optimizer-no-parameters",
        "autograd",
        "The optimizer got no parameters",
        "model.parameters() was empty or used up: layers in a plain list are not found, and a generator can "
        "be read once.",
        (
            Step(
                "keep layers in a ModuleList",
                "self.layers = torch.nn.ModuleList(layers)",
                verify="len(list(model.parameters())) > 0",
            ),
            Step("or make the generator a list", "params = list(model.parameters())"),
        ),
        says(r"optimizer got an empty parameter list"),
        "training_loop#what-the-optimizer-holds",
    ),
    Entry(
        "optimizer-not-leaf",
        "autograd",
        "The optimizer got something that it cannot train",
        "It takes leaves: parameters, not the results of computing with them (as weight.to(device)), nor a module.",
        (
            Step(
                "pass the parameters",
                "torch.optim.SGD(model.parameters(), lr=0.1)",
                verify="all(p.is_leaf for p in model.parameters())",
            ),
        ),
        says(
            r"can't optimize a non-leaf Tensor",
            r"optimizer can only optimize Tensors",
            r"params argument given to the optimizer should be an iterable",
            r"some parameters appear in more than one parameter group",
            r"parameter group didn't specify a value of required optimization parameter",
        ),
        "training_loop#what-the-optimizer-holds",
    ),
    Entry(
        "optimizer-not-leaf",
        "autograd",
        "The optimizer got a module, where it takes parameters",
        "A module is no list of its parameters.",
        (
            Step(
                "pass the parameters",
                "torch.optim.SGD(model.parameters(), lr=0.1)",
                verify="the optimizer prints its groups",
            ),
        ),
        says(r"'\w+' object is not iterable"),
        "training_loop#what-the-optimizer-holds",
        inside=r"[\\/]torch[\\/]optim[\\/]|optim\.\w+\(\w+(\.\w+)*, ",
    ),
    Entry(
        "double-backward",
        "autograd",
        "A second derivative was asked of an operation that has none",
        "Some fused operations, cuDNN's recurrent layers among them, are made for one backward pass.",
        (
            Step(
                "run the layer without cuDNN", "with torch.backends.cudnn.flags(enabled=False):", verify="backward runs"
            ),
        ),
        says(
            r"derivative for \S+ is not implemented",
            r"the derivative for .{1,80} is not implemented",
            r"cudnn RNN backward can only be called in training mode",
            r"double backwards? (is )?not supported",
            r"Tracing a backward",
        ),
        "autograd#no_grad-is-not-eval",
    ),
)
