import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

input_size, output_size, batch_size, data_size = 5, 2, 10, 30
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
torch.manual_seed(0)


class RandomDataset(Dataset):
    def __init__(self, size, length):
        self.len = length
        self.data = torch.randn(length, size)

    def __getitem__(self, index):
        return self.data[index], (self.data[index].sum() > 0).long()

    def __len__(self):
        return self.len


class Model(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.fc = nn.Linear(input_size, output_size)

    def forward(self, x):
        return self.fc(x)


model = Model(input_size, output_size)
if torch.cuda.device_count() > 1:
    print("Let's use", torch.cuda.device_count(), "GPUs!")
model = nn.DataParallel(model)

optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for data, target in DataLoader(RandomDataset(input_size, data_size), batch_size=batch_size, shuffle=True):
    data, target = data.to(device), target.to(device)
    output = model(data)
    loss = nn.functional.cross_entropy(output, target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print("Outside: input size", data.size(), "output_size", output.size())
