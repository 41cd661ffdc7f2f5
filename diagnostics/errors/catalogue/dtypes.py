"""Two dtypes that met, other than those of a loss's target."""

from __future__ import annotations

from diagnostics.errors.entry import Entry, Wording, says
from diagnostics.finding import Step

LESSON = "tensors#one-dtype-in-one-operation"
MIXED = "mixed_precision#when-something-is-wrong"
PRINT = "print(x.dtype, next(model.parameters()).dtype) says the same twice"

LIKE_MODEL = (
    Step("give the input the model's dtype", "x = x.to(next(model.parameters()).dtype)", verify=PRINT),
    Step("or for data that came from numpy as float64, where it is read", "torch.from_numpy(array).float()"),
)
CAUSE = "A layer's input and its weights must have one dtype. numpy's floats are float64, images are uint8, and "
CAUSE += "model.half() or autocast make float16 or bfloat16, while fresh tensors are float32."

KINDS = r"(double|float|long int|long|int|short|unsigned char|signed char|bool|c10::\w+|struct c10::\w+)"

ENTRIES = (
    Entry(
        "dtype-mismatch",
        "dtype-mismatch",
        "Two dtypes met in one operation",
        CAUSE,
        LIKE_MODEL,
        (
            Wording(
                r"mat1 and mat2 must have the same dtype, but got (?P<one>\w+) and (?P<other>\w+)",
                "The input is {one}, the layer's weights are {other}",
            ),
            Wording(
                r"expected m1 and m2 to have the same dtype, but got: (?P<one>[\w: ]+?) != (?P<other>[\w:]+( int)?)",
                "A matrix of {one} met one of {other}",
            ),
            Wording(
                rf"Input type \((?P<one>{KINDS})\) and (?P<what>bias|weight) type \((?P<other>{KINDS})\)",
                "The input is {one}, the layer's {what} is {other}",
            ),
            *says(
                r"mat1 and mat2 must have the same dtype",
                r"expected (mat1|m1) and (mat2|m2) to have the same dtype",
                r"Input type \((torch\.cuda\.\w+)\) and (weight|bias) type \((torch\.cuda\.\w+)\)",
                r"Input type \(torch\.(?!cuda)\w+\) and (weight|bias) type \(torch\.(?!cuda)\w+\)",
                r"Input type \(MPS\w+\) and (weight|bias) type \(MPS\w+\)",
                r"expected mat1 and mat2 to have the same dtype",
                r"expected scalar type (Double|Float|Half|BFloat16|Int|Byte|Bool|Char|Short|UndefinedType) "
                r"but found \w+",
                r"expected dtype \S+ for `?\w+`? but got dtype",
                r"[Ee]xpected object of (scalar )?type (Float|Double|Half|Long|Int|Byte|Bool|BFloat16) but (got|found) "
                r"(scalar )?type \w+ for (argument|sequence)",
                r"Expected object of type "
                r"(Variable\[)?torch\.(cuda\.)?(Double|Float|Half|Long|Int|Byte)Tensor\]? but found "
                r"type (Variable\[)?torch\.(cuda\.)?(Double|Float|Half|Long|Int|Byte)Tensor",
                r"mixed dtype \(CPU\): (all inputs must share same datatype|expect (input|parameter))",
                r"Expected weight to have the same dtype as input",
                r"dot ?: expected both vectors to have same dtype",
                r"vdot ?: expected both vectors",
                r"addm[vm] input tensors must have the same dtype",
                r"[Ee]xpected query, key, and value to have the same dtype",
                r"query and key must have the same dtype",
                r"Expected self\.dtype to be equal to src\.dtype",
                r"scatter(_\w+)?\(\): Expected self\.dtype to be equal to src\.dtype",
                r"Index put requires the source and destination dtypes match",
                r"index_\w+\(\): self and source expected to have the same dtype",
                r"attempting to assign a gradient with dtype",
                r"[Ee]xpected both inputs to have same dtype",
                r"get_mkldnn_dtype: unsupported data type",
                r"Unsupported dtype .{0,40}in (FlashAttention|flash)",
                r"FlashAttention only support fp16 and bf16 data type",
            ),
            Wording(
                r"RNN input dtype \((?P<one>[\w.]+)\) does not match weight dtype \((?P<other>[\w.]+)\)",
                "The input is {one}, the RNN's weights are {other}",
            ),
            *says(r"input must have the type torch\.\w+, got type torch\.\w+"),
        ),
        LESSON,
    ),
    Entry(
        "index-dtype",
        "dtype-mismatch",
        "Indices have a dtype that is none of an index",
        "Indices count places: int64 (or int32). Floats and small integers are refused, and uint8 is read as a mask.",
        (Step("make them int64", "indices = indices.long()", verify="print(indices.dtype) says torch.int64"),),
        says(
            r"Expected tensor for argument #\d+ '(indices|index|offsets)' to have (one of the following "
            r")?scalar types?",
            r"[Ee]xpected object of (scalar )?type Long but (got|found) (scalar )?type \w+ for argument #\d+ 'ind",
            r"Expected object of type torch\.(cuda\.)?LongTensor but found type torch\.(cuda\.)?\w+ for "
            r"argument #\d+ 'ind",
            r"(gather|scatter|index_select|index_add|index_fill|index_copy|take|put)\w*\(\): Expected (dtype|index)",
            r"index_\w+\(\): Expected dtype int32",
            r"(tensors|arrays|Tensors?) used as indices must be long",
            r"expected scalar type Long but found \w+",
            r"one_hot is only applicable to index tensor",
            r"Expected (dtype|index) .{0,40}int64 for index",
        ),
        LESSON,
    ),
    Entry(
        "mask-dtype",
        "dtype-mismatch",
        "A mask is not bool",
        "A mask says yes or no for each place, and torch takes torch.bool alone.",
        (Step("make it bool", "mask = mask.bool()", verify="print(mask.dtype) says torch.bool"),),
        says(
            r"masked_\w+ only supports boolean masks",
            r"masked_\w+: expected BoolTensor",
            r"where expected condition to be a boolean tensor",
            r"Expected object of scalar type Bool but got",
            r"Expected attn_mask dtype to be bool",
        ),
        LESSON,
    ),
    Entry(
        "integer-result",
        "dtype-mismatch",
        "A floating result was to be written into an integer tensor",
        "An operation in place keeps the dtype of its left side, and an integer tensor cannot hold fractions.",
        (
            Step("make the tensor float first", "x = x.float()", verify="print(x.dtype) says torch.float32"),
            Step("or write the result into a new tensor", "x = x / 2"),
        ),
        says(r"result type \w+ can't be cast to the desired output type \w+"),
        LESSON,
    ),
    Entry(
        "dtype-not-implemented",
        "dtype-mismatch",
        "torch has no such operation for this dtype",
        "Means, softmax, matrix products and the like are made for floating numbers; some are not made for "
        "float16 on a "
        "CPU, and bool and the unsigned kinds have few.",
        (
            Step("convert first", "x = x.float()", verify="print(x.dtype) says torch.float32"),
            Step("or for float16 on the CPU, take bfloat16 or float32", "model = model.float()"),
        ),
        (
            Wording(
                r"\"(?P<name>[\w:<>., ]+)\" not implemented for '(?P<dtype>\w+)'",
                "`{name}` is not made for {dtype}",
            ),
            *says(
                r"mean\(\): (could not infer output dtype|input dtype should be either floating)",
                r"mean is not implemented for type torch\.\w+",
                r"\w+ is not implemented for type torch\.\w+",
                r"[Cc]an only calculate the mean of floating types",
                r"_?th_\w+ (is )?not (supported|implemented) (on|for)",
                r"_thnn_\w+ is not implemented for type",
                r"[Oo]nly Tensors of floating point( and complex)? dtype can require gradients",
                r"Integers to negative integer powers are not allowed",
                r"Subtraction, the `-` operator, with",
                r"(torch\.)?linalg[.\w]*: (Low precision dtypes not supported|Expected a floating point)",
                r"\w+ only supports floating-point dtypes for input, got",
                r"Cannot convert a MPS Tensor to float64 dtype",
                r"Expected (a )?floating point( or complex)? (tensor|dtype)",
            ),
        ),
        "number_formats#which-one-and-when",
    ),
    Entry(
        "from-numpy-dtype",
        "dtype-mismatch",
        "torch has no dtype for this numpy array",
        "Arrays of objects, of strings, or of rows of unequal lengths are no numbers of one kind.",
        (
            Step(
                "make it one kind of number first",
                "torch.from_numpy(array.astype(np.float32))",
                verify="print(array.dtype, array.shape) says a number's dtype",
            ),
        ),
        says(
            r"can't convert np\.ndarray of type numpy\.",
            r"can't convert a given np\.ndarray to a tensor",
            r"can't convert np\.ndarray of type",
        ),
        "tensors#numpy-brings-float64",
    ),
)
