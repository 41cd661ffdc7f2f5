"""The target of a loss: its dtype, its shape, its values."""

from __future__ import annotations

from diagnostics.errors.entry import LOSSES, Entry, Wording, says
from diagnostics.finding import Step

LESSON = "labels_and_losses#a-dtype-for-each-loss"
CHECK = "run `tutor check SCRIPT`: it names the label, its dtype and shape, and where it was made"

TO_LONG = (
    Step(
        "make class labels int64, best where they are made",
        "loss = criterion(logits, labels.long())",
        verify="print(labels.dtype, labels.shape) before the loss says torch.int64",
    ),
    Step("or for targets that are probabilities of classes, float of the same shape as the logits"),
)
INDICES = "cross_entropy and nll_loss read labels as class indices, and torch takes these as int64."

TO_FLOAT = (
    Step(
        "make the target float, of the same shape as the output",
        "loss = criterion(output, target.float())",
        verify="print(output.dtype, target.dtype) before the loss says torch.float32 twice",
    ),
)
IN_RANGE = Step(
    "make labels run from 0 to classes - 1, and the last layer as wide as there are classes",
    "assert 0 <= labels.min() and labels.max() < logits.shape[1]",
    verify="run one batch on the CPU: there the error names the label",
)

SCALARS = r"(Int|Short|Char|Byte|Bool|Float|Double|Half|BFloat16|UInt16|UInt32|UInt64|Complex\w+)"

ENTRIES = (
    Entry(
        "label-dtype",
        "label-dtype",
        "The labels have a dtype that the loss does not take",
        INDICES,
        TO_LONG,
        (
            Wording(
                r"expected target dtype to be Long or Byte, but got (?P<dtype>\w+)",
                "Class labels have dtype {dtype}, where Long (int64) is needed",
            ),
            Wording(
                r"[Ee]xpected object of (scalar )?type Long but (got|found) (scalar )?type (?P<dtype>\w+) for "
                r"argument #\d+ '(target|labels?)'",
                "Class labels have dtype {dtype}, where Long (int64) is needed",
            ),
            *says(
                r"[Ee]xpected object of type (Variable\[)?torch\.(cuda\.)?LongTensor\]? but found type "
                r"(Variable\[)?torch\.(cuda\.)?\w+\]? for argument #\d+ '(target|labels?)'",
            ),
            Wording(
                r"\"(nll_loss\w*|cross_entropy\w*)\" not implemented for '(?P<dtype>Int|Short|Char|Byte|Bool)'",
                "Class labels have dtype {dtype}, where Long (int64) is needed",
            ),
        ),
        LESSON,
    ),
    Entry(
        "label-dtype",
        "label-dtype",
        "Class labels are not int64",
        INDICES,
        TO_LONG,
        (
            Wording(
                rf"expected scalar type Long but (found|got) (?P<dtype>{SCALARS})\b",
                "The labels have dtype {dtype}, where Long (int64) is needed",
            ),
        ),
        LESSON,
        outside=r"gather|scatter|index_select|embedding",
    ),
    Entry(
        "label-one-hot",
        "label-dtype",
        "One-hot labels of an integer dtype were given to cross_entropy",
        "A target of the same shape as the logits is read as probabilities of classes, which are floating; "
        "class indices have one dimension fewer.",
        (
            Step(
                "give class indices instead",
                "loss = criterion(logits, labels.argmax(dim=1))",
                verify="print(logits.shape, labels.shape, labels.dtype): one dimension fewer, torch.int64",
            ),
            Step("or make them probabilities", "loss = criterion(logits, labels.float())"),
        ),
        says(r"Expected floating point type for target with class probabilities, got \w+"),
        LESSON,
    ),
    Entry(
        "label-no-tensor",
        "label-dtype",
        "The target of the loss is no tensor",
        "A loss takes tensors; numpy arrays, lists and numbers are not turned into them.",
        (
            Step(
                "make it a tensor",
                "labels = torch.as_tensor(labels, dtype=torch.long, device=logits.device)",
                verify=CHECK,
            ),
        ),
        (
            Wording(
                r"\w*(cross_entropy|nll_loss|mse_loss|l1_loss|binary_cross_entropy|kl_div|loss)\w*\(\): argument "
                r"'(target|other)' \(position \d\) must be Tensor, not (?P<type>[\w.]+)",
                "The target of the loss is a {type}, not a tensor",
            ),
        ),
        LESSON,
    ),
    Entry(
        "bce-integer-target",
        "label-dtype",
        "Integer targets were given to a loss that takes floats",
        "Binary cross-entropy compares numbers with numbers: its targets are float, in the range 0 to 1.",
        TO_FLOAT,
        says(
            r"result type \w+ can't be cast to the desired output type (Long|Int|Short|Char|Byte|Bool)",
            r"Subtraction, the `-` operator, with (two )?(a )?bool tensors? is not supported",
        ),
        "labels_and_losses#yes-or-no",
        inside=LOSSES,
    ),
    Entry(
        "bce-integer-target",
        "label-dtype",
        "The target of the loss has another dtype than its input",
        "The loss compares numbers with numbers of the same floating dtype.",
        TO_FLOAT,
        (
            Wording(
                r"Found dtype (?P<dtype>\w+) but expected (?P<other>\w+)",
                "The target has dtype {dtype}, where the loss needs {other}",
            ),
            *says(
                r"[Ee]xpected object of (scalar )?type (Float|Double|Half) but (got|found) (scalar )?type \w+ for "
                r"argument #\d+ '(target|other)'",
                r"Expected object of type torch\.(cuda\.)?FloatTensor but found type "
                r"torch\.(cuda\.)?(Long|Int|Double|Byte)"
                r"Tensor for argument #\d+ '(target|other)'",
                r"\"(binary_cross_entropy|mse|l1|smooth_l1|huber)\w*\" not implemented for '(Long|Int|Bool|Byte)'",
            ),
        ),
        "labels_and_losses#yes-or-no",
    ),
    Entry(
        "bce-integer-target",
        "label-dtype",
        "The target of the loss has another dtype than its input",
        "The loss compares numbers with numbers of the same floating dtype.",
        TO_FLOAT,
        says(r"expected scalar type (Float|Half|BFloat16) but found (Long|Int|Bool|Byte|Double)\b"),
        "labels_and_losses#yes-or-no",
        inside=r"binary_cross_entropy|mse_loss|l1_loss|huber_loss",
    ),
    Entry(
        "logits-integer",
        "label-dtype",
        "The loss got integers where its logits belong",
        "The first argument is the model's output, the second the labels; here the first is of an integer dtype, as "
        "when both are swapped.",
        (
            Step(
                "pass logits first, labels second",
                "loss = torch.nn.functional.cross_entropy(logits, labels)",
                verify="print(logits.dtype) says a floating dtype",
            ),
        ),
        says(r"\"(log_)?softmax\w*\" not implemented for '(Long|Int|Bool|Byte|Short|Char)'"),
        LESSON,
        inside=r"cross_entropy|loss",
    ),
    Entry(
        "label-shape",
        "label-shape-or-range",
        "The labels have a dimension too many",
        "Class indices have one dimension fewer than the logits: (N,) beside (N, C). (N, 1) or one-hot is none.",
        (
            Step(
                "drop the dimension of size 1",
                "loss = criterion(logits, labels.squeeze(1))",
                verify="print(logits.shape, labels.shape): (N, C) and (N,)",
            ),
            Step("or turn one-hot labels to indices", "labels = labels.argmax(dim=1)"),
        ),
        says(
            r"0D or 1D target tensor expected, multi-target not supported",
            r"1D target tensor expected, multi-target not supported",
            r"multi-target not supported",
            r"only batches of spatial targets supported \(\w+ tensors\)",
            r"inconsistent target size",
            r"multilabel_margin_loss: .{0,80}target",
        ),
        "labels_and_losses#a-shape-for-each-loss",
    ),
    Entry(
        "label-batch-size",
        "label-shape-or-range",
        "Logits and labels count a different number of samples",
        "The first dimension of both is the batch; a view or reshape that moves numbers between dimensions, or a "
        "class dimension in another place, changes it.",
        (
            Step(
                "keep the batch first when the model's output is flattened",
                "x = x.flatten(start_dim=1)",
                verify="print(logits.shape, labels.shape): the same first number",
            ),
        ),
        (
            Wording(
                r"Expected input batch_size \((?P<one>\d+)\) to match target batch_size \((?P<other>\d+)\)",
                "The logits are for {one} samples, the labels for {other}",
            ),
            *says(
                r"Assertion `?THIndexTensor_\(size\)\(target, 0\) == batch_size'? failed",
                r"size mismatch \(got input: \[[\d, ]*\], target: \[[\d, ]*\]\)",
                r"input and target batch or spatial sizes don't match",
                r"Expected (a )?target size",
            ),
        ),
        "labels_and_losses#a-shape-for-each-loss",
    ),
    Entry(
        "target-shape",
        "label-shape-or-range",
        "Output and target of the loss differ in shape",
        "This loss compares number with number. (N, 1) beside (N,) is another shape, and would be compared "
        "all with all.",
        (
            Step(
                "give both the same shape",
                "loss = criterion(output.squeeze(1), target)",
                verify="print(output.shape, target.shape) says the same twice",
            ),
        ),
        (
            Wording(
                r"Target size \((?P<one>.{2,80}?)\) must be the same as input size \((?P<other>.{2,80}?)\)$",
                "The target has shape {one}, the output {other}",
            ),
            *says(
                r"Target size \(.{2,80}\) must be the same as input size",
                r"Using a target size \(.{2,80}\) that is different to the input size \(.{2,80}\) is deprecated",
                r"input and target must have the same number of elements: ",
                r"input and target shapes do not match: ",
            ),
        ),
        "labels_and_losses#a-shape-for-each-loss",
    ),
    Entry(
        "target-shape",
        "label-shape-or-range",
        "Output and target of the loss differ in shape",
        "This loss compares number with number, and the shapes cannot be matched.",
        (
            Step(
                "give both the same shape",
                "loss = criterion(output, target.view_as(output))",
                verify="print(output.shape, target.shape) says the same twice",
            ),
        ),
        says(r"The size of tensor a \(\d+\) must match the size of tensor b \(\d+\)"),
        "labels_and_losses#a-shape-for-each-loss",
        inside=r"mse_loss|l1_loss|huber_loss|binary_cross_entropy|kl_div",
    ),
    Entry(
        "target-broadcast",
        "label-shape-or-range",
        "Output and target of the loss differ in shape, and were broadcast",
        "(N, 1) beside (N,) becomes (N, N): each output is compared with every target, and the model learns their "
        "mean. Training goes on, and is wrong.",
        (
            Step(
                "give both the same shape",
                "loss = criterion(output.squeeze(1), target)",
                verify="print(output.shape, target.shape) says the same twice, and the warning is gone",
            ),
        ),
        says(
            r"Using a target size \(.{2,80}\) that is different to the input size \(.{2,80}\)\. This will likely lead"
        ),
        "labels_and_losses#a-shape-for-each-loss",
        warning=True,
    ),
    Entry(
        "label-range",
        "label-shape-or-range",
        "A class label lies outside of 0 to classes - 1",
        "A label is the index of its logit. Labels that begin at 1, a padding value, or a last layer that "
        "is too narrow "
        "point to a logit that is not there.",
        (IN_RANGE, Step("or say which value stands for no label", "torch.nn.CrossEntropyLoss(ignore_index=255)")),
        (
            Wording(r"Target (?P<value>-?\d+) is out of bounds", "There is no class for the label {value}"),
            *says(
                r"Assertion `?cur_target >= 0 && cur_target < n_classes'? failed",
                r"Class values must be smaller than num_classes",
                r"Class values must be non-negative",
                r".{0,200}Assertion `?\(?(t|cur_target|target_val|label|target)\)? ?>= 0 && "
                r"\(?(t|cur_target|target_val|label|target)\)? ?< \(?(n_classes|C|num_classes)\)?`? failed",
                r".{0,200}(Loss\.cu|ClassNLLCriterion\.cu|NLLLoss2d\.cu|SpatialClassNLLCriterion\.cu|MultiMargin\w*\.cu)"
                r".{0,200}Assertion .{1,80} failed",
            ),
        ),
        "labels_and_losses#labels-out-of-range",
    ),
    Entry(
        "label-range",
        "label-shape-or-range",
        "A target of binary cross-entropy lies outside of 0 to 1",
        "Targets are the probability of yes. Labels such as 1 and 2, -1 and 1, or 0 and 255 are none.",
        (
            Step(
                "bring the targets to 0 and 1",
                "target = (target > 0).float()",
                verify="print(target.min(), target.max()) before the loss",
            ),
        ),
        says(r"all elements of target should be between 0 and 1"),
        "labels_and_losses#labels-out-of-range",
    ),
    Entry(
        "bce-input-range",
        "label-shape-or-range",
        "The input of binary cross-entropy lies outside of 0 to 1",
        "BCELoss takes probabilities: raw logits, or nan from a diverged run, are none.",
        (
            Step(
                "take logits and the loss made for them",
                "loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, target)",
                verify="print(output.min(), output.max(), output.isnan().any())",
            ),
        ),
        says(
            r"all elements of input should be between 0 and 1",
            r".{0,200}Assertion `?\(?input_val >= (zero|0)\)? && \(?input_val <= (one|1)\)?`? failed",
            r".{0,60}Assertion `?x >= 0\. && x <= 1\.'? failed",
        ),
        "labels_and_losses#yes-or-no",
    ),
    Entry(
        "probabilities-ignore-index",
        "label-shape-or-range",
        "ignore_index was given with targets that are probabilities",
        "Floating targets of the logits' shape are probabilities of classes, and none of them is an index to ignore.",
        (Step("give class indices", "loss = criterion(logits, labels.argmax(dim=1))", verify=CHECK),),
        says(r"ignore_index is not supported for floating point target"),
        "labels_and_losses#a-label-with-a-doubt",
    ),
    Entry(
        "class-weights",
        "label-shape-or-range",
        "The class weights of the loss are not one a class",
        "`weight` needs a number for each logit.",
        (
            Step(
                "make as many as there are classes",
                "criterion = torch.nn.CrossEntropyLoss(weight=torch.ones(logits.shape[1]))",
                verify="print(criterion.weight.shape, logits.shape)",
            ),
        ),
        says(
            r"weight tensor should be defined either for all (\d+ )?classes or no classes",
            r"weight tensor should be defined either for all \d+ classes",
        ),
        "labels_and_losses#a-class-that-is-rare",
    ),
    Entry(
        "loss-constructor",
        "label-shape-or-range",
        "Tensors were given to the loss when it was made",
        "nn.CrossEntropyLoss is a class: its constructor takes options, and the object that it makes takes "
        "the tensors.",
        (
            Step(
                "make it first, call it then",
                "criterion = torch.nn.CrossEntropyLoss(); loss = criterion(logits, labels)",
                verify="print(criterion) says CrossEntropyLoss()",
            ),
        ),
        says(r"Boolean value of Tensor with more than one value is ambiguous", r"bool value of Tensor with more than"),
        "labels_and_losses#from-scores-to-a-loss",
        inside=r"nn[\\/]modules[\\/]loss\.py|_reduction\.py|\b(nn\.)?\w+Loss\(\w+, ?\w+",
    ),
)
