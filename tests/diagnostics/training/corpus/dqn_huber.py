import random
from collections import deque

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

random.seed(0)
np.random.seed(0)
torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
memory = deque(maxlen=100)


def qnet():
    return nn.Sequential(nn.Linear(4, 24), nn.ReLU(), nn.Linear(24, 2))


policy, target_net = qnet().to(device), qnet().to(device)
target_net.load_state_dict(policy.state_dict())
optimizer = torch.optim.RMSprop(policy.parameters(), lr=1e-3)
GAMMA, BATCH = 0.99, 8

for _ in range(40):
    s = np.random.randn(4).astype(np.float32)
    memory.append((s, random.randrange(2), float(s[0] > 0), s + 0.1))


def optimize():
    s, a, r, s2 = zip(*random.sample(memory, BATCH))
    s = torch.as_tensor(np.stack(s), device=device)
    s2 = torch.as_tensor(np.stack(s2), device=device)
    a = torch.tensor(a, device=device).unsqueeze(1)
    r = torch.tensor(r, dtype=torch.float32, device=device)
    q_sa = policy(s).gather(1, a)
    with torch.no_grad():
        target_q = r + GAMMA * target_net(s2).max(dim=1).values
    loss = F.smooth_l1_loss(q_sa, target_q)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_value_(policy.parameters(), 1.0)
    optimizer.step()
    return loss.item()


for episode in range(3):
    print(episode, optimize())
