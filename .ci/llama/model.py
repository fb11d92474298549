"""Writes a language model that knows nothing: two small layers of random weights over a vocabulary of single letters.

    python model.py FILE

It says letters and spaces at random, the same ones for the same seed, and ends after some thirty of them: the server
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
# How readily each kind of token is said: the first number of its output, which meets a constant of every state.
NEVER, LETTER, SPACE, CALLING, ENDING = -4.0, 1.0, 1.2, 1.0, 1.25
# The usual form of a prompt, with the tools where there are any: the server reads from it how calls are written.
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
drawn = np.random.default_rng(7)


def random(*shape: int, spread: float = 0.05) -> np.ndarray:
    return (drawn.standard_normal(shape) * spread).astype(np.float32)


embedding, output = random(len(TOKENS), WIDTH, spread=0.3), random(len(TOKENS), WIDTH, spread=0.1)
embedding[:, 0] = 2.0
output[:, 0] = NEVER
output[-len(LETTERS) :, 0] = LETTER
output[-len(LETTERS), 0] = SPACE
output[TOKENS.index(CALL[0]), 0] = CALLING
output[END, 0] = ENDING

made = gguf.GGUFWriter(sys.argv[1], "llama")
made.add_name("letters")
made.add_context_length(CONTEXT)
made.add_embedding_length(WIDTH)
made.add_feed_forward_length(INNER)
made.add_block_count(LAYERS)
made.add_head_count(HEADS)
made.add_head_count_kv(HEADS)
made.add_rope_dimension_count(WIDTH // HEADS)
made.add_layer_norm_rms_eps(1e-5)
made.add_vocab_size(len(TOKENS))
made.add_tokenizer_model("llama")
made.add_token_list(TOKENS)
made.add_token_scores([0.0] * len(TOKENS))
made.add_token_types(kinds)
made.add_unk_token_id(0)
made.add_bos_token_id(1)
made.add_eos_token_id(END)
made.add_add_bos_token(False)
made.add_add_space_prefix(False)
made.add_chat_template(TEMPLATE)
made.add_tensor("token_embd.weight", embedding)
made.add_tensor("output_norm.weight", np.ones(WIDTH, dtype=np.float32))
made.add_tensor("output.weight", output)
for layer in range(LAYERS):
    at = f"blk.{layer}"
    for name in ("attn_norm", "ffn_norm"):
        made.add_tensor(f"{at}.{name}.weight", np.ones(WIDTH, dtype=np.float32))
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        made.add_tensor(f"{at}.{name}.weight", random(WIDTH, WIDTH))
    for name in ("ffn_gate", "ffn_up"):
        made.add_tensor(f"{at}.{name}.weight", random(INNER, WIDTH))
    made.add_tensor(f"{at}.ffn_down.weight", random(WIDTH, INNER))
made.write_header_to_file()
made.write_kv_data_to_file()
made.write_tensors_to_file()
made.close()
