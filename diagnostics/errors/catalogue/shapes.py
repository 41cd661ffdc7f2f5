"""Shapes that do not fit, other than those of a loss's target."""

from __future__ import annotations

from diagnostics.errors.entry import IN_TORCH, Entry, Wording, says
from diagnostics.finding import Step

LESSON = "tensors#shapes-that-meet"
PRINT = "print(x.shape) before the line"

ENTRIES = (
    Entry(
        "matmul-shape",
        "shape",
        "Matrices were multiplied whose inner sizes differ",
        "Of (n×k) and (m×p), k and m must be equal. For a Linear layer the left is its input, whose last "
        "dimension must be "
        "in_features; after convolutions it depends on the size of the image.",
        (
            Step(
                "give the layer as many in_features as its input has",
                "nn.Linear(x.shape[1], out_features)",
                verify=PRINT,
            ),
            Step("or let the layer find out at its first call", "nn.LazyLinear(out_features)"),
            Step("or where the samples were flattened too, keep them apart", "x = x.flatten(start_dim=1)"),
        ),
        (
            Wording(
                r"mat1 and mat2 shapes cannot be multiplied \((?P<rows>\d+)x(?P<one>\d+) and "
                r"(?P<other>\d+)x(?P<out>\d+)\)",
                "{one} numbers a row arrived where the weights take {other}: {rows}×{one} and {other}×{out}",
            ),
            *says(
                r"mat1 and mat2 shapes cannot be multiplied",
                r"mat1 dim 1 must match mat2 dim 0",
                r"size mismatch, m1: \[[\dx ]+\], m2: \[[\dx ]+\]",
                r"size mismatch, (got|expected) ",
                r"size mismatch(, \[[\d x]+\], \[[\d x]+\])",
                r"[Ee]xpected size for first two dimensions of batch2 tensor to be",
                r"Expected batch2_sizes\[0\] == bs",
                r"batch1 and batch2 must have same number of batches",
                r"invalid argument \d+: (wrong matrix size|must have same number of dimensions)",
                r"both arguments to matmul need to be at least 1D",
                r"inconsistent tensor size, expected tensor \[\d+\] and src \[\d+\] to have the same number "
                r"of elements",
                r"linear\(\): input and weight\.T shapes cannot be multiplied",
                r"a and b must have same reduction dim",
                r"input\.size\(-1\) must be equal to input_size",
                r"was expecting embedding dimension of \d+, but got \d+",
                r"batch1 must be a 3D tensor|batch2 must be a 3D tensor",
                r"(mat1|self|mat2|vec|1D tensors) (must be a|expected).{0,40}(matrix|tensor|vector|1D)",
            ),
        ),
        LESSON,
    ),
    Entry(
        "conv-shape",
        "shape",
        "A convolution got an input of another shape than it takes",
        "A Conv2d takes (N, C, H, W), or (C, H, W) for one sample, with C its in_channels. Grey images have "
        "1 channel, RGBA "
        "ones 4, and images read by PIL or OpenCV have their channels last.",
        (
            Step(
                "make in_channels that of the data", "nn.Conv2d(x.shape[1], out_channels, kernel_size=3)", verify=PRINT
            ),
            Step("or for channels that come last", "x = x.permute(0, 3, 1, 2)"),
            Step("or where the batch or channel dimension is missing", "x = x.unsqueeze(1)"),
        ),
        (
            Wording(
                r"Given groups=\d+, (expected )?weight (of size )?\[?.{2,40}?\]?, (so )?expected input "
                r"?\[(?P<size>[\d, ]+)\] to "
                r"have (?P<one>\d+) channels, but got (?P<other>\d+) channels",
                "The convolution takes {one} channels, its input [{size}] has {other}",
            ),
            *says(
                r"Given (groups|transposed|weight).{0,80}expected input",
                r"Given transposed=\d, weight of size",
                r"Expected \dD \(unbatched\) or \dD \(batched\) input to \w+",
                r"Expected \d-?dimensional input for \d-?dimensional weight",
                r"expected \d+D (or \d+D )?input \(got \d+D input\)",
                r"(non-empty )?\d+D (or \d+D )*(\(batch mode\) )?(tensor )?(is )?expected for input",
                r"[Ee]xpected \d+D (or \d+D )?\(?.{0,30}\)? ?(tensor|input)",
                r"Calculated padded input size per channel",
                r"Kernel size can't be greater than actual input size",
                r"Given input size: .{2,40}Calculated output size: .{2,40}Output size is too small",
                r"Output size is too small",
                r"Padding size should be less than the corresponding input dimension",
                r"max_pool\dd(_with_indices)?\(\): Expected",
                r"Expected (input|tensor).{0,40}non-zero size",
            ),
        ),
        LESSON,
    ),
    Entry(
        "norm-shape",
        "shape",
        "A normalisation layer was made for another number of features",
        "BatchNorm counts channels (the second dimension), LayerNorm the last ones.",
        (Step("make the layer for what it gets", "nn.BatchNorm2d(x.shape[1])", verify=PRINT),),
        says(
            r"running_(mean|var) should contain \d+ elements not \d+",
            r"weight should contain \d+ elements not \d+",
            r"Given normalized_shape=",
            r"Expected (weight|bias) to be of same shape as normalized_shape",
            r"Expected weight to be a vector of size equal to the number of channels",
            r"[Nn]um(ber of)? channels .{0,60}must be divisible by num(ber of)?_?groups",
            r"Expected number of channels in input to be divisible by num_groups",
        ),
        LESSON,
    ),
    Entry(
        "batchnorm-one-value",
        "shape",
        "BatchNorm got one value a channel while training",
        "A single value has no variance. It is mostly the last batch of an epoch, with one sample left over.",
        (
            Step(
                "leave an incomplete last batch out",
                "DataLoader(dataset, batch_size=32, shuffle=True, drop_last=True)",
                verify="print(len(dataset) % batch_size) is not 1",
            ),
            Step("or where nothing is trained, switch to evaluation", "model.eval()"),
        ),
        says(r"Expected more than 1 (value|spatial element) per channel when training"),
        "dropout#batchnorm-has-two-modes-too",
    ),
    Entry(
        "broadcast-shape",
        "shape",
        "Two shapes cannot be matched",
        "From the last dimension backwards, sizes must be equal or one of them 1.",
        (
            Step(
                "print both shapes, and give the smaller one the missing dimension", "b = b.unsqueeze(1)", verify=PRINT
            ),
        ),
        (
            Wording(
                r"The size of tensor a \((?P<one>\d+)\) must match the size of tensor b \((?P<other>\d+)\) "
                r"at non-singleton "
                r"dimension (?P<dim>\d+)",
                "Sizes {one} and {other} met in dimension {dim}",
            ),
            *says(
                r"The size of tensor a",
                r"The expanded size of the tensor",
                r"output with shape \[[\d, ]*\] doesn't match the broadcast shape",
                r"The shape of the mask \[[\d, ]*\] at index \d+ does not match",
                r"shape mismatch: (indexing tensors|value tensor|objects) ",
                r"einsum\(\): ",
                r"expand\(.{0,80}\): the number of sizes provided",
                r"attempting to assign a gradient of size",
            ),
        ),
        "tensors#broadcasting",
    ),
    Entry(
        "cat-shape",
        "shape",
        "Tensors were joined whose shapes differ",
        "cat needs equal sizes in all dimensions but the one that it joins along, stack in all.",
        (
            Step(
                "print the shapes, and pad or crop what is too long",
                "torch.nn.utils.rnn.pad_sequence(tensors)",
                verify=PRINT,
            ),
        ),
        says(
            r"Sizes of tensors must match except in dimension",
            r"invalid argument \d+: Sizes of tensors must match except in dimension",
            r"torch\.cat\(\): (input|expected)",
            r"Tensors must have same number of dimensions: got",
            r"expected a non-empty list of Tensors",
            r"stack expects (a non-empty TensorList|each tensor to be equal size)",
            r"zero-dimensional tensor \(at position \d+\) cannot be concatenated",
            r"Expected all tensors to have the same (number of dimensions|shape)",
        ),
        LESSON,
        outside=r"collate",
    ),
    Entry(
        "view-shape",
        "shape",
        "A view or reshape does not hold as many numbers as the tensor",
        "The product of the new sizes must be that of the old ones. Mostly a size is written down that "
        "belongs to other data "
        "or another batch size.",
        (
            Step("keep the batch and let torch count the rest", "x = x.view(x.shape[0], -1)", verify=PRINT),
            Step("or use flatten", "x = x.flatten(start_dim=1)"),
        ),
        (
            Wording(
                r"shape '\[(?P<one>[\d, -]+)\]' is invalid for input of size (?P<other>\d+)",
                "{other} numbers do not fit the shape [{one}]",
            ),
            *says(
                r"invalid argument \d+: size '\[[\d x-]+\]' is invalid for input (with|of)",
                r"size '\[[\d x-]+\]' is invalid for input",
                r"cannot reshape tensor of \d+ elements into shape",
                r"unflatten: Provided sizes",
            ),
        ),
        "tensors#one-storage-many-views",
    ),
    Entry(
        "view-stride",
        "shape",
        "view() was asked of a tensor whose numbers do not lie in that order",
        "After permute, transpose or a slice the numbers lie in memory as before; view never copies.",
        (Step("let torch copy where it must", "x = x.reshape(x.shape[0], -1)", verify="print(x.is_contiguous())"),),
        says(
            r"view size is not compatible with input tensor's size and stride",
            r"invalid argument \d+: view size is not compatible",
        ),
        "tensors#contiguous-or-not",
    ),
    Entry(
        "rnn-shape",
        "shape",
        "A recurrent layer's hidden state or input has another shape than it takes",
        "The hidden state is (layers × directions, batch, hidden), also with batch_first; the input is (batch, time, "
        "features) with batch_first, else (time, batch, features).",
        (
            Step(
                "make the state for this batch",
                "h = torch.zeros(num_layers, x.shape[0], hidden_size, device=x.device)",
                verify=PRINT,
            ),
        ),
        says(
            r"Expected hidden(\[\d\])? size \(",
            r"(LSTM|GRU|RNN)(Cell)?: Expected input to be",
            r"For (un)?batched \d-D input, (hx|hidden)",
            r"input must have \d dimensions, got \d",
            r"input batch size \d+ doesn't match hidden",
        ),
        LESSON,
    ),
    Entry(
        "dimension-range",
        "shape",
        "A dimension was named that the tensor has not",
        "A tensor of n dimensions has dimensions 0 to n - 1, and -n to -1 from the end.",
        (Step("print the shape: a dimension was squeezed away, or never there", "print(x.shape)", verify=PRINT),),
        says(
            r"Dimension out of range \(expected to be in range of",
            r"[Dd]imension specified as -?\d+ but tensor has no dimensions",
            r"permute\(\w+\): number of dimensions",
            r"number of dims don't match in permute",
            r"too many indices for tensor of dimension \d+",
            r"t\(\) expects a tensor with <= 2 dimensions",
            r"select\(\) cannot be applied to a 0-dim tensor",
            r"slice\(\) cannot be applied to a 0-dim tensor",
            r"invalid index of a 0-dim tensor",
            r"iteration over a 0-d tensor",
            r"len\(\) of a 0-d tensor",
            r"cannot select an axis to squeeze out",
        ),
        "tensors#axes",
    ),
    Entry(
        "index-range",
        "other",
        "An index lies outside of its table",
        "An index is smaller than the size it points into. A vocabulary that is larger than num_embeddings, "
        "ids that begin at "
        "1, or a sequence longer than the positions point past the end.",
        (
            Step(
                "make the table large enough, or the ids smaller",
                "assert 0 <= ids.min() and ids.max() < embedding.num_embeddings",
                verify="run one batch on the CPU: there the line of the error is exact",
            ),
        ),
        (
            Wording(
                r"index (?P<one>-?\d+) is out of bounds for dimension (?P<dim>\d+) with size (?P<other>\d+)",
                "The index {one} points past dimension {dim}, which has size {other}",
            ),
            *says(
                r"index out of range in self",
                r"index out of range: Tried to access index \d+ out of table",
                r"index out of range at .{0,80}TH",
                r"invalid argument \d+: (index out of range|Invalid index in gather)",
                r"[Ii]ndex tensor .{0,60}out of (range|bounds)",
                r"index \d+ is out of (range|bounds) for tensor",
                r".{0,200}Assertion `?\(?(srcIndex|dstIndex|indexValue|idx_dim|ind|index|idx|row|ind_dim)\w*\)? ?"
                r"(<|>=|&&|>).{0,80} failed",
                r".{0,200}Assertion `?-sizes\[i\] <= index && index < sizes\[i\].{0,40} failed",
                r".{0,200}(Indexing|IndexKernel|ScatterGatherKernel|EmbeddingBackwardKernel|Embedding|IndexKernelUtils)\.cu"
                r".{0,200}Assertion .{1,90} failed",
            ),
        ),
        "tensors#axes",
    ),
    Entry(
        "not-one-number",
        "shape",
        "One number was asked of a tensor that has more",
        "item(), int(), float() and `if` take a tensor of one element.",
        (
            Step("reduce it first", "x.mean().item()", verify=PRINT),
            Step("or in a condition, say whether all or any", "if (x > 0).all():"),
        ),
        says(
            r"a Tensor with \d+ elements cannot be converted to Scalar",
            r"only one element tensors can be converted to Python scalars",
            r"Boolean value of Tensor with (more than one|no) values? is ambiguous",
            r"bool value of Tensor with (more than one|no) values? is ambiguous",
            r"only integer tensors of a single element can be converted to an index",
        ),
        "tensors#read-the-message",
    ),
    Entry(
        "heads-do-not-divide",
        "shape",
        "The embedding's size is not a multiple of the number of heads",
        "Attention cuts each vector into num_heads equal parts.",
        (
            Step(
                "choose heads that divide it",
                "nn.MultiheadAttention(embed_dim=512, num_heads=8)",
                verify="embed_dim % num_heads is 0",
            ),
        ),
        says(r"embed_dim must be divisible by num_heads$"),
        LESSON,
        inside=IN_TORCH,
    ),
    Entry(
        "ragged-data",
        "shape",
        "Rows of unequal lengths were made a tensor",
        "A tensor is a box: each row has as many numbers as the others.",
        (
            Step(
                "pad them",
                "torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)",
                verify=PRINT,
            ),
        ),
        says(r"expected sequence of length \d+ at dim \d+ \(got \d+\)"),
        "tensors#what-a-tensor-knows",
    ),
    Entry(
        "negative-stride",
        "other",
        "A numpy array that runs backwards was made a tensor",
        "array[::-1] or a flip is a view with a negative step, which torch does not have.",
        (Step("copy it", "torch.from_numpy(array.copy())", verify="print(array.strides) has no minus"),),
        says(
            r"At least one stride in the given numpy array is negative",
            r"some of the strides of a given numpy array are negative",
        ),
        "tensors#one-storage-many-views",
    ),
)
