"""Hooks of mkdocs: the pages outside of docs/, and links to files of the repository."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
# File of the repository → its page.
OTHER_PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)(?P<path>[^)#\s]+)(?P<anchor>#[^)\s]*)?(?=\))")


def on_files(files: Files, config: Any) -> Files:
    """Adds the pages that lie outside of docs/."""
    for name, page in OTHER_PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / name).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Points links between pages to the pages of the site, and other links to the files of the repository."""
    source = next((name for name, at in OTHER_PAGES.items() if at == page.file.src_uri), f"docs/{page.file.src_uri}")

    def site_link(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["path"]))
        anchor = link["anchor"] or ""
        at = OTHER_PAGES.get(target, target.removeprefix("docs/"))
        if target in OTHER_PAGES or (target.startswith("docs/") and files.get_file_from_path(at)):
            return posixpath.relpath(at, posixpath.dirname(page.file.src_uri) or ".") + anchor
        if not (ROOT / target).exists():
            return link[0]
        kind = "tree" if (ROOT / target).is_dir() else "blob"
        return f"{config.repo_url.rstrip('/')}/{kind}/main/{target}{anchor}"

    return LINK.sub(site_link, markdown)
