import numpy as np
import torch
from torch import nn

torch.manual_seed(7)
device = "cuda" if torch.cuda.is_available() else "cpu"
C = 3
net = nn.Sequential(nn.Linear(5, 10), nn.ReLU(), nn.Linear(10, C)).to(device)
opt = torch.optim.Adam(net.parameters(), lr=0.02)

X = torch.randn(36, 5)
Y = X[:, :C].argmax(1)
losses, all_preds, all_labels = [], [], []
confusion = torch.zeros(C, C)
running = 0

for epoch in range(2):
    for i in range(0, 36, 12):
        xb, yb = X[i : i + 12].to(device), Y[i : i + 12].to(device)
        out = net(xb)
        loss = nn.functional.cross_entropy(out, yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.detach())
        running += loss.detach()
        preds = out.argmax(1)
        all_preds.append(preds.cpu())
        all_labels.extend(yb.tolist())
        for t, p in zip(yb, preds):
            confusion[t, p] += 1
    print(f"epoch {epoch} loss {loss:.3f} best {min(losses):.3f} sum {float(running):.3f}")

y_pred = torch.cat(all_preds).numpy()
y_true = np.array(all_labels)
print("accuracy", (y_pred == y_true).mean(), "trace", confusion.trace().item())
print("mean loss", torch.stack(losses).mean().item(), "as a list", torch.tensor(losses).numpy().round(3))
print("worst class", int(out.softmax(1).mean(0).argmin()), ["a", "b", "c"][preds[0]])
probs = out.detach().softmax(1).cpu().numpy()
print(np.allclose(probs.sum(1), 1.0, atol=1e-5))
