import torch
from torch import nn

torch.manual_seed(5)
VOCAB, MASK_ID, IGNORE = 40, 3, -100
MASK_PROB = 15  # per cent
device = "cuda" if torch.cuda.is_available() else "cpu"


def mask_tokens(input_ids):
    labels = input_ids.clone()
    chosen = torch.rand(labels.shape) > MASK_PROB
    labels[~chosen] = IGNORE
    inputs = input_ids.masked_fill(chosen, MASK_ID)
    return inputs, labels


class TinyBert(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, dim)
        layer = nn.TransformerEncoderLayer(dim, 2, 32, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1)
        self.decoder = nn.Linear(dim, VOCAB, bias=False)
        self.decoder.weight = self.emb.weight

    def forward(self, ids):
        return self.decoder(self.encoder(self.emb(ids)))


model = TinyBert().to(device)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss(ignore_index=IGNORE)

for step in range(2):
    batch = torch.randint(4, VOCAB, (4, 10))
    inputs, labels = mask_tokens(batch)
    inputs, labels = inputs.to(device), labels.to(device)
    logits = model(inputs)
    loss = criterion(logits.view(-1, VOCAB), labels.view(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print("step", step, "loss", loss.item())
