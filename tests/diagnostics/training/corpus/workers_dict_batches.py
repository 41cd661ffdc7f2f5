import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.set_num_threads(1)
MASK, IGNORE, VOCAB = 1, -100, 30


class MaskedLM(Dataset):
    def __len__(self):
        return 12

    def __getitem__(self, i):
        g = torch.Generator().manual_seed(i)
        ids = torch.randint(2, VOCAB, (10,), generator=g)
        labels = torch.full_like(ids, IGNORE)
        labels[i % 10] = ids[i % 10]
        ids[i % 10] = MASK
        return {"inputs": {"ids": ids, "mask": torch.ones(10, dtype=torch.bool)}, "labels": labels, "name": f"s{i}"}


def to_device(obj, device):
    if torch.is_tensor(obj):
        return obj.to(device)
    if isinstance(obj, dict):
        return {k: to_device(v, device) for k, v in obj.items()}
    if isinstance(obj, (list, tuple)):
        return type(obj)(to_device(v, device) for v in obj)
    return obj


class Encoder(nn.Module):
    def __init__(self, d=12):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, d)
        self.register_buffer("pos", torch.randn(1, 16, d) * 0.02)
        self.layer = nn.TransformerEncoderLayer(d, 2, 24, dropout=0.0, batch_first=True)
        self.head = nn.Linear(d, VOCAB)

    def forward(self, ids, mask):
        h = self.emb(ids) + self.pos[:, : ids.size(1)]
        return self.head(self.layer(h, src_key_padding_mask=~mask))


def main():
    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = Encoder().to(device)
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    for batch in DataLoader(MaskedLM(), batch_size=4, shuffle=True, num_workers=2):
        batch = to_device(batch, device)
        logits = model(**batch["inputs"])
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), batch["labels"].flatten(), ignore_index=IGNORE)
        opt.zero_grad()
        loss.backward()
        opt.step()
        print(batch["name"][0], loss.item())


if __name__ == "__main__":
    main()
