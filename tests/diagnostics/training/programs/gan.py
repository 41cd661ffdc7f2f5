"""A GAN: two models, two optimizers, noise made on the device."""

import torch
from torch import nn

torch.manual_seed(4)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

generator = nn.Sequential(nn.Linear(4, 16), nn.LeakyReLU(0.2), nn.Linear(16, 2)).to(device)
discriminator = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1)).to(device)
criterion = nn.BCEWithLogitsLoss()
generator_steps = torch.optim.Adam(generator.parameters(), lr=0.01, betas=(0.5, 0.999))
discriminator_steps = torch.optim.Adam(discriminator.parameters(), lr=0.01, betas=(0.5, 0.999))
fixed_noise = torch.zeros(8, 4, device=device)

for step in range(6):
    real = (torch.randn(8, 2) * 0.1 + 1).to(device)
    ones = torch.ones(8, 1, device=device)
    zeros = torch.zeros(8, 1, device=device)
    noise = torch.randn(8, 4).to(device)
    fake = generator(noise)

    discriminator_steps.zero_grad()
    loss_d = criterion(discriminator(real), ones) + criterion(discriminator(fake.detach()), zeros)
    loss_d.backward()
    discriminator_steps.step()

    generator_steps.zero_grad()
    loss_g = criterion(discriminator(fake), ones)
    loss_g.backward()
    generator_steps.step()
    print(f"{step}: D {loss_d.item():.4f} G {loss_g.item():.4f}")

with torch.no_grad():
    sample = generator(fixed_noise).cpu().numpy()
print(sample.shape, f"{sample.mean():.4f}")
