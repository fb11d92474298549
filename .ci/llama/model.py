"""Writes a language model without knowledge: two small layers of random weights over a vocabulary of single letters.

    python model.py FILE

It generates random letters and spaces, the same ones for the same seed, and ends after some thirty of them. The server
around it is real, and so are its caps, stop texts, grammars, log probabilities and token counts.
"""

from __future__ import annotations

import string
import sys

import gguf
import numpy as np

WIDTH, INNER, LAYERS, HEADS, CONTEXT = 64, 128, 2, 4, 8192
SPECIAL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
LETTERS = ["\u2581", *string.ascii_letters, *string.digits, *string.punctuation]
CALL = ["<tool_call>", "</tool_call>"]
TOKENS = SPECIAL + BYTES + CALL + LETTERS
END = SPECIAL.index("<|im_end|>")
# The likelihood of each kind of token: the first number of its output row, which meets a constant of every state.
NEVER, LETTER, SPACE, CALLING, ENDING = -4.0, 1.0, 1.2, 1.0, 1.25
# The usual chat template, with the tools if there are any: the server derives the form of calls from it.
TEMPLATE = """
{%- if tools %}
    {{- "<|im_start|>system\\n# Tools\\n<tools>" }}
    {%- for tool in tools %}{{- "\\n" }}{{- tool | tojson }}{%- endfor %}
    {{- "\\n</tools>\\nA call is <tool_call>\\n{\\"name\\": ..., \\"arguments\\": ...}\\n</tool_call><|im_end|>\\n" }}
{%- endif %}
{%- for message in messages %}
    {{- "<|im_start|>" + message.role + "\\n" }}
    {%- if message.content %}{{- message.content }}{%- endif %}
    {%- for call in message.tool_calls or [] %}
        {{- "\\n<tool_call>\\n{\\"name\\": \\"" + call.function.name + "\\", \\"arguments\\": " }}
        {{- call.function.arguments | tojson }}
        {{- "}\\n</tool_call>" }}
    {%- endfor %}
    {{- "<|im_end|>\\n" }}
{%- endfor %}
{%- if add_generation_prompt %}{{- "<|im_start|>assistant\\n" }}{%- endif %}
"""

kinds = (
    [gguf.TokenType.UNKNOWN]
    + [gguf.TokenType.CONTROL] * (len(SPECIAL) - 1)
    + [gguf.TokenType.BYTE] * len(BYTES)
    + [gguf.TokenType.USER_DEFINED] * len(CALL)
    + [gguf.TokenType.NORMAL] * len(LETTERS)
)
generator = np.random.default_rng(7)


def random(*shape: int, spread: float = 0.05) -> np.ndarray:
    return (generator.standard_normal(shape) * spread).astype(np.float32)


embedding, output = random(len(TOKENS), WIDTH, spread=0.3), random(len(TOKENS), WIDTH, spread=0.1)
embedding[:, 0] = 2.0
output[:, 0] = NEVER
output[-len(LETTERS) :, 0] = LETTER
output[-len(LETTERS), 0] = SPACE
output[TOKENS.index(CALL[0]), 0] = CALLING
output[END, 0] = ENDING

writer = gguf.GGUFWriter(sys.argv[1], "llama")
writer.add_name("letters")
writer.add_context_length(CONTEXT)
writer.add_embedding_length(WIDTH)
writer.add_feed_forward_length(INNER)
writer.add_block_count(LAYERS)
writer.add_head_count(HEADS)
writer.add_head_count_kv(HEADS)
writer.add_rope_dimension_count(WIDTH // HEADS)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_vocab_size(len(TOKENS))
writer.add_tokenizer_model("llama")
writer.add_token_list(TOKENS)
writer.add_token_scores([0.0] * len(TOKENS))
writer.add_token_types(kinds)
writer.add_unk_token_id(0)
writer.add_bos_token_id(1)
writer.add_eos_token_id(END)
writer.add_add_bos_token(False)
writer.add_add_space_prefix(False)
writer.add_chat_template(TEMPLATE)
writer.add_tensor("token_embd.weight", embedding)
writer.add_tensor("output_norm.weight", np.ones(WIDTH, dtype=np.float32))
writer.add_tensor("output.weight", output)
for layer in range(LAYERS):
    at = f"blk.{layer}"
    for name in ("attn_norm", "ffn_norm"):
        writer.add_tensor(f"{at}.{name}.weight", np.ones(WIDTH, dtype=np.float32))
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        writer.add_tensor(f"{at}.{name}.weight", random(WIDTH, WIDTH))
    for name in ("ffn_gate", "ffn_up"):
        writer.add_tensor(f"{at}.{name}.weight", random(INNER, WIDTH))
    writer.add_tensor(f"{at}.ffn_down.weight", random(WIDTH, INNER))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
