# OK: GAN, two optimizers, fake.detach() in D's step
import torch
import torch.nn as nn

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.manual_seed(0)
nz, bs = 8, 64

netG = nn.Sequential(nn.Linear(nz, 32), nn.ReLU(True), nn.Linear(32, 2)).to(device)
netD = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2, inplace=True), nn.Linear(32, 1)).to(device)
criterion = nn.BCEWithLogitsLoss()
optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-4, betas=(0.5, 0.999))
optimizerG = torch.optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.999))
fixed_noise = torch.randn(16, nz, device=device)

def real_batch():
    a = torch.rand(bs) * 6.2832
    return torch.stack([a.cos(), a.sin()], 1).to(device) + 0.05 * torch.randn(bs, 2, device=device)

for i in range(150):
    # (1) Update D network: maximize log(D(x)) + log(1 - D(G(z)))
    netD.zero_grad()
    label = torch.full((bs,), 1., device=device)
    errD_real = criterion(netD(real_batch()).view(-1), label)
    errD_real.backward()
    fake = netG(torch.randn(bs, nz, device=device))
    label.fill_(0.)
    errD_fake = criterion(netD(fake.detach()).view(-1), label)
    errD_fake.backward()
    optimizerD.step()
    # (2) Update G network: maximize log(D(G(z)))
    netG.zero_grad()
    label.fill_(1.)
    errG = criterion(netD(fake).view(-1), label)
    errG.backward()
    optimizerG.step()
    if i % 50 == 0:
        print('[%d] Loss_D: %.4f Loss_G: %.4f' % (i, (errD_real + errD_fake).item(), errG.item()))
with torch.no_grad():
    print(netG(fixed_noise).norm(dim=1).mean().item())
