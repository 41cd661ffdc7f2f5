import torch
import torch.nn as nn

torch.manual_seed(1)

sentences = [
    (["the", "dog", "ate", "the", "apple"], ["DET", "NN", "V", "DET", "NN"]),
    (["everybody", "read", "that", "good", "book"], ["NN", "V", "DET", "ADJ", "NN"]),
    (["she", "saw", "the", "red", "car"], ["NN", "V", "DET", "ADJ", "NN"]),
]
word_to_ix, tag_to_ix = {}, {"DET": 0, "NN": 1, "V": 2, "ADJ": 3}
for words, _ in sentences:
    for w in words:
        word_to_ix.setdefault(w, len(word_to_ix))


def encode(seq, table):
    return torch.tensor([table[s] for s in seq], dtype=torch.long)


class LSTMTagger(nn.Module):
    def __init__(self, vocab, tags, emb=6, hidden=6):
        super().__init__()
        self.word_embeddings = nn.Embedding(vocab, emb)
        self.lstm = nn.LSTM(emb, hidden, batch_first=True)
        self.hidden2tag = nn.Linear(hidden, tags)

    def forward(self, batch):
        out, _ = self.lstm(self.word_embeddings(batch))
        return self.hidden2tag(out)


device = "cuda" if torch.cuda.is_available() else "cpu"
X = torch.stack([encode(s, word_to_ix) for s, _ in sentences]).to(device)
Y = torch.stack([encode(t, tag_to_ix) for _, t in sentences]).to(device)
model = LSTMTagger(len(word_to_ix), len(tag_to_ix)).to(device)
loss_function = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for epoch in range(3):
    model.zero_grad()
    tag_scores = model(X)
    loss = loss_function(tag_scores, Y)
    loss.backward()
    optimizer.step()
    print(epoch, loss.item())
