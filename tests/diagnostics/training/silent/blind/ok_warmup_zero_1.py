# OK: linear warm-up from lr 0 and cosine decay, HF style
import math
import torch
import torch.nn as nn
from torch.optim.lr_scheduler import LambdaLR


def get_cosine_schedule_with_warmup(optimizer, num_warmup_steps, num_training_steps):
    def lr_lambda(current_step):
        if current_step < num_warmup_steps:
            return float(current_step) / float(max(1, num_warmup_steps))
        progress = (current_step - num_warmup_steps) / max(1, num_training_steps - num_warmup_steps)
        return max(0.0, 0.5 * (1.0 + math.cos(math.pi * progress)))
    return LambdaLR(optimizer, lr_lambda)


class SeqClassifier(nn.Module):
    def __init__(self, vocab=30, d=32):
        super().__init__()
        self.emb = nn.Embedding(vocab, d)
        layer = nn.TransformerEncoderLayer(d, 4, 64, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1)
        self.classifier = nn.Linear(d, 2)

    def forward(self, input_ids, labels=None):
        h = self.encoder(self.emb(input_ids)).mean(1)
        logits = self.classifier(h)
        loss = nn.functional.cross_entropy(logits, labels) if labels is not None else None
        return {"loss": loss, "logits": logits}


torch.manual_seed(0)
ids = torch.randint(0, 30, (640, 12))
labels = ((ids < 15).float().mean(1) > 0.5).long()
model = SeqClassifier()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
total = 4 * 20
scheduler = get_cosine_schedule_with_warmup(optimizer, 10, total)
for epoch in range(4):
    model.train()
    for idx in torch.randperm(640).split(32):
        out = model(input_ids=ids[idx], labels=labels[idx])
        out["loss"].backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
    print({"epoch": epoch, "loss": round(out["loss"].item(), 4), "lr": scheduler.get_last_lr()[0]})
