import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader

torch.manual_seed(4)
PAD = 0
DEVICE = torch.device("cuda")
corpus = [(torch.randint(1, 30, (n,)), n % 2) for n in (5, 3, 8, 2, 6, 4, 7, 9)]


def collate_fn(batch):
    seqs, labels = zip(*batch)
    lengths = torch.tensor([len(s) for s in seqs])
    return pad_sequence(seqs, batch_first=True, padding_value=PAD), lengths, torch.tensor(labels)


class GRUClassifier(nn.Module):
    def __init__(self, vocab=30, emb=8, hid=12):
        super().__init__()
        self.embedding = nn.Embedding(vocab, emb, padding_idx=PAD)
        self.gru = nn.GRU(emb, hid, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(2 * hid, 2)

    def forward(self, tokens, lengths):
        packed = pack_padded_sequence(self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False)
        out, h = self.gru(packed)
        out, _ = pad_packed_sequence(out, batch_first=True)
        return self.fc(torch.cat([h[0], h[1]], dim=1))


model = GRUClassifier().to(DEVICE)
optimizer = torch.optim.Adam(model.parameters())
loss_function = nn.CrossEntropyLoss()

for epoch in range(2):
    for batch in DataLoader(corpus, batch_size=4, shuffle=True, collate_fn=collate_fn):
        tokens, lengths, labels = [t.to(DEVICE) for t in batch]
        optimizer.zero_grad()
        loss = loss_function(model(tokens, lengths), labels)
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "loss", loss.item())
