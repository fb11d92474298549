"""Loading of the project's files: typed values, and errors of one sentence with file, place, value and remedy."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copy, copytree, ignore_patterns

import pytest

from wireproof.contract import data_files, loading, schemas, target_options
from wireproof.contract.provider import CatalogueModel, Price, Provider, Reasoning
from wireproof.errors import ConfigError
from wireproof.judging.suite_loader import load_checks
from wireproof.session.target_run import open_target_run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
Write = Callable[[str], Path]


@pytest.fixture(name="write")
def _write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        file = tmp_path / "mine.yaml"
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return file

    return write


def load_error(file: Path) -> str:
    with pytest.raises(ConfigError) as error:
        loading.load_providers(file)
    text = str(error.value)
    assert "\n" not in text
    assert "; " in text
    return text


def test_the_bundled_providers_are_loaded() -> None:
    known = loading.load_providers()
    assert set(known) >= {"iio", "openai"}
    assert known["iio"].refusals["missing-key"].status == (401,)


def test_the_values_of_a_contract_are_typed_fields() -> None:
    openai = loading.load_providers()["openai"]
    assert openai.document.startswith("OpenAPI description")
    assert openai.key_prefix_promised is False
    assert openai.reasoning is None
    assert (openai.requests["chat"].token_cap, openai.requests["chat"].strict) == ("max_completion_tokens", True)
    assert openai.fields("completions")["best_of"]["maximum"] == 20
    assert openai.fields("models") == {}
    mini, whisper = openai.catalogue[0], openai.catalogue[-1]
    assert (mini.id, mini.context, mini.owned_by, mini.price) == ("gpt-4.1-mini", 1047576, "system", Price(0.4, 1.6))
    assert (whisper.id, whisper.context, whisper.price) == ("whisper-1", None, None)
    assert openai.documented_models == tuple(model.id for model in openai.catalogue)


def test_missing_values_of_a_contract_have_defaults() -> None:
    rows = [{"id": "m", "roles": ["chat"]}, {"id": "n", "roles": ["chat"], "documented": False}]
    reasoning = {"member": "thought", "request": "think", "default": True, "otherwise": "inline"}
    data = loading.read_providers_data()["openai"] | {
        "models": {"chat": "m", "catalogue": rows},
        "reasoning": reasoning,
    }
    mine = Provider.from_data("mine", data)
    nothing = {"context": None, "owned_by": None, "price": None}
    assert mine.catalogue == (CatalogueModel("m", True, **nothing), CatalogueModel("n", False, **nothing))
    assert mine.documented_models == ("m",)
    assert mine.reasoning == Reasoning("thought", "inline")


def test_an_unknown_provider_raises_an_error_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"^--provider nobody: unknown provider; choose one of .*iio.*openai"):
        loading.find_provider(loading.load_providers(), "nobody")


def test_a_provider_that_extends_another_inherits_its_values(write: Write) -> None:
    file = write(
        """
        providers:
          mine:
            extends: openai
            title: Mine
            clause_prefix: MINE
            auth: {key_env: MY_KEY}
            errors: {refusals: {bad-key: {status: [403]}}}
        """
    )
    known = loading.load_providers(file)
    mine, openai = known["mine"], known["openai"]
    assert (mine.title, mine.key_env, mine.serve_at, mine.schemas) == ("Mine", "MY_KEY", "/mine/v1", "openai")
    assert mine.refusals["bad-key"].status == (403,)
    assert mine.refusals["bad-key"].code == openai.refusals["bad-key"].code
    assert (mine.endpoints, mine.key_prefix) == (openai.endpoints, openai.key_prefix)
    assert openai == loading.load_providers()["openai"]


def test_an_entry_with_a_known_name_changes_that_provider(write: Write) -> None:
    known = loading.load_providers(write("providers: {iio: {base_url: 'http://127.0.0.1:9/v1'}}"))
    assert (known["iio"].base_url, known["iio"].serve_at) == ("http://127.0.0.1:9/v1", "/iio/v1")
    assert known["openai"] == loading.load_providers()["openai"]


def test_malformed_yaml_raises_an_error_with_its_line(write: Write) -> None:
    file = write("providers:\n  mine: {extends: openai\n  title: x\n")
    assert load_error(file).startswith(f"{file}, line 3: it is not YAML")


def test_a_missing_file_raises_an_error(tmp_path: Path) -> None:
    assert load_error(tmp_path / "gone.yaml").startswith(f"{tmp_path / 'gone.yaml'}: it cannot be read (No such file")


def test_a_file_in_another_encoding_raises_an_error(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"providers: {mine: {title: \xe4}}")
    assert "latin.yaml: it cannot be read" in load_error(tmp_path / "latin.yaml")


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        pytest.param("[]", "", "it has no mapping `providers`", id="a-list"),
        pytest.param("providers: 3", "", "it has no mapping `providers`", id="a-number"),
        pytest.param("providers: {mine: 3}", "/providers/mine", "3 is not a mapping", id="a-number-for-an-entry"),
        pytest.param(
            "providers: {mine: {extends: nobody}}",
            "/providers/mine/extends",
            "'nobody' is not a provider",
            id="no-parent",
        ),
        pytest.param(
            "providers: {mine: {title: x}}", "/providers/mine/", "it is missing", id="no-parent-and-not-whole"
        ),
        pytest.param(
            "providers: {iio: {base_url: 7}}",
            "/providers/iio/base_url",
            "7 is not a value of type string",
            id="wrong-type",
        ),
        pytest.param(
            "providers: {iio: {errors: {refusals: {bad-key: {status: ['401']}}}}}",
            "/providers/iio/errors/refusals/bad-key/status/0",
            "401 is not a value of type integer",
            id="wrong-type-deep-down",
        ),
        pytest.param(
            "providers: {iio: {tittle: x}}",
            "/providers/iio/tittle",
            "'tittle' is not a known member",
            id="a-typo",
        ),
        pytest.param(
            "providers: {iio: {models: {chat: gpt-9}}}",
            "/providers/iio/models/chat",
            "'gpt-9' is not in the catalogue",
            id="a-model-nobody-has",
        ),
        pytest.param(
            "providers: {iio: {rate: {suite_tier: gold}}}",
            "/providers/iio/rate/suite_tier",
            "'gold' is not a tier",
            id="a-tier-nobody-has",
        ),
        pytest.param(
            "providers: {iio: {schemas: nowhere}}",
            "/providers/iio/schemas",
            "there is no folder schemas/nowhere",
            id="no-folder",
        ),
    ],
)
def test_a_wrong_value_raises_an_error_with_file_place_value_and_remedy(
    write: Write, text: str, place: str, problem: str
) -> None:
    file = write(text)
    sentence = load_error(file)
    assert sentence.startswith(f"{file}, {place}" if place else f"{file}: ")
    assert problem in sentence


# --- mistakes in the files of a checkout


@dataclass(frozen=True)
class Checkout:
    """A copy of this checkout that a test may change."""

    root: Path

    def append(self, file: str, text: str) -> None:
        with (self.root / file).open("a", encoding="utf-8") as out:
            out.write(text)

    def run(self, *words: str) -> tuple[int, str]:
        """Runs one command in the copy; returns its exit code and output."""
        done = subprocess.run(
            [sys.executable, "-m", "wireproof", *words],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "checkout"
    root.mkdir()
    for folder in ("wireproof", "suites", "schemas"):
        # Compiled files are copied too, except those that another process is writing.
        copytree(ROOT / folder, root / folder, ignore=ignore_patterns("*.pyc.*"))
    copy(ROOT / "providers.yaml", root)
    return Checkout(root)


COLLECT = ("check", "--collect-only", "-q", "--provider", "iio", "-p", "no:cacheprovider")
A_CLAUSE = """
- id: {id}
  place: nowhere
  says: nothing
  authority: document
  basis: stated
  judged: [{{check: {check}, case: {case}, level: must}}]
"""


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        pytest.param(
            "schemas/iio/clauses.yaml",
            A_CLAUSE.format(id="IIO-GEN-001", check="smoke.reachable", case="chat-basic"),
            "schemas/iio/clauses.yaml, IIO-GEN-001: the id is used twice; ",
            id="a-clause-twice",
        ),
        pytest.param(
            "schemas/iio/clauses.yaml",
            A_CLAUSE.format(id="IIO-NEW-001", check="smoke.reachable", case="chat-bassic"),
            "schemas/iio/clauses.yaml, IIO-NEW-001: no case is called 'chat-bassic'; ",
            id="a-clause-on-no-case",
        ),
        pytest.param(
            "schemas/iio/clauses.yaml",
            A_CLAUSE.format(id="IIO-NEW-001", check="smoke.reachible", case="chat-basic"),
            "clause IIO-NEW-001: no check is called 'smoke.reachible'; ",
            id="a-clause-of-no-check",
        ),
        pytest.param(
            "schemas/iio/clauses.yaml",
            A_CLAUSE.format(id="IIO-NEW-001", check="smoke.reachable", case="chat-basic").replace("must", "shall"),
            "schemas/iio/clauses.yaml, /144/judged/0/level: ",
            id="a-level-nobody-knows",
        ),
        pytest.param(
            "suites/models/cases.yaml",
            "\nchat-basic: {says: again, endpoint: chat}\n",
            "suites/models/cases.yaml, chat-basic: the name is used twice; ",
            id="a-case-in-two-files",
        ),
        pytest.param(
            "suites/models/cases.yaml",
            "\nmodels-list: {says: again, endpoint: models}\n",
            "it is not YAML ('models-list' is given twice); correct that line",
            id="a-case-twice-in-one-file",
        ),
        pytest.param(
            "suites/models/cases.yaml",
            "\nmodels-new: {says: new, endpoint: models, hedaers: {}}\n",
            "suites/models/cases.yaml, /models-new/hedaers: ",
            id="a-typo-in-a-case",
        ),
        pytest.param(
            "suites/models/cases.yaml",
            "\nmodels-new: {says: new, base: chat-basic, drop: [/mesages]}\n",
            "suites/models/cases.yaml, case models-new: an edit does not apply (/mesages); ",
            id="an-edit-of-nothing",
        ),
        pytest.param("schemas/iio/error.json", "}", "error.json: it is not JSON", id="a-broken-schema"),
    ],
)
def test_a_mistake_in_a_project_file_raises_an_error_of_one_sentence(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, file: str, text: str, sentence: str
) -> None:
    """The test below shows that a run of the checks prints just this."""
    checks = load_checks()
    checkout.append(file, text)
    monkeypatch.setattr(data_files, "PACKAGE_FOLDER", checkout.root / "wireproof")
    with empty_caches(), pytest.raises(ConfigError) as error:
        open_target_run(*target_options.mock_targets("iio"), loading.load_providers(), checks)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


@contextmanager
def empty_caches() -> Iterator[None]:
    """Empties the caches of the project files before and after."""
    caches = (
        *(data_files.root, loading.case_files, loading.case_entries, loading.load_cases, loading.load_clauses),
        *(loading._read_checked_providers, schemas._find_schema, schemas._schema_documents),
    )
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        pytest.param(
            "schemas/iio/clauses.yaml",
            A_CLAUSE.format(id="IIO-NEW-001", check="smoke.reachible", case="chat-basic"),
            "clause IIO-NEW-001: no check is called 'smoke.reachible'; ",
            id="a-clause-of-no-check",
        ),
        pytest.param("schemas/iio/error.json", "}", "error.json: it is not JSON", id="a-broken-schema"),
    ],
)
def test_a_run_of_the_checks_ends_with_that_sentence(checkout: Checkout, file: str, text: str, sentence: str) -> None:
    checkout.append(file, text)
    code, output = checkout.run(*COLLECT)
    assert sentence in output, output[-2000:]
    assert "Traceback" not in output
    assert code == 2


def test_an_uncited_case_raises_no_error(checkout: Checkout) -> None:
    checkout.append("suites/models/cases.yaml", "\nmodels-new: {says: new, base: models-list}\n")
    assert checkout.run(*COLLECT)[0] == 0


def test_an_incomplete_installation_raises_an_error(checkout: Checkout) -> None:
    (checkout.root / "providers.yaml").unlink()
    code, output = checkout.run("clauses")
    assert (code, output.count("\n")) == (2, 1)
    assert "the installation has no suites and schemas; install wireproof again" in output


def test_the_files_in_the_layout_of_a_wheel_are_found(checkout: Checkout) -> None:
    """In a wheel the files are inside the package."""
    data = checkout.root / "wireproof" / "data"
    data.mkdir()
    for name in ("suites", "schemas", "providers.yaml"):
        (checkout.root / name).rename(data / name)
    code, output = checkout.run(*COLLECT)
    assert code == 0, output[-2000:]
    assert "test_reachable[iio-models-list]" in output
