"""With this folder in PYTHONPATH, an interpreter and its children lack what Windows lacks."""

import asyncio
import importlib
import sys

from posix_only import MEMBERS, MODULES

sys.modules.update(dict.fromkeys(MODULES))
for module, names in MEMBERS.items():
    for name in names.split():
        vars(importlib.import_module(module)).pop(name, None)
# What is left is that of every event loop, which says that it has none.
del asyncio.SelectorEventLoop.add_signal_handler
