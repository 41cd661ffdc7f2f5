import torch
import torch.nn as nn

torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
VOCAB = BPTT = 10
corpus = torch.arange(200) * 7 % VOCAB


def batchify(data, bsz):
    nbatch = data.size(0) // bsz
    return data[: nbatch * bsz].view(bsz, -1).to(device)


class LM(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Embedding(VOCAB, 12)
        self.rnn = nn.LSTM(12, 12, 1, batch_first=True)
        self.decoder = nn.Linear(12, VOCAB)
        self.register_buffer("bias_scale", torch.tensor([0.5]), persistent=False)

    def init_hidden(self, bsz):
        weight = next(self.parameters())
        return weight.new_zeros(1, bsz, 12), weight.new_zeros(1, bsz, 12)

    def forward(self, x, hidden):
        out, hidden = self.rnn(self.encoder(x), hidden)
        return self.decoder(out) * self.bias_scale, hidden


def repackage_hidden(h):
    return tuple(t.detach() for t in h)


model = LM().to(device)
criterion = nn.CrossEntropyLoss()
train_data = batchify(corpus, 4)
hidden = model.init_hidden(4)
lr = 0.5
for i in range(0, train_data.size(1) - 1 - BPTT, BPTT):
    x, y = train_data[:, i : i + BPTT], train_data[:, i + 1 : i + 1 + BPTT]
    model.zero_grad()
    hidden = repackage_hidden(hidden)
    output, hidden = model(x, hidden)
    loss = criterion(output.permute(0, 2, 1), y)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)
    for p in model.parameters():
        p.data.add_(p.grad, alpha=-lr)
    print(i, loss.item())
