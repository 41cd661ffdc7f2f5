"""The kinds of silent bugs: what each is called, why it matters, what mends it and how to see that it did.

{words} stand for what a rule saw: names, numbers.
"""

from __future__ import annotations

from typing import NamedTuple

from diagnostics.finding import Step


class Kind(NamedTuple):
    """A kind of bug. `warn` is certain from what was seen; `note` may be meant."""

    status: str
    title: str
    cause: str
    fix: tuple[Step, ...]
    lesson: str


KINDS: dict[str, Kind] = {
    "missing-zero-grad": Kind(
        "warn",
        "The gradients are never cleared: each step adds those of all batches before",
        "backward() adds to .grad, and step() leaves it as it is.",
        (
            Step(
                "call zero_grad() once a step, before backward()",
                "{optimizer}.zero_grad()",
                verify="every parameter's .grad is None or 0 just before loss.backward()",
            ),
        ),
        "training_loop#clear-before-backward",
    ),
    "zero-grad-before-step": Kind(
        "warn",
        "zero_grad() runs between backward() and step(): the step has no gradients",
        "The gradients that backward() made are gone before the optimizer reads them; the weights stay as they are.",
        (
            Step(
                "move zero_grad() before backward(), or after step()",
                "{optimizer}.zero_grad()",
                verify="a parameter differs before and after {optimizer}.step()",
            ),
        ),
        "training_loop#the-order-of-a-step",
    ),
    "step-before-backward": Kind(
        "warn",
        "step() runs before backward(): it steps by no gradients",
        "What backward() makes afterwards is cleared in the next round, before a step has read it.",
        (
            Step(
                "call step() after backward()",
                "loss.backward(); {optimizer}.step()",
                verify="a parameter differs before and after {optimizer}.step()",
            ),
        ),
        "training_loop#the-order-of-a-step",
    ),
    "missing-step": Kind(
        "warn",
        "backward() runs and `{optimizer}` never steps: nothing is trained",
        "backward() computes gradients; only step() changes the weights.",
        (
            Step(
                "call step() after backward()",
                "{optimizer}.step()",
                verify="a parameter differs between the first and the last batch",
            ),
        ),
        "training_loop#the-order-of-a-step",
    ),
    "missing-backward": Kind(
        "warn",
        "`{optimizer}` steps and backward() is never called: nothing is trained",
        "step() reads .grad, which backward() fills; a parameter without a gradient is passed over.",
        (
            Step(
                "call backward() on the loss, before step()",
                "loss.backward(); {optimizer}.step()",
                verify="every parameter that {optimizer} holds has a .grad at step()",
            ),
        ),
        "training_loop#the-order-of-a-step",
    ),
    "layers-in-plain-list": Kind(
        "warn",
        "`{name}` holds layers in a plain {container}: the optimizer does not know them",
        "A module finds only what is an attribute of its own, or lies in a ModuleList or a ModuleDict.",
        (
            Step(
                "keep them in nn.{right}",
                "{name} = nn.{right}({name})",
                verify="len(list(model.parameters())) grows by {count}",
            ),
        ),
        "training_loop#what-the-optimizer-holds",
    ),
    "tensor-not-parameter": Kind(
        "warn",
        "`{name}` gets gradients and is no nn.Parameter: it never changes",
        "parameters() gives nn.Parameter alone; a plain tensor with requires_grad stays out of the optimizer.",
        (
            Step(
                "make it a parameter",
                "{name} = nn.Parameter(...)",
                verify='"{attribute}" is in dict(model.named_parameters())',
            ),
        ),
        "training_loop#what-the-optimizer-holds",
    ),
    "stale-optimizer": Kind(
        "warn",
        "The optimizer holds parameters that no layer uses: they were replaced after it was made",
        "An optimizer keeps the tensors that it was given. A new model or a new layer has others.",
        (
            Step(
                "make the optimizer after the last change of the model",
                verify="every parameter that {optimizer} holds has a .grad after backward()",
            ),
        ),
        "training_loop#what-the-optimizer-holds",
    ),
    "parameters-in-no-optimizer": Kind(
        "warn",
        "`{name}` gets gradients and is in no optimizer: it never changes",
        "Only what an optimizer was given is trained.",
        (
            Step(
                "give it to the optimizer too; where it is to stay as it is, freeze it",
                "{optimizer}.add_param_group({'params': {name}.parameters()})",
                verify="its weights differ before and after a step",
            ),
        ),
        "training_loop#what-the-optimizer-holds",
    ),
    "gradient-cut": Kind(
        "warn",
        "{count} tensors of the optimizer never get a gradient: the graph is cut behind {layer}",
        "detach(), .data, .item(), numpy and no_grad() end the graph: backward() does not reach what came before.",
        (
            Step(
                "take the cut out of forward; where those layers are to stay as they are, freeze them",
                verify="no parameter of the model has .grad None after backward()",
            ),
        ),
        "autograd#cutting-the-graph",
    ),
    "part-never-used": Kind(
        "note",
        "`{name}` is in the optimizer and is never used: it has no gradient, and does not change",
        "forward() does not read it, so backward() does not reach it.",
        (
            Step(
                "use it in forward(), where another was used in its place; else take it out",
                verify="no parameter of the model has .grad None after backward()",
            ),
        ),
        "training_loop#what-the-optimizer-holds",
    ),
    "learning-rate-zero": Kind(
        "warn",
        "The learning rate was 0 in all {steps} steps: nothing was trained",
        "A step moves each weight by the learning rate times its gradient.",
        (Step("set a learning rate above 0", verify="{optimizer}.param_groups[0]['lr'] is above 0 at the step"),),
        "learning_rate#what-step-does",
    ),
    "update-rounds-away": Kind(
        "warn",
        "The weights do not move: the update is smaller than their spacing in {dtype}",
        "A change of less than half the gap between two numbers is rounded away.",
        (
            Step(
                "keep the weights in float32 and compute under autocast, or raise the learning rate",
                verify="a weight differs before and after {optimizer}.step()",
            ),
        ),
        "number_formats#a-weight-that-stands-still",
    ),
    "training-in-eval": Kind(
        "warn",
        "The model trains in eval mode: {layers} {do_not_work} in training",
        "eval() holds until train() is called. Dropout drops nothing, and batch norm keeps its old statistics.",
        (
            Step(
                "call train() before the batches of each epoch",
                "{model}.train()",
                verify="{model}.training is True at loss.backward()",
            ),
        ),
        "dropout#train-and-eval",
    ),
    "evaluating-in-train": Kind(
        "warn",
        "The model is evaluated in train mode: {layers} {work} in training",
        "no_grad() switches off the graph, not dropout. Two passes over the same data give two results, and batch norm "
        "learns from the test data.",
        (
            Step(
                "call eval() before the evaluation, and train() after it",
                "{model}.eval()",
                verify="two passes over the same batch give the same output",
            ),
        ),
        "dropout#forgetting-eval",
    ),
    "functional-dropout": Kind(
        "warn",
        "F.{function} drops in evaluation too: eval() does not reach it",
        "The function drops unless it is told training=False; only nn.Dropout knows the mode of its model.",
        (
            Step(
                "tell it the mode, or use nn.Dropout",
                "F.{function}(..., training=self.training)",
                verify="after model.eval() two passes over the same batch give the same output",
            ),
        ),
        "dropout#train-and-eval",
    ),
    "loss-without-graph": Kind(
        "warn",
        "backward() runs on a loss that has no graph: no weight gets a gradient",
        "A tensor made of a number, by .item(), torch.tensor() or .detach(), has forgotten what it was computed from.",
        (
            Step(
                "call backward() on the tensor that the loss function gave",
                verify="loss.grad_fn is not None",
            ),
        ),
        "autograd#cutting-the-graph",
    ),
    "graph-kept": Kind(
        "warn",
        "`{name}` keeps the graph of every step: memory grows",
        "A tensor with a graph keeps all that it was computed from, and so does a sum or a list of such tensors.",
        (
            Step(
                "keep the number alone",
                "{line}",
                verify="{name} has no grad_fn, and no tensor in it has",
            ),
        ),
        "memory#graphs-that-stay",
    ),
    "wrong-argmax-axis": Kind(
        "warn",
        "argmax is taken over the batch, and compared with one label a sample",
        "The scores have the shape (samples, classes): the best class of each sample is along the last axis.",
        (Step("take it over the classes", "argmax(dim=1)", verify="the result has one element a sample"),),
        "tensors#axes",
    ),
    "sorted-labels": Kind(
        "warn",
        "The training data comes sorted by label",
        "Each step sees one class and unlearns the others; batch norm sees the statistics of one class.",
        (
            Step(
                "shuffle it",
                "DataLoader(..., shuffle=True)",
                verify="the labels of one batch are of several classes",
            ),
        ),
        "data_loading#shuffle",
    ),
    "repeated-worker-seeds": Kind(
        "warn",
        "Each loader worker draws the same random numbers from `{name}`",
        "{why}.",
        (
            Step(
                "seed it in worker_init_fn from torch.initial_seed(), or draw from torch's own generator",
                verify="the random draws of two workers, and of two epochs, differ",
            ),
        ),
        "data_loading#workers-and-seeds",
    ),
    "one-batch-only": Kind(
        "warn",
        "The loop trains on the first batch alone: {used} of {batches} batches",
        "{why}.",
        (
            Step(
                "loop over the loader itself",
                "for batch in {loader}:",
                verify="the batches of one epoch are {batches}",
            ),
        ),
        "data_loading#one-epoch",
    ),
    "loss-diverges": Kind(
        "warn",
        "The loss grew from {first} to {last}: the steps are too large",
        "Beyond a limit that the curvature sets, each step lands farther away than the one before.",
        (
            Step(
                "divide the learning rate by 10",
                verify="the loss of the first {steps} steps falls",
            ),
        ),
        "learning_rate#curvature-sets-the-limit",
    ),
    "loss-not-finite": Kind(
        "warn",
        "The loss is {last} since step {step}, and was finite before",
        "From one not-a-number on all weights become not-a-number, and every later step is lost.",
        (
            Step(
                "lower the learning rate, or clip; torch.autograd.set_detect_anomaly(True) names the operation",
                verify="torch.isfinite(loss) at every step",
            ),
        ),
        "learning_rate#read-the-curve-then-turn",
    ),
    "learning-rate-too-low": Kind(
        "warn",
        "The steps are too small to change anything: {ratio} of the weights' size each",
        "The learning rate is far below what this loss would take.",
        (
            Step(
                "multiply the learning rate by 10 until the loss falls",
                verify="the loss of the first {steps} steps falls",
            ),
        ),
        "learning_rate#too-small-looks-like-nothing",
    ),
    "flat-at-chance": Kind(
        "note",
        "The loss stays at ln {classes} = {chance}: the model guesses evenly among {classes} classes",
        "That is the loss of a model that has learned nothing from its input: labels that do not belong to the "
        "inputs, a cut graph, or steps that do not reach the weights.",
        (
            Step(
                "train on one batch of 8 samples: where its loss does not fall either, the loop is wrong, not the data",
                verify="the loss falls below {chance}",
            ),
        ),
        "training_loop#flat-at-chance",
    ),
    "half-gradients-zero": Kind(
        "warn",
        "{zeros} of {all} gradients are 0 in float16: they are below its smallest number",
        "float16 ends at 6e-8. What is smaller becomes 0 in backward(), and those weights do not move.",
        (
            Step(
                "scale the loss by torch.amp.GradScaler, or compute in bfloat16",
                verify="the gradients are not 0 with GradScaler",
            ),
        ),
        "mixed_precision#gradients-that-become-0",
    ),
    "waits-every-step": Kind(
        "note",
        "Every step waits for the GPU at this line: {name}() asks for a value",
        "The CPU stands still until the GPU has computed the value, and the GPU then waits for the CPU.",
        (
            Step(
                "keep the tensor, detached, and ask for its value every 50 steps",
                verify="the time of a step without the line",
            ),
        ),
        "devices#waiting-for-the-gpu",
    ),
    "clip-after-step": Kind(
        "warn",
        "The gradients are clipped after the step that used them",
        "step() has read the gradients; what clipping changes is cleared before the next one.",
        (
            Step(
                "clip between backward() and step()",
                verify="the norm that clip_grad_norm_ gives a second time is within the limit at step()",
            ),
        ),
        "training_loop#the-order-of-a-step",
    ),
    "clip-before-unscale": Kind(
        "warn",
        "The gradients are clipped while they are scaled by {scale}",
        "GradScaler multiplies the gradients. A limit for true gradients cuts the scaled ones to almost nothing.",
        (
            Step(
                "unscale them first",
                "scaler.unscale_({optimizer})",
                verify="the norm that clip_grad_norm_ gives is of the size of the gradients without autocast",
            ),
        ),
        "mixed_precision#clip-after-unscale_",
    ),
    "scheduler-before-step": Kind(
        "warn",
        "The scheduler steps before the optimizer: the first learning rate is never used",
        "Each step of the scheduler sets the rate for the steps that follow it.",
        (
            Step(
                "call the scheduler after the optimizer",
                "{optimizer}.step(); scheduler.step()",
                verify="the first step uses the rate that the optimizer was made with",
            ),
        ),
        "learning_rate#what-step-does",
    ),
}
