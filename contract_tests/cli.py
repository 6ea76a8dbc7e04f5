"""The command `contract-tests`: pytest with the claims, for people who do not use pytest."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from contract_tests.options import BASE_URL, add_options, to_settings, to_words
from contract_tests.policies import POLICIES
from contract_tests.settings import UsageProblem

FINE, FINDINGS, USAGE = 0, 1, 2

MAX_TIME = 100.0
"""Seconds after which the command sends nothing more, unless it is told otherwise."""

_EPILOG = """\
examples:
  contract-tests                                      the mock of the vendored contract, in process
  contract-tests http://127.0.0.1:4010                a service on this machine
  contract-tests https://staging.example.com --spec openapi.json --api-key-env API_KEY --set vm_id=vmid-abc-15
  contract-tests selfcheck --spec openapi.json        which faults of such a service the suite would not see

exit codes: 0 nothing broken, 1 findings, 2 a usage or document error, or a target that cannot be reached
"""


def build_parser() -> argparse.ArgumentParser:
    """The command's options. Those of a run mean the same as the pytest plugin's."""
    parser = argparse.ArgumentParser(
        prog="contract-tests",
        description="Checks that a live HTTP API keeps the contract in its OpenAPI document.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        BASE_URL.dest, nargs="?", metavar="URL", help="the service; without it, the document's mock in process"
    )
    add_options(parser.add_argument)
    parser.add_argument("--list-policies", action="store_true", help="list the names that --policy takes")
    parser.add_argument("--junitxml", metavar="FILE", help="write a JUnit report")
    parser.add_argument("-k", metavar="WORDS", dest="words", help="only the claims whose names hold these words")
    parser.add_argument("-x", "--exitfirst", action="store_true", help="stop at the first failure")
    parser.add_argument("-v", "--verbose", action="store_true", help="one line for each claim")
    return parser


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The options of a run, which ends by itself unless it is told otherwise."""
    options = build_parser().parse_args(words)
    options.contract_max_time = MAX_TIME if options.contract_max_time is None else options.contract_max_time or None
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["selfcheck"]:
        from contract_tests import selfcheck  # noqa: PLC0415 - heavy

        return selfcheck.main(words[1:])
    options = parse(words)
    if options.list_policies:
        return list_policies(options)
    try:
        check_usable(options)
    except UsageProblem as problem:
        print(f"contract-tests: {problem}", file=sys.stderr)
        return USAGE
    code = pytest.main(pytest_arguments(options))
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        print(
            "contract-tests: no claim was checked. Does the document have operations, and -k match any?",
            file=sys.stderr,
        )
    return {pytest.ExitCode.OK: FINE, pytest.ExitCode.TESTS_FAILED: FINDINGS}.get(pytest.ExitCode(code), USAGE)


def list_policies(options: argparse.Namespace) -> int:
    """Print the policies that hold everywhere and those of the claims beside the document."""
    from contract_tests.claims import load_claims  # noqa: PLC0415 - heavy, and --help needs none of it
    from contract_tests.target import load_contract  # noqa: PLC0415

    try:
        settings = to_settings(options)
        claims = load_claims(settings, load_contract(settings))
    except UsageProblem as problem:
        print(f"contract-tests: {problem}", file=sys.stderr)
        return USAGE
    for name, text in POLICIES.items():
        print(f"{name:<24}{text}")
    for claim in claims:
        if claim.policy:
            print(f"{claim.policy:<24}{claim.title} ({claim.level} by default)")
    return FINE


def check_usable(options: argparse.Namespace) -> None:
    """Find out what cannot work before pytest starts. Raises `UsageProblem`."""
    from contract_tests.target import Target, load_contract  # noqa: PLC0415 - heavy, and --help needs none of it

    settings = to_settings(options)
    contract = load_contract(settings)
    target = Target(settings, contract)
    try:
        target.check_reachable()
    finally:
        target.close()


def pytest_arguments(options: argparse.Namespace) -> list[str]:
    """pytest's command line. No configuration file of the current folder takes part."""
    fixed = [
        "--pyargs",
        "contract_tests",
        "-p",
        "contract_tests.plugin",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
        "--assert=plain",
    ]
    # Our own check of the target has imported what pytest would have liked to rewrite.
    fixed += ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]
    arguments = [*fixed, f"--rootdir={Path.cwd()}", "--no-header", "-v" if options.verbose else "-q"]
    arguments += to_words(options)
    if options.junitxml:
        arguments += ["--junitxml", options.junitxml]
    if options.words:
        arguments += ["-k", match_expression(options.words)]
    return [*arguments, "-x"] if options.exitfirst else arguments


def match_expression(text: str) -> str:
    """Plain words, such as `wait=maybe`, as an expression for pytest's -k, which knows no `=`; one that is stays."""
    words = re.findall(r"[^\W]+", text)
    return text if {"and", "or", "not"} & set(words) else " and ".join(words) or text


if __name__ == "__main__":
    sys.exit(main())
