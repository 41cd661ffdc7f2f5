import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(7)


class ToyTexts(Dataset):
    def __init__(self, n=24):
        self.items = []
        for _ in range(n):
            length = int(torch.randint(3, 9, (1,)))
            self.items.append((torch.randint(1, 50, (length,)), int(torch.randint(0, 3, (1,)))))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        ids, label = self.items[i]
        return {"input_ids": ids, "label": label}


def collate(samples):
    longest = max(len(s["input_ids"]) for s in samples)
    ids = torch.zeros(len(samples), longest, dtype=torch.long)
    mask = torch.zeros(len(samples), longest)
    for row, s in enumerate(samples):
        n = len(s["input_ids"])
        ids[row, :n] = s["input_ids"]
        mask[row, :n] = 1
    labels = torch.tensor([s["label"] for s in samples])
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


class MeanPooler(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(50, 16)
        self.proj = nn.Linear(16, 3)

    def forward(self, input_ids, attention_mask):
        h = self.embed(input_ids)
        mask = attention_mask.unsqueeze(-1)
        pooled = (h * mask).sum(1) / mask.sum(1).clamp(min=1e-6)
        return self.proj(pooled)


device = "cuda" if torch.cuda.is_available() else "cpu"
model = MeanPooler().to(device)
loss_fn = nn.CrossEntropyLoss()
opt = torch.optim.AdamW(model.parameters(), lr=5e-3)

for batch in DataLoader(ToyTexts(), batch_size=8, shuffle=True, collate_fn=collate):
    for key in ("input_ids", "labels"):
        batch[key] = batch[key].to(device)
    logits = model(batch["input_ids"], batch["attention_mask"])
    loss = loss_fn(logits, batch["labels"])
    opt.zero_grad()
    loss.backward()
    opt.step()
    print("loss", round(loss.item(), 4))
