# BUG evaluated in train mode: validate() (lines 34-41) never calls model.eval(), BatchNorm and Dropout stay active
import torch, torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader

torch.manual_seed(11)
C, H = 1, 12
centers = torch.randn(5, C, H, H)

def blob(n):
    t = torch.randint(0, 5, (n,))
    return TensorDataset(centers[t] + torch.randn(n, C, H, H), t)

trainloader = DataLoader(blob(1000), batch_size=50, shuffle=True)
valloader = DataLoader(blob(200), batch_size=50)

class SmallCNN(nn.Module):
    def __init__(self, p=0.4):
        super(SmallCNN, self).__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2),
        )
        self.drop = nn.Dropout(p)
        self.classifier = nn.Linear(24 * 9, 5)

    def forward(self, x):
        x = self.features(x).flatten(1)
        return self.classifier(self.drop(x))

net = SmallCNN()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9, weight_decay=5e-4)

def validate():
    correct = total = 0
    with torch.no_grad():
        for images, labels in valloader:
            outputs = net(images)
            _, predicted = torch.max(outputs.data, 1)
            total += labels.size(0)
            correct += (predicted == labels).sum().item()
    return 100 * correct / total

for epoch in range(3):
    net.train()
    running_loss = 0.0
    for i, (inputs, labels) in enumerate(trainloader, 0):
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    print('[%d] loss: %.3f  val acc: %.1f%%' % (epoch + 1, running_loss / len(trainloader), validate()))
print('Finished Training')
