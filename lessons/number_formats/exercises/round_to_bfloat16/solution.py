import torch
from torch import Tensor


def round_to_bfloat16(x: Tensor) -> Tensor:
    """Rounds x to the numbers that bfloat16 has.

    x: float32, any shape. Returns float32 of that shape.
    """
    bits = x.view(torch.int32)
    odd = (bits >> 16) & 1  # the last bit that stays
    carry = 0x7FFF + odd  # a tie carries where it is 1
    cut = (bits + carry) & ~0xFFFF
    rounded = cut.view(torch.float32)
    return torch.where(x.isnan(), x, rounded)
