"""What CUDA says to tensors of two devices, a case a row: name, code, and its words ("" where it says nothing)."""

from __future__ import annotations

from dataclasses import dataclass

PREAMBLE = """\
import copy, io, threading
import numpy as np
import torch, torch.nn as nn, torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
d = "cuda"
near = torch.randn(4, 4)
far = torch.randn(4, 4, device=d)
"""

ONE_OFF = "Expected all tensors to be on the same device, but got {} is on {}, different from other tensors on {}"
TWO = "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"
INDICES = "indices should be either on cpu or on the same device as the indexed tensor (cpu)"
NUMPY = "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
HIDDEN = "Input and hidden tensors are not at the same device, found input tensor at cuda:0 and hidden tensor at cpu"
GENERATOR = "Expected a '{}' device type for generator but found '{}'"


def one_off(argument: str, method: str, odd: str = "cpu", others: str = "cuda:0") -> str:
    return ONE_OFF.format(argument, odd, others) + f" (when checking argument in method wrapper_CUDA_{method})"


@dataclass(frozen=True)
class Case:
    """Code that runs on CUDA, or that CUDA refuses with these words. The last line is the one refused."""

    name: str
    code: str
    says: str = ""


LAYERS = [
    Case("linear, input on the CPU", "nn.Linear(4, 2).to(d)(near)", one_off("mat1", "addmm")),
    Case("linear, all on the GPU", "nn.Linear(4, 2).to(d)(far)"),
    Case("linear, weights on the CPU", "nn.Linear(4, 2)(far)", one_off("mat1", "addmm", "cuda:0", "cpu")),
    Case("linear of three dimensions", "nn.Linear(4, 2).cuda()(near.view(2, 2, 4))", "on the same device"),
    Case("linear without bias", "nn.Linear(4, 2, bias=False).cuda()(near)", one_off("mat2", "mm", "cuda:0", "cpu")),
    Case(
        "convolution, input on the CPU",
        "nn.Conv2d(1, 1, 3).cuda()(torch.randn(1, 1, 5, 5))",
        "Input type (torch.FloatTensor) and weight type (torch.cuda.FloatTensor) should be the same or input should "
        "be a MKLDNN tensor and weight is a dense tensor",
    ),
    Case(
        "convolution, weights on the CPU",
        "nn.Conv2d(1, 1, 3)(torch.randn(1, 1, 5, 5).cuda())",
        "Input type (torch.cuda.FloatTensor) and weight type (torch.FloatTensor) should be the same",
    ),
    Case(
        "transposed convolution of one dimension",
        "nn.ConvTranspose1d(1, 1, 3).cuda()(torch.randn(1, 1, 5))",
        "Input type (torch.FloatTensor) and weight type (torch.cuda.FloatTensor) should be the same",
    ),
    Case(
        "embedding, words on the CPU",
        "nn.Embedding(3, 2).to(d)(torch.tensor([0, 1]))",
        one_off("index", "_index_select"),
    ),
    Case("embedding of arange", "nn.Embedding(9, 4).to(d)(torch.arange(5))", one_off("index", "_index_select")),
    Case(
        "embedding bag, words on the CPU",
        "nn.EmbeddingBag(5, 3).to(d)(torch.tensor([[0, 1]]))",
        "Expected all tensors to be on the same device",
    ),
    Case("batch norm, input on the CPU", "nn.BatchNorm1d(4).to(d)(near)", "on the same device"),
    Case("layer norm, input on the CPU", "nn.LayerNorm(4).to(d)(near)", "on the same device"),
    Case("group norm, all on the GPU", "nn.GroupNorm(2, 4).to(d)(far)"),
    Case("prelu, input on the CPU", "nn.PReLU().to(d)(near)", "on the same device"),
    Case("bilinear, one input on the CPU", "nn.Bilinear(4, 4, 2).to(d)(far, near)", "on the same device"),
    Case(
        "LSTM, first state on the CPU",
        "m = nn.LSTM(4, 3).to(d)\nm(far.view(4, 1, 4), (torch.zeros(1, 1, 3), torch.zeros(1, 1, 3)))",
        HIDDEN,
    ),
    Case("LSTM without a state", "nn.LSTM(4, 3, num_layers=2).to(d)(far.view(4, 1, 4))[0].sum().backward()"),
    Case("GRU, first state on the CPU", "nn.GRU(4, 3).to(d)(far.view(4, 1, 4), torch.zeros(1, 1, 3))", HIDDEN),
    Case(
        "GRU, weights on the CPU",
        "nn.GRU(4, 3)(far.view(4, 1, 4), torch.zeros(1, 1, 3, device=d))",
        "Input and parameter tensors are not at the same device, found input tensor at cuda:0 and parameter tensor "
        "at cpu",
    ),
    Case(
        "LSTM cell, state on the CPU", "nn.LSTMCell(4, 3).to(d)(far, (torch.zeros(4, 3), torch.zeros(4, 3)))", "device"
    ),
    Case("GRU cell without a state", "nn.GRUCell(4, 3).to(d)(far)"),
    Case("RNN, all on the GPU", "nn.RNN(4, 3, bidirectional=True).to(d)(far.view(4, 1, 4))[0].sum().backward()"),
    Case(
        "attention, keys on the CPU",
        "q = torch.randn(1, 2, 4, 8, device=d)\nF.scaled_dot_product_attention(q, q.cpu(), q)",
        "Expected query, key, and value to have the same device type",
    ),
    Case(
        "attention, mask on the CPU",
        "q = torch.randn(1, 2, 4, 8, device=d)\nF.scaled_dot_product_attention(q, q, q, attn_mask=torch.zeros(4, 4))",
        "device",
    ),
    Case(
        "multi-head attention, mask on the CPU",
        "nn.MultiheadAttention(8, 2).to(d)(*[torch.randn(4, 1, 8, device=d)] * 3, attn_mask=torch.randn(4, 4))",
        "device",
    ),
    Case(
        "Transformer, causal mask on the CPU",  # torch sees that it is causal, and drops it
        "m = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, batch_first=True), 2).to(d)\n"
        "m(torch.randn(2, 5, 8, device=d), mask=nn.Transformer.generate_square_subsequent_mask(5))",
    ),
    Case(
        "Transformer, other mask on the CPU",
        "m = nn.TransformerEncoderLayer(8, 2, batch_first=True).to(d)\n"
        "m(torch.randn(2, 5, 8, device=d), src_mask=torch.randn(5, 5))",
        "device",
    ),
    Case(
        "Transformer, padding mask on the CPU",
        "m = nn.TransformerEncoderLayer(8, 2, batch_first=True).to(d)\n"
        "m(torch.randn(2, 5, 8, device=d), src_key_padding_mask=torch.zeros(2, 5) > 0)",
        "device",
    ),
    Case(
        "Transformer, trained and evaluated",
        "m = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, batch_first=True), 2).to(d)\n"
        "x = torch.randn(2, 5, 8, device=d)\n"
        "mask = nn.Transformer.generate_square_subsequent_mask(5, device=d)\n"
        "m(x, mask=mask, is_causal=True).sum().backward()\n"
        "m.eval()\n"
        "with torch.no_grad():\n"
        "    m(x, mask=mask)\n"
        "    m(x, src_key_padding_mask=torch.zeros(2, 5, device=d) > 0)",
    ),
    Case("dropout in training", "F.dropout(far, 0.5).device == far.device or 1 / 0"),
    Case(
        "grid sample, grid on the CPU",
        "F.grid_sample(torch.randn(1, 1, 4, 4, device=d), torch.zeros(1, 2, 2, 2))",
        "device",
    ),
]

LOSSES = [
    Case("cross entropy", "F.cross_entropy(far, torch.tensor([0, 1, 2, 3]))", one_off("target", "nll_loss_forward")),
    Case(
        "cross entropy, class weights",
        "F.cross_entropy(far, torch.tensor([0, 1, 2, 3]).to(d), weight=torch.ones(4))",
        one_off("weight", "nll_loss_forward"),
    ),
    Case("cross entropy, probabilities", "F.cross_entropy(far, torch.full((4, 4), 0.25))", TWO),
    Case(
        "cross entropy over pixels",
        "F.cross_entropy(torch.randn(1, 3, 2, 2, device=d), torch.zeros(1, 2, 2, dtype=torch.long))",
        one_off("target", "_nll_loss2d_forward"),
    ),
    Case("mean squared error", "F.mse_loss(far, near)", TWO),
    Case("absolute error", "nn.L1Loss()(far, near)", TWO),
    Case("huber", "F.huber_loss(far, near)", "same device"),
    Case("binary cross entropy", "F.binary_cross_entropy(far.sigmoid(), near.sigmoid())", "device"),
    Case("binary cross entropy with logits", "F.binary_cross_entropy_with_logits(far, near.sigmoid())", TWO),
    Case(
        "binary cross entropy, pos_weight",
        "F.binary_cross_entropy_with_logits(far, far.sigmoid(), pos_weight=torch.ones(4))",
        TWO,
    ),
    Case("cosine embedding", "F.cosine_embedding_loss(far, far, torch.ones(4))", TWO),
    Case("KL divergence", "F.kl_div(far.log_softmax(1), near.softmax(1), reduction='batchmean')", TWO),
    Case(
        "CTC, lengths on the CPU",
        "p = torch.randn(6, 2, 4, device=d).log_softmax(2)\n"
        "y = torch.ones(2, 3, dtype=torch.long, device=d)\n"
        "F.ctc_loss(p, y, torch.tensor([6, 6]), torch.tensor([3, 3]))",
    ),
]

POINTWISE = [
    Case("sum", "far + near", TWO),
    Case("sum, the other way round", "near + far", TWO),
    Case("a CPU scalar", "far + torch.tensor(1.0)"),
    Case("a number of Python", "(far * 2 + 1) / 3 - far ** 2"),
    Case("a GPU scalar to a CPU tensor", "near + torch.tensor(1.0, device=d)", TWO),
    Case("a GPU scalar into a CPU tensor", "near.add_(torch.tensor(1.0, device=d))", TWO),
    Case("a GPU scalar to a CPU scalar", "torch.zeros(()) + torch.tensor(1.0, device=d)"),
    Case("a GPU scalar into a CPU scalar", "total = torch.zeros(())\ntotal += torch.tensor(1.0, device=d)", TWO),
    Case("two CPU scalars", "torch.addcmul(far, torch.tensor(1.0), torch.tensor(2.0))", "too many CPU scalars"),
    Case("one CPU scalar in lerp", "torch.lerp(far, far, torch.tensor(0.5))"),
    Case("comparison", "(far.argmax(1) == torch.zeros(4)).sum()", TWO),
    Case("maximum", "torch.maximum(far, near)", TWO),
    Case("where", "torch.where(far > 0, far, near)", TWO),
    Case("where with CPU scalars", "torch.where(far > 0, torch.tensor(1.0), torch.tensor(0.0))"),
    Case("where, condition on the CPU", "torch.where(near > 0, far, far)", TWO),
    Case("clamp by numbers", "far.clamp(0, 1)"),
    Case("clamp by tensors", "far.clamp(min=torch.zeros(4))", "same device"),
    Case(
        "masked fill",
        "far.masked_fill(near > 0, 0.0)",
        "expected self and mask to be on the same device, but got mask on cpu",
    ),
    Case("masked fill by a CPU scalar", "far.masked_fill(far > 0, torch.tensor(0.0))"),
    Case("normalisation by tensors", "(far - torch.tensor([0.5] * 4)) / 2", TWO),
    Case("addcdiv", "far.addcdiv_(far, near)", TWO),
    Case("logical and", "(far > 0) & (near > 0)", TWO),
    Case("power of a tensor", "torch.pow(far, near)", TWO),
    Case("dist", "torch.dist(far, near)", TWO),
    Case("allclose", "torch.allclose(far, near)", "device"),
    Case("equal", "torch.equal(far, near)", "same device"),
]

MATRICES = [
    Case("product", "far @ near", one_off("mat2", "mm")),
    Case("batched product", "torch.bmm(far.view(1, 4, 4), near.view(1, 4, 4))", one_off("mat2", "bmm")),
    Case("vector product", "far @ near[0]", "device"),
    Case("dot", "torch.dot(far[0], near[0])", "device"),
    Case("einsum", "torch.einsum('ij,jk->ik', far, near)", "same device"),
    Case("concatenation", "torch.cat([far, near])", one_off("tensors", "cat")),
    Case("stack", "torch.stack([far, near])", one_off("tensors", "cat")),
    Case("stack of losses", "torch.stack([torch.tensor(1.0, device=d), torch.tensor(1.0)])", one_off("tensors", "cat")),
    Case("list of losses", "torch.tensor([torch.tensor(1.0, device=d), torch.tensor(2.0, device=d)]).mean()"),
    Case("gather", "far.gather(1, torch.zeros(4, 1, dtype=torch.long))", one_off("index", "gather")),
    Case("scatter", "far.scatter_(1, torch.zeros(4, 1, dtype=torch.long), 1.0)", "index is on cpu"),
    Case("index_select", "far.index_select(0, torch.tensor([0]))", one_off("index", "_index_select")),
    Case("take", "far.take(torch.tensor([0]))", "device"),
    Case("masked select", "far.masked_select(near > 0)", "device"),
    Case("bincount with weights", "torch.bincount(torch.tensor([0, 1], device=d), weights=torch.ones(2))", "device"),
    Case("searchsorted", "torch.searchsorted(far[0].sort().values, near[0])", "device"),
    Case("cdist", "torch.cdist(far, near)", "device"),
    Case("solve", "torch.linalg.solve(far, near)", "device"),
    Case("sorting, top values, and splits", "far.sort(); far.topk(2); far.chunk(2); far.unbind(); far.unique()"),
]

INDEXING = [
    Case("CPU index of a GPU tensor", "far[torch.tensor([0])]"),
    Case("GPU index of a CPU tensor", "near[torch.tensor([0]).to(d)]", INDICES),
    Case("CPU mask of a GPU tensor", "far[torch.tensor([True, False, True, False])]"),
    Case("GPU mask of a CPU tensor", "near[far > 0]", INDICES),
    Case("one CPU value put", "far[torch.tensor([0]), torch.tensor([1])] = torch.randn(1)"),
    Case("a CPU scalar put by a mask", "far[far > 0] = torch.tensor(0.0)"),
    Case("CPU values put", "far[torch.tensor([0, 1])] = torch.randn(2, 4)", TWO),
    Case("GPU values put into a CPU tensor", "near[torch.tensor([0, 1])] = torch.randn(2, 4, device=d)", TWO),
    Case("CPU values copied into a slice", "far[0:2] = torch.randn(2, 4)"),
    Case("GPU values copied into a CPU slice", "near[0] = far[0]"),
    Case("copy_", "far.copy_(near); near.copy_(far)"),
    Case("fill_ by a CPU scalar", "far.fill_(torch.tensor(1.0))"),
    Case("index_add_", "far.index_add_(0, torch.tensor([0]), torch.ones(1, 4))", "same device"),
    Case("index_fill_ with a CPU index", "far.index_fill_(0, torch.tensor([0]), 1.0)", ""),
]

HOST = [
    Case("numpy", "far.numpy()", NUMPY),
    Case("np.array", "np.array(far)", NUMPY),
    Case("np.mean of a list", "np.mean([far[0, 0], far[0, 1]])", "can't convert cuda:0"),
    Case("numpy by force", "far.numpy(force=True)"),
    Case("numpy after cpu", "far.cpu().numpy(); far.detach().cpu().numpy()"),
    Case("numbers", "far[0, 0].item(); far.tolist(); float(far[0, 0]); f'{far[0, 0]:.2f}'; bool(far[0, 0] > 0)"),
    Case("printing", "print(far); print(nn.Linear(2, 2).to(d).weight)"),
    Case("pinned", "near.pin_memory()"),
    Case(
        "a GPU tensor pinned",
        "far.pin_memory()",
        "cannot pin 'torch.cuda.FloatTensor' only dense CPU tensors can be pinned",
    ),
    Case(
        "packed, lengths on the CPU",
        "x = torch.randn(2, 3, 4, device=d)\n"
        "p = pack_padded_sequence(x, torch.tensor([3, 2]), batch_first=True)\n"
        "o, n = pad_packed_sequence(nn.LSTM(4, 3, batch_first=True).to(d)(p)[0], batch_first=True)\n"
        "assert o.is_cuda and not n.is_cuda",
    ),
    Case(
        "packed, lengths on the GPU",
        "x = torch.randn(2, 3, 4, device=d)\npack_padded_sequence(x, torch.tensor([3, 2], device=d), batch_first=True)",
        "'lengths' argument should be a 1D CPU int64 tensor, but got 1D cuda:0 Long tensor",
    ),
    Case(
        "DataLoader with workers and pinned memory",
        "from torch.utils.data import DataLoader, TensorDataset\n"
        "data = TensorDataset(torch.randn(8, 4), torch.zeros(8, dtype=torch.long))\n"
        "for workers in (0, 2):\n"
        "    for x, y in DataLoader(data, batch_size=4, shuffle=True, num_workers=workers, pin_memory=True):\n"
        "        assert x.device.type == 'cpu'\n"
        "        assert x.to(d, non_blocking=True).is_cuda",
    ),
    Case(
        "what the workers give is on the CPU",
        "from torch.utils.data import DataLoader\n"
        "for x in DataLoader(torch.randn(8, 4), batch_size=4, num_workers=1):\n"
        "    nn.Linear(4, 2).to(d)(x)",
        one_off("mat1", "addmm"),
    ),
    Case(
        "CUDA in a forked worker",
        "from torch.utils.data import DataLoader\n"
        "class Data(torch.utils.data.Dataset):\n"
        "    def __len__(self): return 4\n"
        "    def __getitem__(self, index): return torch.zeros(2, device=d)\n"
        "next(iter(DataLoader(Data(), num_workers=1)))",
        "Cannot re-initialize CUDA in forked subprocess",
    ),
]

GENERATORS = [
    Case(
        "generator of the CPU", "torch.randn(2, device=d, generator=torch.Generator())", GENERATOR.format("cuda", "cpu")
    ),
    Case("generator of the GPU", "torch.randn(2, device=d, generator=torch.Generator(device=d).manual_seed(0))"),
    Case(
        "generator of the GPU, CPU tensor",
        "torch.randperm(4, generator=torch.Generator(d))",
        GENERATOR.format("cpu", "cuda"),
    ),
    Case("normal from nothing", "far + torch.normal(0.0, 1.0, (4,))", TWO),
    Case("normal from nothing on the GPU", "far + torch.normal(0.0, 1.0, (4,), device=d)"),
    Case("normal around tensors of the GPU", "far + torch.normal(far, 1.0) + torch.normal(0.0, far.abs())"),
    Case("a function of Python's on the GPU", "far.apply_(abs)", "apply_ is only implemented on CPU tensors"),
    Case("a function of Python's on the CPU", "near.apply_(abs).map_(near, max)"),
    Case("map on the GPU", "far.map_(far, max)", "map_ is only implemented on CPU tensors"),
    Case(
        "map with a tensor of the GPU",
        "near.map_(far, max)",
        "map_: expected torch.FloatTensor for 'other' (got torch.cuda.FloatTensor)",
    ),
    Case(
        "a function of Python's on what is trained",
        "torch.zeros(2, device=d, requires_grad=True).apply_(abs)",
        "Can't call apply_() on Variable that requires grad",
    ),
    Case("generator of the CPU, in place", "far.normal_(generator=torch.Generator())", GENERATOR.format("cuda", "cpu")),
    Case(
        "shuffling under a default device",
        "from torch.utils.data import DataLoader\n"
        "torch.set_default_device(d)\n"
        "next(iter(DataLoader(torch.arange(8), shuffle=True, generator=torch.Generator())))",
        GENERATOR.format("cuda", "cpu"),
    ),
]

MODULES = [
    Case(
        "plain attribute, not a buffer",
        "class M(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.table = torch.randn(4, 4)\n"
        "        self.linear = nn.Linear(4, 4)\n"
        "    def forward(self, x): return self.linear(x + self.table)\n"
        "M().to(d)(far)",
        TWO,
    ),
    Case(
        "a list, not a ModuleList",
        "class M(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.layers = [nn.Linear(4, 4)]\n"
        "    def forward(self, x): return self.layers[0](x)\n"
        "M().to(d)(far)",
        one_off("mat1", "addmm", "cuda:0", "cpu"),
    ),
    Case("made in forward", "nn.Linear(4, 4).to(d)(far) * torch.ones(4, 4)", TWO),
    Case("a result thrown away", "near.to(d)\nnn.Linear(4, 4).to(d)(near)", one_off("mat1", "addmm")),
    Case("made on the device", "nn.Linear(4, 4, device=d)(far)"),
    Case("made under a default device", "torch.set_default_device(d)\nnn.Linear(4, 4)(torch.randn(2, 4))"),
    Case("made in a device context", "with torch.device(d):\n    m = nn.Linear(4, 4)\nm(torch.ones(2, 4).to(d))"),
    Case("moved by cuda() and back", "m = nn.Linear(4, 4).cuda()\nm(far)\nm.cpu()(near)"),
    Case("made empty", "with torch.device('meta'):\n    m = nn.Linear(4, 4)\nm.to_empty(device=d)(far)"),
    Case("out of meta", "nn.Linear(4, 4, device='meta').to(d)", "Cannot copy out of meta tensor"),
    Case("deep copy", "copy.deepcopy(nn.Linear(4, 4).to(d))(far)"),
    Case("initialised on the GPU", "m = nn.Linear(4, 4).to(d)\nnn.init.kaiming_normal_(m.weight)\nm(far)"),
    Case("DataParallel", "nn.DataParallel(nn.Linear(4, 4).to(d))(far).sum().backward()"),
    Case("compiled", "torch.compile(nn.Linear(4, 4).to(d))(far)"),
    Case("compiled, and refused", "torch.compile(nn.Linear(4, 4).to(d))(near)", one_off("mat1", "addmm")),
    Case(
        "a function scripted",
        "def f(x: torch.Tensor):\n    return x + torch.ones_like(x) @ torch.zeros([4, 4], device=x.device)\n"
        "torch.jit.script(f)(far)",
    ),
    Case(
        "scripted, saved and loaded",
        "f = io.BytesIO()\ntorch.jit.save(torch.jit.trace(nn.Linear(4, 4), near), f)\nf.seek(0)\n"
        "torch.jit.load(f, map_location=d)(far)",
    ),
    Case("scripted", "torch.jit.script(nn.Sequential(nn.Linear(4, 4), nn.ReLU()).to(d))(far)"),
    Case("vmap and grad of torch.func", "torch.func.vmap(torch.func.grad(lambda x: (x * x).sum()))(far)"),
    Case(
        "checkpointing",
        "from torch.utils.checkpoint import checkpoint\nm = nn.Linear(4, 4).to(d)\n"
        "checkpoint(m, far.clone().requires_grad_(), use_reentrant=False).sum().backward()",
    ),
]

_TRAIN = """\
def train(optimizer, model=None, **options):
    model = model or nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 3)).to(d)
    steps = optimizer(model.parameters(), lr=0.01, **options)
    model.to(d)
    for _ in range(3):
        x, y = torch.randn(6, 4).to(d), torch.randint(0, 3, (6,)).to(d)
        steps.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        assert loss.is_cuda and all(one.grad.is_cuda for one in model.parameters())
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        steps.step()
    return model, steps
"""

TRAINING = [
    *(
        Case(f"training by {name}", f"{_TRAIN}train(torch.optim.{name}{options})")
        for name, options in (
            ("SGD", ""),
            ("SGD", ", momentum=0.9, foreach=True"),
            ("Adam", ""),
            ("Adam", ", foreach=True"),
            ("AdamW", ", fused=True"),
            ("AdamW", ", amsgrad=True, capturable=False"),
            ("RMSprop", ", centered=True"),
            ("Adagrad", ""),
            ("Adadelta", ""),
            ("NAdam", ""),
            ("RAdam", ", foreach=True"),
            ("Rprop", ""),
        )
    ),
    Case("Adagrad before the model moved", f"{_TRAIN}train(torch.optim.Adagrad, nn.Linear(4, 3))", "device"),
    Case("Adam before the model moved", f"{_TRAIN}train(torch.optim.Adam, nn.Linear(4, 3))"),
    Case(
        "optimizer loaded before the model moved",
        f"{_TRAIN}model, steps = train(torch.optim.Adam)\n"
        "saved = copy.deepcopy((model.cpu().state_dict(), steps.state_dict()))\n"
        "fresh = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 3))\n"
        "other = torch.optim.Adam(fresh.parameters())\n"
        "other.load_state_dict(saved[1])\n"
        "fresh.to(d)\n"
        "F.cross_entropy(fresh(torch.randn(6, 4).to(d)), torch.zeros(6, dtype=torch.long, device=d)).backward()\n"
        "other.step()",
        "device",
    ),
    Case(
        "LBFGS",
        f"{_TRAIN}m = nn.Linear(4, 1).to(d)\no = torch.optim.LBFGS(m.parameters())\n"
        "def closure():\n    o.zero_grad()\n    loss = m(far).pow(2).mean()\n    loss.backward()\n    return loss\n"
        "o.step(closure)",
    ),
    Case(
        "gradients go where their leaf is",
        "w = torch.randn(3, requires_grad=True)\n(w.to(d) * 2).sum().backward()\nassert not w.grad.is_cuda\n"
        "v = nn.Parameter(torch.randn(3).to(d))\n(v * 2).sum().backward()\nassert v.grad.is_cuda",
    ),
    Case(
        "a gradient assigned",
        "w = torch.ones(4, device=d, requires_grad=True)\nw.grad = torch.ones(4, device=d)\nw.grad = None\ndel w.grad\n"
        "w.grad = torch.ones(4)",
        "attempting to assign a gradient with device type 'cpu' to a tensor with device type 'cuda'.",
    ),
    Case(
        "gradients of gradients across devices",
        "w = torch.randn(3, requires_grad=True)\ng, = torch.autograd.grad((w.to(d) ** 3).sum(), w, create_graph=True)\n"
        "assert not g.is_cuda\ng.sum().backward()\nassert not w.grad.is_cuda",
    ),
    Case(
        "a list of losses", "total = 0\nfor _ in range(3):\n    total = total + (far * 2).mean()\nassert total.is_cuda"
    ),
    Case(
        "GradScaler with half precision",
        "m = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)).to(d)\n"
        "o = torch.optim.SGD(m.parameters(), 0.1)\ns = torch.amp.GradScaler('cuda')\n"
        "for _ in range(2):\n"
        "    with torch.autocast('cuda', dtype=torch.float16):\n"
        "        out = m(far)\n"
        "        assert out.dtype is torch.float16\n"
        "        loss = F.cross_entropy(out, torch.zeros(4, dtype=torch.long, device=d))\n"
        "        assert loss.dtype is torch.float32\n"
        "    s.scale(loss).backward(); s.unscale_(o); s.step(o); s.update(); o.zero_grad()\n"
        "assert s.get_scale() == 65536.0",
    ),
    Case(
        "the old names of autocast and GradScaler",
        "s = torch.cuda.amp.GradScaler()\nwith torch.cuda.amp.autocast():\n"
        "    loss = nn.Linear(4, 1).to(d)(far).sum()\n"
        "s.scale(loss).backward()",
    ),
    Case(
        "autocast, input on the CPU",
        "m = nn.Linear(4, 2).to(d)\nwith torch.autocast('cuda'):\n    m(near)",
        "device",
    ),
    Case(
        "binary cross entropy under autocast",
        "with torch.autocast('cuda'):\n    F.binary_cross_entropy(far.sigmoid(), far.sigmoid())",
        "are unsafe to autocast",
    ),
    Case(
        "a model of half precision",
        "m = nn.Sequential(nn.Conv1d(4, 2, 3), nn.Flatten(), nn.Linear(4, 1)).to(d).half()\n"
        "m(torch.randn(1, 4, 4, device=d).half()).sum().backward()",
    ),
]

BIRTHS = [
    Case(
        "factories", "all(f(2, device=d).is_cuda for f in (torch.zeros, torch.ones, torch.empty, torch.rand)) or 1 / 0"
    ),
    Case("new_zeros", "far + far.new_zeros(4)\nnear + near.new_tensor([1.0] * 4)"),
    Case("zeros_like", "far + torch.zeros_like(far)\nnear + torch.ones_like(far, device='cpu')"),
    Case("arange as positions", "far[0] + torch.arange(4, device=far.device)"),
    Case("from numpy", "far @ torch.from_numpy(np.eye(4, dtype=np.float32))", one_off("mat2", "mm")),
    Case("from a list", "far @ torch.tensor([[1.0] * 4] * 4)", one_off("mat2", "mm")),
    Case("the old constructor", "far @ torch.Tensor(4, 4)", one_off("mat2", "mm")),
    Case("FloatTensor", "far @ torch.FloatTensor([[1.0] * 4] * 4)", one_off("mat2", "mm")),
    Case(
        "cuda.FloatTensor",
        "far @ torch.cuda.FloatTensor([[1.0] * 4] * 4)\nisinstance(far, torch.cuda.FloatTensor) or 1 / 0",
    ),
    Case("type by name", "far @ near.type('torch.cuda.FloatTensor')\nfar.type() == 'torch.cuda.FloatTensor' or 1 / 0"),
    Case("like another", "far @ near.to(far)\nnear @ far.type_as(near)"),
    Case(
        "as_tensor",
        "far @ torch.as_tensor(np.eye(4, dtype=np.float32), device=d)\ntorch.as_tensor(far) is far or 1 / 0",
    ),
    Case("tensor of a tensor", "far @ torch.tensor(far)"),
    Case("clone and detach", "far @ far.detach().clone().requires_grad_().data"),
    Case(
        "to of both",
        "far @ near.to(d, torch.float64).float()\nfar @ near.double().to(torch.device(d), dtype=torch.float32)",
    ),
    Case("get_device", "(far.get_device(), near.get_device()) == (0, -1) or 1 / 0"),
    Case(
        "made by a thread",
        "def work(): made.append(torch.ones(4, device=d) * 2)\nmade = []\n"
        "t = threading.Thread(target=work); t.start(); t.join()\nfar + made[0]",
    ),
    Case("frequencies", "torch.fft.fft(far[0]).real + torch.fft.fftfreq(4, device=d)"),
    Case("nested", "torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], device=d).is_cuda or 1 / 0"),
    Case("sparse", "torch.eye(4).to_sparse().to(d) @ far"),
    Case("saved and loaded", "f = io.BytesIO(); torch.save(far, f); f.seek(0)\ntorch.load(f).is_cuda or 1 / 0"),
    Case(
        "loaded to the CPU",
        "f = io.BytesIO(); torch.save(far, f); f.seek(0)\nfar @ torch.load(f, map_location='cpu')",
        one_off("mat2", "mm"),
    ),
    Case("loaded to the GPU", "f = io.BytesIO(); torch.save(near, f); f.seek(0)\nfar @ torch.load(f, map_location=d)"),
    Case(
        "loaded by a function",
        "f = io.BytesIO(); torch.save(near, f); f.seek(0)\nfar @ torch.load(f, map_location=lambda s, l: s.cuda(0))",
    ),
    Case("pickled", "import pickle\nfar @ pickle.loads(pickle.dumps(far))"),
    Case("deep copies that share", "a, b = copy.deepcopy((far, far[0]))\na + b + far"),
    Case("a GPU that is not there", "near.to('cuda:7')", "CUDA error: invalid device ordinal"),
    Case(
        "streams and events",
        "s = torch.cuda.Stream(); e = torch.cuda.Event(enable_timing=True)\nwith torch.cuda.stream(s):\n"
        "    e.record()\n    far @ far\nend = torch.cuda.Event(enable_timing=True)\n"
        "end.record(); torch.cuda.synchronize()\ne.elapsed_time(end)",
    ),
    Case("the accelerator", "torch.zeros(2, device=torch.accelerator.current_accelerator()).is_cuda or 1 / 0"),
    Case(
        "questions to CUDA",
        "torch.cuda.get_device_name(); torch.cuda.get_device_properties(0).total_memory; torch.cuda.memory_allocated();"
        " torch.cuda.max_memory_allocated(); torch.cuda.empty_cache(); torch.cuda.manual_seed_all(0);"
        " torch.cuda.is_bf16_supported()",
    ),
]

CASES = [*LAYERS, *LOSSES, *POINTWISE, *MATRICES, *INDEXING, *HOST, *GENERATORS, *MODULES, *TRAINING, *BIRTHS]

SEVERAL = [
    Case("two GPUs", "far + torch.randn(4, 4, device='cuda:1')", "found at least two devices, cuda:0 and cuda:1!"),
    Case("from one to the other", "far.to('cuda:1') + torch.randn(4, 4, device='cuda:1')"),
    Case(
        "layers on two GPUs",
        "nn.Linear(4, 4).to('cuda:1')(nn.Linear(4, 4).to('cuda:0')(far))",
        one_off("mat1", "addmm", "cuda:0", "cuda:1"),
    ),
    Case(
        "the current GPU", "torch.cuda.set_device(1)\ntorch.zeros(4, device='cuda') + torch.zeros(4, device='cuda:1')"
    ),
    Case(
        "another GPU for a while",
        "with torch.cuda.device(1):\n    x = torch.zeros(4, device='cuda')\nx.get_device() == 1 or 1 / 0",
    ),
    Case(
        "parallel over two GPUs",
        "m = nn.DataParallel(nn.Linear(4, 4).to(d))\nm(far).sum().backward()\nm.module.weight.grad.is_cuda or 1 / 0",
    ),
    Case(
        "parallel, the module on the CPU",
        "nn.DataParallel(nn.Linear(4, 4))(far)",
        "module must have its parameters and buffers on device cuda:0 (device_ids[0]) but found one of them on device: "
        "cpu",
    ),
    Case(
        "parallel, a buffer on the second GPU",
        "m = nn.BatchNorm1d(4).to(d)\nm.running_mean = m.running_mean.to('cuda:1')\nnn.DataParallel(m)(far)",
        "but found one of them on device: cuda:1",
    ),
    Case(
        "foreach over two GPUs",
        "a = nn.Linear(4, 4).to('cuda:0'); b = nn.Linear(4, 4).to('cuda:1')\n"
        "o = torch.optim.SGD([*a.parameters(), *b.parameters()], 0.1, foreach=True)\n"
        "b(a(far).to('cuda:1')).sum().backward()\no.step()",
    ),
]
"""Cases for a machine with two."""
