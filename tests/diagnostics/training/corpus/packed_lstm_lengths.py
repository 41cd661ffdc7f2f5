import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

torch.manual_seed(2)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
N_TAGS = 4


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(25, 8, padding_idx=0)
        self.lstm = nn.LSTM(8, 10, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(0.1)
        self.out = nn.Linear(20, N_TAGS)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(self.drop(self.emb(x)), lengths, batch_first=True, enforce_sorted=False)
        h, _ = self.lstm(packed)
        h, out_lengths = pad_packed_sequence(h, batch_first=True)
        assert out_lengths.device.type == "cpu"
        return self.out(h)


def make_batch(n):
    seqs = [torch.randint(1, 25, (int(k),)) for k in torch.randint(2, 9, (n,))]
    lengths = torch.tensor([len(s) for s in seqs])
    tags = [s % N_TAGS for s in seqs]
    x = pad_sequence(seqs, batch_first=True)
    y = pad_sequence(tags, batch_first=True, padding_value=-1)
    return x, y, lengths


model = Tagger().to(device)
criterion = nn.CrossEntropyLoss(ignore_index=-1)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for step in range(3):
    x, y, lengths = make_batch(6)
    x, y = x.to(device), y.to(device)
    scores = model(x, lengths)
    loss = criterion(scores.transpose(1, 2), y)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    correct = ((scores.argmax(-1) == y) & (y != -1)).sum().item()
    print(step, loss.item(), correct / int(lengths.sum()))
