import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
pixels = torch.randint(0, 256, (16, 1, 8, 8), dtype=torch.uint8)


class DenoisingAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 6, 3, stride=2, padding=1), nn.ReLU())
        self.decoder = nn.ConvTranspose2d(6, 1, 4, stride=2, padding=1)

    def forward(self, x):
        return self.decoder(self.encoder(x))


loader = DataLoader(TensorDataset(pixels), batch_size=8, shuffle=True)
ae = DenoisingAE().to(device)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(ae.parameters(), lr=1e-3)
for epoch in range(2):
    for (images,) in loader:
        clean = images.float().to(device)
        noisy = clean / 255.0 + 0.1 * torch.randn_like(clean)
        recon = ae(noisy)
        loss = criterion(recon, clean)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "loss", loss.item())
