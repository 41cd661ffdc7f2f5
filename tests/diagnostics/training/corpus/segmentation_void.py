import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Streets(Dataset):
    VOID = 255

    def __init__(self, n=6, size=12, classes=4):
        rng = np.random.default_rng(1)
        self.images = rng.random((n, size, size, 3), dtype=np.float32)
        self.masks = rng.integers(0, classes, (n, size, size)).astype(np.uint8)
        self.masks[:, 0] = self.VOID
        self.masks[0] = self.VOID

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image = torch.from_numpy(self.images[i]).permute(2, 0, 1).contiguous()
        return image, torch.from_numpy(self.masks[i].astype(np.int64))


class FCN(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.score = nn.Conv2d(8, classes, 1)

    def forward(self, x):
        s = self.score(self.body(x))
        return nn.functional.interpolate(s, size=x.shape[-2:], mode="bilinear", align_corners=False)


def main():
    torch.manual_seed(0)
    net = FCN().cuda()
    weights = torch.tensor([1.0, 2.0, 1.0, 0.5])
    criterion = nn.CrossEntropyLoss(weight=weights, ignore_index=Streets.VOID).cuda()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    inter = torch.zeros(4)
    for image, mask in DataLoader(Streets(), batch_size=3, shuffle=False):
        image, mask = image.cuda(non_blocking=True), mask.cuda(non_blocking=True)
        out = net(image)
        loss = criterion(out, mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        valid = mask != Streets.VOID
        hits = mask[valid][out.argmax(1)[valid] == mask[valid]]
        inter += torch.bincount(hits, minlength=4).cpu()
        print(loss.item(), inter.tolist())


main()
