# OK: NLLLoss after log_softmax; softmax used only to print probabilities
# %%
import torch
import torch.nn as nn
import torch.nn.functional as F

class CharRNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.rnn = nn.RNN(input_size, hidden_size)
        self.h2o = nn.Linear(hidden_size, output_size)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, line_tensor):
        _, hidden = self.rnn(line_tensor)
        return self.softmax(self.h2o(hidden[0]))

# %%
torch.manual_seed(0)
letters = "abcdefghijklmnop"
langs = ["Foo", "Bar", "Baz"]
prefix = {"Foo": "abcdef", "Bar": "ghijk", "Baz": "lmnop"}

def make_word(lang):
    pool = prefix[lang] * 3 + letters
    return "".join(pool[int(torch.randint(len(pool), (1,)))] for _ in range(7))

def to_tensor(words):
    idx = torch.tensor([[letters.index(c) for c in w] for w in words]).t()
    return F.one_hot(idx, len(letters)).float()

# %%
rnn = CharRNN(len(letters), 48, len(langs))
criterion = nn.NLLLoss()
optimizer = torch.optim.SGD(rnn.parameters(), lr=0.15)
all_losses = []
for it in range(200):
    cats = torch.randint(len(langs), (32,))
    x = to_tensor([make_word(langs[c]) for c in cats])
    rnn.train()
    rnn.zero_grad()
    loss = criterion(rnn(x), cats)
    loss.backward()
    optimizer.step()
    all_losses.append(loss.item())
    if it % 50 == 0:
        print(it, sum(all_losses[-50:]) / len(all_losses[-50:]))

# %%
rnn.eval()
with torch.no_grad():
    for w in ["abcdefa", "ghijkgh", "lmnoplm"]:
        print(w, rnn(to_tensor([w])).exp()[0].tolist())
