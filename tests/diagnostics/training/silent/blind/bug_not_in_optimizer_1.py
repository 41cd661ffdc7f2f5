# BUG parameters in no optimizer: the encoder is left out (line 48), only decoder is given
import torch
import torch.nn as nn
import torch.nn.functional as F


class Encoder(nn.Module):
    def __init__(self, ch=8):
        super().__init__()
        self.c1 = nn.Conv2d(3, ch, 3, stride=2, padding=1)
        self.c2 = nn.Conv2d(ch, ch * 2, 3, stride=2, padding=1)

    def forward(self, x):
        a = F.relu(self.c1(x))
        b = F.relu(self.c2(a))
        return a, b


class Decoder(nn.Module):
    def __init__(self, ch=8, n_classes=3):
        super().__init__()
        self.up1 = nn.ConvTranspose2d(ch * 2, ch, 2, stride=2)
        self.up2 = nn.ConvTranspose2d(ch * 2, ch, 2, stride=2)
        self.head = nn.Conv2d(ch, n_classes, 1)

    def forward(self, feats):
        a, b = feats
        x = torch.cat([F.relu(self.up1(b)), a], dim=1)
        return self.head(F.relu(self.up2(x)))


def synth_batch(n=8, size=32):
    """three vertical / random blobs of colour -> per-pixel class"""
    mask = torch.zeros(n, size, size, dtype=torch.long)
    for i in range(n):
        r, c = torch.randint(0, size - 12, (2,)).tolist()
        mask[i, r:r + 10, c:c + 10] = int(torch.randint(1, 3, (1,)))
    img = torch.randn(n, 3, size, size) * 0.3
    img[:, 0] += (mask == 1).float() * 2
    img[:, 2] += (mask == 2).float() * 2
    return img, mask


def main():
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    enc, dec = Encoder().to(device), Decoder().to(device)
    optimizer = torch.optim.Adam(dec.parameters(), lr=1e-3)
    weight = torch.tensor([0.3, 1.0, 1.0], device=device)
    for step in range(60):
        img, mask = synth_batch()
        img, mask = img.to(device), mask.to(device)
        logits = dec(enc(img))
        loss = F.cross_entropy(logits, mask, weight=weight)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 20 == 0:
            print(step, loss.item())


main()
