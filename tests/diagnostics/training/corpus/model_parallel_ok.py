import torch
from torch import nn

torch.manual_seed(0)
n_gpu = torch.cuda.device_count()
first = torch.device("cuda:0" if n_gpu > 0 else "cpu")
second = torch.device("cuda:1" if n_gpu > 1 else first)


class Split(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(30, 16).to(first)
        self.gru = nn.GRU(16, 16, batch_first=True).to(first)
        self.head = nn.Sequential(nn.LayerNorm(16), nn.Linear(16, 4)).to(second)
        self.aux = nn.Linear(16, 4).to(first)

    def forward(self, ids):
        h, last = self.gru(self.emb(ids.to(first)))
        return self.head(last[-1].to(second)), self.aux(h.mean(1))


model = Split()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()

for step in range(3):
    ids = torch.randint(0, 30, (6, 7))
    labels = ids[:, 0] % 4
    main_out, aux_out = model(ids)
    loss = criterion(main_out, labels.to(main_out.device))
    aux_loss = criterion(aux_out, labels.to(aux_out.device))
    total = loss + 0.3 * aux_loss.to(loss.device)
    optimizer.zero_grad()
    total.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    agree = (main_out.argmax(1).cpu() == aux_out.argmax(1).cpu()).float().mean().item()
    print(step, total.item(), str(total.device) == str(second), agree)
