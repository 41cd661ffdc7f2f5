"""Small models of the transformers library, trained and asked for words."""

import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
)

torch.manual_seed(0)
device = "cuda" if torch.cuda.is_available() else "cpu"
small = {"vocab_size": 99, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 37}
model = BertForSequenceClassification(BertConfig(**small)).to(device)
optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
for _ in range(6):
    ids = torch.randint(0, 99, (4, 9)).to(device)
    attention = torch.ones_like(ids)
    attention[:, -2:] = 0
    output = model(input_ids=ids, attention_mask=attention, labels=torch.tensor([0, 1, 0, 1]).to(device))
    output.loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    print(f"BERT {output.loss.item():.4f}")
for config, cls in (
    (GPT2Config(vocab_size=99, n_embd=32, n_layer=2, n_head=2, n_positions=64), GPT2LMHeadModel),
    (LlamaConfig(**small, num_key_value_heads=2), LlamaForCausalLM),
):
    model = cls(config).to(device)
    ids = torch.randint(3, 99, (2, 9), device=device)
    loss = model(ids, labels=ids).loss
    loss.backward()
    print(cls.__name__, f"{loss.item():.4f}", model.device.type == device)
    model.eval()
    print(model.generate(ids[:, :4], max_new_tokens=4, do_sample=False, pad_token_id=0).tolist())
