# OK: weight tying, the embedding and the output layer share one parameter
import torch
import torch.nn as nn


class RNNModel(nn.Module):
    def __init__(self, ntoken=20, d=32, dropout=0.2, tie_weights=True):
        super().__init__()
        self.drop = nn.Dropout(dropout)
        self.encoder = nn.Embedding(ntoken, d)
        self.rnn = nn.LSTM(d, d)
        self.decoder = nn.Linear(d, ntoken)
        if tie_weights:
            self.decoder.weight = self.encoder.weight
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)

    def forward(self, x, hidden):
        emb = self.drop(self.encoder(x))
        out, hidden = self.rnn(emb, hidden)
        return self.decoder(self.drop(out)).view(-1, 20), hidden


def repackage_hidden(h):
    return tuple(v.detach() for v in h)


def batchify(data, bsz):
    n = data.size(0) // bsz
    return data[:n * bsz].view(bsz, -1).t().contiguous()


torch.manual_seed(1111)
# markov chain text
P = torch.softmax(torch.randn(20, 20) * 3, 1)
toks = [0]
for _ in range(8000):
    toks.append(int(torch.multinomial(P[toks[-1]], 1)))
source = batchify(torch.tensor(toks), 16)
bptt = 16
model = RNNModel()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(3):
    model.train()
    hidden = (torch.zeros(1, 16, 32), torch.zeros(1, 16, 32))
    total = 0.0
    for b, i in enumerate(range(0, source.size(0) - 1, bptt)):
        L = min(bptt, source.size(0) - 1 - i)
        data, targets = source[i:i + L], source[i + 1:i + 1 + L].reshape(-1)
        model.zero_grad()
        hidden = repackage_hidden(hidden)
        output, hidden = model(data, hidden)
        loss = criterion(output, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        optimizer.step()
        total += loss.item()
    print("| epoch %d | loss %.3f" % (epoch, total / (b + 1)))
