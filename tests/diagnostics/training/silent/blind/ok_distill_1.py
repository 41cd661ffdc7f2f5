# OK: knowledge distillation, teacher is eval and gets no gradient, softmax only inside the KL term
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def mlp(h):
    return nn.Sequential(nn.Linear(24, h), nn.ReLU(), nn.Dropout(0.1), nn.Linear(h, 6))


def loaders():
    w = torch.randn(24, 6)
    x = torch.randn(1500, 24)
    y = (x @ w).argmax(1)
    return DataLoader(TensorDataset(x, y), 75, shuffle=True)


def kd_loss(student_logits, teacher_logits, y, T=3.0, alpha=0.7):
    soft = F.kl_div(F.log_softmax(student_logits / T, 1), F.softmax(teacher_logits / T, 1),
                    reduction="batchmean") * T * T
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, y)


def train_teacher(teacher, dl):
    opt = torch.optim.Adam(teacher.parameters(), 3e-3)
    teacher.train()
    for _ in range(4):
        for x, y in dl:
            x, y = x.to(device), y.to(device)
            opt.zero_grad()
            F.cross_entropy(teacher(x), y).backward()
            opt.step()


def main():
    dl = loaders()
    teacher, student = mlp(128).to(device), mlp(16).to(device)
    train_teacher(teacher, dl)
    teacher.eval()
    for p in teacher.parameters():
        p.requires_grad_(False)
    opt = torch.optim.Adam(student.parameters(), 3e-3)
    for epoch in range(4):
        student.train()
        for x, y in dl:
            x, y = x.to(device), y.to(device)
            with torch.no_grad():
                t = teacher(x)
            loss = kd_loss(student(x), t, y)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print("distill", epoch, loss.item())


main()
