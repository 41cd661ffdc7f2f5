# BUG requires_grad lost: freezing loop (line 43) runs after the new head (line 42) so the head never trains
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def conv_bn(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, 2, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True))


class MiniResNet(nn.Module):
    """stands in for timm.create_model('resnet10t', pretrained=True)"""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.stem = conv_bn(3, 8)
        self.layer1 = conv_bn(8, 16)
        self.layer2 = conv_bn(16, 32)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.num_features = 32
        self.fc = nn.Linear(32, num_classes)

    def forward_features(self, x):
        return self.layer2(self.layer1(self.stem(x)))

    def forward(self, x):
        return self.fc(self.pool(self.forward_features(x)).flatten(1))


def build_data():
    g = torch.Generator().manual_seed(5)
    y = torch.randint(0, 4, (600,), generator=g)
    colours = torch.randn(4, 3, 1, 1, generator=g)
    x = colours[y] + 0.8 * torch.randn(600, 3, 16, 16, generator=g)
    return DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)


def main():
    torch.manual_seed(0)
    dev = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    model = MiniResNet()
    model.fc = nn.Linear(model.num_features, 4)
    for p in model.parameters():
        p.requires_grad = False
    # fine-tune the last stage and the classifier
    for p in model.layer2.parameters():
        p.requires_grad = True
    model.to(dev)
    opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    ce = nn.CrossEntropyLoss()
    loader = build_data()
    for epoch in range(2):
        model.train()
        seen = 0
        for x, y in loader:
            x, y = x.to(dev), y.to(dev)
            opt.zero_grad()
            loss = ce(model(x), y)
            loss.backward()
            opt.step()
            seen += len(y)
        print(f"epoch {epoch} seen {seen} last loss {loss.item():.3f}")


if __name__ == "__main__":
    main()
