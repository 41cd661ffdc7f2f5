import torch
from torch import nn

torch.manual_seed(33)


class Student(nn.Module):
    def __init__(self, d=10, k=4):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(d, 8), nn.ReLU())
        self.head = nn.Linear(8, k)

    def forward(self, x):
        return self.head(self.body(x))


@torch.no_grad()
def teacher_targets(teacher, x, temperature):
    teacher.eval()
    return torch.softmax(teacher(x) / temperature, dim=0)


def distill(steps=3, temperature=2.0):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    teacher = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 4)).to(device)
    student = Student().to(device)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.AdamW(student.parameters(), lr=1e-3)
    for step in range(steps):
        x = torch.randn(24, 10).to(device)
        soft_targets = teacher_targets(teacher, x, temperature)
        loss = criterion(student(x) / temperature, soft_targets) * temperature**2
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        print(step, round(loss.item(), 4))


if __name__ == "__main__":
    distill()
