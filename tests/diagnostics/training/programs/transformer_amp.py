"""A Transformer under mixed precision: positions in a buffer, causal and padding masks, GradScaler."""

import math

import torch
from torch import nn

torch.manual_seed(3)
device = "cuda" if torch.cuda.is_available() else "cpu"
WORDS, WIDTH = 24, 16


class Positions(nn.Module):
    def __init__(self, longest=50):
        super().__init__()
        place = torch.arange(longest).unsqueeze(1)
        rate = torch.exp(torch.arange(0, WIDTH, 2) * (-math.log(10000.0) / WIDTH))
        table = torch.zeros(longest, WIDTH)
        table[:, 0::2] = torch.sin(place * rate)
        table[:, 1::2] = torch.cos(place * rate)
        self.register_buffer("table", table)

    def forward(self, x):
        return x + self.table[: x.size(1)]


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(WORDS, WIDTH)
        self.positions = Positions()
        layer = nn.TransformerEncoderLayer(WIDTH, 2, 32, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(WIDTH, WORDS)

    def forward(self, words, padding):
        length = words.size(1)
        causal = torch.triu(torch.full((length, length), float("-inf"), device=words.device), diagonal=1)
        hidden = self.positions(self.embed(words))
        return self.head(self.encoder(hidden, mask=causal, src_key_padding_mask=padding))


model = Model().to(device)
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.003)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 5)
scaler = torch.amp.GradScaler(device)
for step in range(5):
    words = torch.randint(1, WORDS, (4, 10)).to(device)
    padding = torch.zeros(4, 10, device=device)
    padding[:, -2:] = float("-inf")
    optimizer.zero_grad()
    with torch.autocast(device, dtype=torch.bfloat16):
        logits = model(words, padding)
        loss = criterion(logits[:, :-1].flatten(0, 1), words[:, 1:].flatten())
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
    scheduler.step()
    print(f"{step}: {loss.item():.1f}")

model.eval()
with torch.no_grad():
    guesses = model(words, padding).argmax(-1)
print(tuple(guesses.shape), torch.isfinite(loss).item())
