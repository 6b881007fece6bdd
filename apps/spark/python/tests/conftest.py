"""Leaves the outcome of each test where .ci/run counts those of all projects."""

import json
from pathlib import Path

import pytest

RESULTS = Path(__file__).parents[2] / "test-results" / "python.json"
_outcomes: dict[str, str] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome != "passed":
        _outcomes[report.nodeid] = report.outcome


def pytest_sessionfinish(exitstatus: int) -> None:
    tests = [{"fullName": name, "status": status} for name, status in _outcomes.items()]
    status = "passed" if exitstatus == 0 else "failed"
    file = {"name": "pytest", "status": status, "assertionResults": tests}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"success": exitstatus == 0, "testResults": [file]}))
