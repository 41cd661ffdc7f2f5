import torch
import torch.multiprocessing as mp
import torch.nn as nn

torch.set_num_threads(1)


def worker(rank, model, device, steps):
    torch.manual_seed(100 + rank)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(steps):
        data = torch.randn(8, 4)
        target = data.sum(1, keepdim=True)
        x = data.to(device)
        loss = nn.functional.mse_loss(model(x), target.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"worker {rank}: {loss.item():.4f}")


def main():
    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    shared_model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1)).to(device)
    shared_model.share_memory()
    mp.start_processes(worker, args=(shared_model, device, 2), nprocs=2, start_method="fork")
    with torch.no_grad():
        print("norm", sum(p.norm().item() for p in shared_model.parameters()))


if __name__ == "__main__":
    main()
