"""The pytest plugin: options, the audit that the claims share, and the summary.

Nothing heavy is imported before a claim is collected, so that the plugin costs a run that has none next to nothing.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.options import BASE_URL, OVERLAY_OUT, REGRESSIONS, REPORT, add_options, to_settings
from contract_tests.overlays import document_gaps
from contract_tests.records import TOLD_ABOVE, ClaimUnchecked
from contract_tests.regressions import write_regressions
from contract_tests.report import Ledger, iter_summary, to_report
from contract_tests.safety import BudgetSpent
from contract_tests.settings import Settings, UsageProblem

if TYPE_CHECKING:
    from contract_tests.audit import Audit

GROUP = "understudy contract tests"
_OUTPUT = "understudy_ledger"

_configs: list[pytest.Config] = []
_AUDIT: pytest.StashKey[Audit] = pytest.StashKey()
_LEDGERS: pytest.StashKey[list[Ledger]] = pytest.StashKey()
_STARTED: pytest.StashKey[float] = pytest.StashKey()
_LEFT: pytest.StashKey[int] = pytest.StashKey()
"""Set once the budget is spent: how many claims were left out since."""


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    group = parser.getgroup(GROUP)

    def add(*names: str, **attributes: Any) -> None:
        with suppress(ValueError):  # another plugin has an option of this name: its value is read instead
            group.addoption(*names, **attributes)

    if not _comes_with_base_url(pluginmanager):
        add(BASE_URL.flag, **BASE_URL.attributes)
    add_options(add)


def pytest_configure(config: pytest.Config) -> None:
    _forget_claims()  # those of a run around this one
    _configs.append(config)
    config.stash[_LEDGERS] = []
    config.stash[_STARTED] = time.monotonic()


def pytest_unconfigure(config: pytest.Config) -> None:
    if config in _configs:
        _configs.remove(config)
    if _AUDIT in config.stash:
        config.stash[_AUDIT].close()
        _forget_claims()


def _forget_claims() -> None:
    """Claims are collected for the document and options of one run: another in the same process collects its own."""
    for name in [name for name in sys.modules if name.startswith("contract_tests.test_")]:
        del sys.modules[name]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Where the claims were asked for by name, say at once what keeps them from being checked."""
    config = session.config
    names = [argument.partition("::")[0] for argument in config.args]
    paths = [(config.invocation_params.dir / name).resolve() for name in names]
    by_module = config.option.pyargs and any(name.partition(".")[0] == "contract_tests" for name in names)
    if by_module or any(path.is_relative_to(Path(__file__).parent) for path in paths):
        audit()


def audit() -> Audit:
    """The audit of the running pytest session, made at first use. Raises `pytest.UsageError` when it cannot be made."""
    from contract_tests.audit import Audit  # noqa: PLC0415 - imports Schemathesis

    config = _configs[-1]
    if _AUDIT not in config.stash:
        try:
            made = Audit(_settings(config))
            made.target.check_reachable()
        except UsageProblem as problem:
            raise pytest.UsageError(str(problem)) from None
        config.stash[_AUDIT] = made
    return config.stash[_AUDIT]


def _settings(config: pytest.Config) -> Settings:
    settings = to_settings(config.option)
    return settings.divided(getattr(config, "workerinput", {}).get("workercount", 1))


def _comes_with_base_url(pluginmanager: pytest.PytestPluginManager) -> bool:
    """Whether pytest-base-url is installed and will define --base-url, perhaps after us."""
    return importlib.util.find_spec("pytest_base_url") is not None and not pluginmanager.is_blocked("base_url")


# --- Claims -------------------------------------------------------------------------------------------------------


def _is_claim(item: pytest.Item) -> bool:
    module = getattr(item, "module", None)
    return getattr(module, "__name__", "").startswith("contract_tests.test_")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What says most for a request comes first, and generated requests last, with the time that is left."""
    claims = [item for item in items if _is_claim(item)]
    if claims:
        # A table that has no row for this document is no test.
        claims = [item for item in claims if not item.name.endswith("[NOTSET]")]
        rest = [item for item in items if not _is_claim(item)]
        first = next((item for item in claims if _module(item) == "test_requests"), None)
        ordered = sorted(claims, key=lambda item: _ORDER.index(_place(item, first)))
        is_limited = audit().settings.max_requests is not None
        items[:] = [*rest, *(_in_turns(ordered) if is_limited else ordered)]


def _in_turns(claims: list[pytest.Item]) -> list[pytest.Item]:
    """Of each kind and operation the first claim, then the second, and so on: few requests are for all of them."""
    turns: Counter[tuple[str, str]] = Counter()

    def turn(item: pytest.Item) -> int:
        named = next((value.id for name, value in _params(item).items() if name in _NAMED), "")
        operation, separator, _ = str(named).partition(" · ")
        of = (_module(item), operation if separator else "")
        turns[of] += 1
        return turns[of] if named else len(claims) * (of[0] == "test_variety")

    return sorted(claims, key=turn)


def _params(item: pytest.Item) -> dict[str, Any]:
    params: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    return params


def _place(item: pytest.Item, first: pytest.Item | None) -> str:
    """Where a claim stands in the order."""
    from contract_tests.probes import Probe, is_first_look  # noqa: PLC0415 - pytest loads this plugin in every run

    if isinstance(probe := _params(item).get("probe"), Probe) and is_first_look(probe):
        return "first looks"
    return "first request" if item is first else _module(item)


def _module(item: pytest.Item) -> str:
    module = item.nodeid.partition("::")[0].rpartition("/")[2].removesuffix(".py")
    return module if module in _ORDER else "others"


_ORDER = (
    "test_document",
    "first looks",
    "test_conversations",
    "test_sequences",
    "first request",  # a valid one: where that is refused, little else can be said
    "test_methods",
    "test_requests",
    "test_credentials",
    "test_defaults",
    "test_claims",
    "others",
    "test_variety",
)


_NAMED = frozenset({"probe", "claim", "sequence", "conversation", "default", "trespass"})


@pytest.hookimpl(tryfirst=True)
def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Names a probe by what it claims. pytest would escape what is not ASCII in an id that it makes itself."""
    return str(val.id) if argname in _NAMED and hasattr(val, "id") else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """Leaves out the claims that come after the budget is spent: a large document has tens of thousands."""
    stash = item.config.stash
    if _LEFT not in stash or not _is_claim(item):
        return None
    stash[_LEFT] += 1
    return True


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """Turns what a claim raised into the text that a person acts on."""
    if not _is_claim(pyfuncitem):
        return (yield)
    running = audit()
    running.begin()
    try:
        return (yield)
    except pytest.skip.Exception:
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # Hypothesis and Schemathesis raise groups that are no Exception
        raise _outcome(running, pyfuncitem, error) from None


def _outcome(running: Audit, item: pytest.Function, error: BaseException) -> BaseException:
    """A failure with its text, a skip with its reason, or the error itself when it is our own."""
    from contract_tests.audit import is_generation_problem  # noqa: PLC0415 - imports Schemathesis

    claim = (item.function.__doc__ or "").strip().splitlines()
    if texts := list(running.iter_texts(claim[0] if claim else "")):
        return pytest.fail.Exception("\n\n".join(texts), pytrace=False)
    if isinstance(error, BudgetSpent):
        running.ledger.note(f"Not everything was checked: {error}.")
        item.config.stash.setdefault(_LEFT, 0)
    elif is_generation_problem(error):
        sentence = f"no requests could be generated for {item.name.partition('[')[2].rstrip(']')}: {_first_line(error)}"
        running.ledger.note(sentence)
        return pytest.skip.Exception(sentence)
    elif not isinstance(error, ClaimUnchecked):
        return error
    return pytest.skip.Exception(str(error))


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """A claim that only fails for what was told above is counted, and not told again: one cause may fail hundreds."""
    if report.when != "call" or not report.failed or not report.longreprtext.endswith(TOLD_ABOVE):
        return None
    is_known = all(text.endswith(TOLD_ABOVE) for text in report.longreprtext.split("\n\n"))
    return ("failed as told above", "f", "FAILED (as told above)") if is_known else None


# --- Summary ------------------------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    if _AUDIT not in config.stash:
        return
    ledger = config.stash[_AUDIT].ledger
    ledger.sent = config.stash[_AUDIT].target.sent
    if left := config.stash.get(_LEFT, 0):
        ledger.note(f"{left} claims were left out.")
    output = getattr(config, "workeroutput", None)
    if output is not None:
        output[_OUTPUT] = ledger.to_json()
        return
    config.stash[_LEDGERS].append(ledger)
    alone = not getattr(config.option, "numprocesses", None)
    if alone and session.testscollected and ledger.sent > 1 and not ledger.judged and not session.testsfailed:
        ledger.note("No answer could be judged: the service, or what stands before it, failed every time.")
        session.exitstatus = pytest.ExitCode.INTERRUPTED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """pytest-xdist: a worker has finished."""
    if _OUTPUT in getattr(node, "workeroutput", {}):
        node.config.stash[_LEDGERS].append(Ledger.from_json(node.workeroutput[_OUTPUT]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not config.stash.get(_LEDGERS, []):
        return
    total = Ledger()
    for ledger in config.stash[_LEDGERS]:
        total.add(ledger)
    running = audit()
    terminalreporter.section("contract")
    lines = iter_summary(
        total,
        where=running.settings.base_url or "the mock, in process",
        seconds=time.monotonic() - config.stash[_STARTED],
        seed=running.settings.seed,
        parameters=running.free_parameters(),
        redact=running.target.redact,
    )
    for line in lines:
        terminalreporter.write_line(line)
    for line in _write_files(config, running, total):
        terminalreporter.write_line(line)


def _write_files(config: pytest.Config, running: Audit, total: Ledger) -> Iterator[str]:
    """The files that options ask for; a line for each."""
    options = config.option
    where = running.settings.base_url or "the mock, in process"
    if overlay_out := OVERLAY_OUT.read(options):
        overlay = document_gaps(running.contract, total.findings)
        yield _write(overlay_out, overlay) if overlay["actions"] else "no gaps: no overlay was written"
    if report_out := REPORT.read(options):
        report = to_report(total, where=where, seed=running.settings.seed, redact=running.target.redact)
        yield _write(report_out, report)
    if regressions := REGRESSIONS.read(options):
        base, redact = running.target.base_url, running.target.redact
        files = write_regressions(Path(regressions), total.bugs(), base_url=base, redact=redact)
        yield f"written: {', '.join(map(str, files)) or 'no regression tests'}"


def _write(name: str, data: Any) -> str:
    try:
        Path(name).write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        return f"NOT WRITTEN: {name}: {error.strerror}"
    return f"written: {name}"
