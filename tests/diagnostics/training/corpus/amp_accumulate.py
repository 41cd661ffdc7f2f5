import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
use_amp = torch.cuda.is_available()
device = torch.device("cuda" if use_amp else "cpu")
ACCUM = 2

data = TensorDataset(torch.rand(32, 1, 14, 14), torch.randint(0, 10, (32,)))
loader = DataLoader(data, batch_size=8, shuffle=True, drop_last=True, pin_memory=use_amp)
model = nn.Sequential(
    nn.Conv2d(1, 8, 3, stride=2), nn.GroupNorm(2, 8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 10)
).to(device, memory_format=torch.channels_last)
criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scaler = torch.amp.GradScaler(device.type, enabled=use_amp)
steps = len(loader) // ACCUM
scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, total_iters=max(steps, 1))

optimizer.zero_grad(set_to_none=True)
for i, (x, y) in enumerate(loader):
    x = x.to(device, non_blocking=True, memory_format=torch.channels_last)
    y = y.to(device, non_blocking=True)
    with torch.autocast(device_type=device.type, dtype=torch.float16, enabled=use_amp):
        loss = criterion(model(x), y) / ACCUM
    scaler.scale(loss).backward()
    if (i + 1) % ACCUM == 0:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad(set_to_none=True)
        scheduler.step()
        print(i, loss.item() * ACCUM)
if torch.cuda.is_available():
    torch.cuda.synchronize()
    print(torch.cuda.memory_allocated() >= 0)
