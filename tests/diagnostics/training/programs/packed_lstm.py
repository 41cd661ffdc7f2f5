"""A language model on sequences of several lengths, packed, and sampled from."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

torch.manual_seed(2)
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
WORDS, HIDDEN = 20, 16


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(WORDS, 8, padding_idx=0)
        self.lstm = nn.LSTM(8, HIDDEN, num_layers=2, batch_first=True)
        self.head = nn.Linear(HIDDEN, WORDS)

    def forward(self, words, lengths, state):
        packed = pack_padded_sequence(self.embed(words), lengths.cpu(), batch_first=True, enforce_sorted=False)
        output, state = self.lstm(packed, state)
        output, _ = pad_packed_sequence(output, batch_first=True)
        return self.head(output), state

    def start(self, count):
        shape = (2, count, HIDDEN)
        return torch.zeros(shape, device=device), torch.zeros(shape, device=device)


model = Model().to(device)
criterion = nn.CrossEntropyLoss(ignore_index=0)
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01)
for step in range(6):
    sequences = [torch.randint(1, WORDS, (length,)) for length in (7, 4, 9)]
    lengths = torch.tensor([len(one) for one in sequences]).to(device)
    words = pad_sequence(sequences, batch_first=True).to(device)
    logits, _ = model(words, lengths, model.start(len(sequences)))
    target = torch.roll(words, -1, dims=1)
    loss = criterion(logits.reshape(-1, WORDS), target.reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"{step}: {loss.item():.4f}")

model.eval()
state = model.start(1)
word = torch.tensor([[1]]).to(device)
sampled = []
with torch.no_grad():
    for _ in range(5):
        output, state = model.lstm(model.embed(word), state)
        chances = model.head(output[:, -1]).softmax(-1)
        word = torch.multinomial(chances, 1)
        sampled.append(word.item())
print(sampled)
