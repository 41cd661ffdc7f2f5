import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(31)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
ALPHABET = "abcdefgh"
SEQ = 6


class Bigram(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.n = n
        self.i2h = nn.Linear(n, 20)
        self.h2o = nn.Linear(20, n)

    def forward(self, tokens):
        x = F.one_hot(tokens, self.n).type(torch.FloatTensor)
        h = torch.tanh(self.i2h(x))
        return self.h2o(h)


def random_chunk(bs):
    chunk = torch.randint(0, len(ALPHABET), (bs, SEQ + 1))
    return chunk[:, :-1], chunk[:, 1:]


model = Bigram(len(ALPHABET))
model = model.to(device)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adagrad(model.parameters(), lr=0.05)

for it in range(3):
    src, tgt = random_chunk(5)
    src, tgt = src.to(device), tgt.to(device)
    optimizer.zero_grad()
    out = model(src)
    loss = criterion(out.reshape(-1, len(ALPHABET)), tgt.reshape(-1))
    loss.backward()
    optimizer.step()
    print(f"it {it}, loss {loss.item():.4f}")
