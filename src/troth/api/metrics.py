"""`GET /metrics`: the figures of a node as text that Prometheus reads.

Rules
- Without a token two families, which the public log tells anyway; with the operator's all of them, and with `?things` also
  those of each thing. Any other token gets what nobody gets.
- Nothing is stored by anybody on the way.

Source: Prometheus text exposition format 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats/.
"""

from collections.abc import Iterable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, resource
from troth.journeys.measure import Family, Measure, Sample, WhoAsks

__all__ = ["exposition", "metrics_routes"]

_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def metrics_routes(measure: Measure, *, callers: Callers) -> list[Route]:
    """The route of this module."""

    async def metrics(request: Request) -> Response:
        who = callers.principal(request)
        asks = WhoAsks.ANYBODY
        if who is not None and who.operator:
            asks = WhoAsks.OPERATOR_OF_THINGS if "things" in request.query_params else WhoAsks.OPERATOR
        headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
        return Response(exposition(measure.families(asks)), media_type=_TYPE, headers=headers)

    return [resource("/metrics", {"GET": callers.spoken(metrics)}, query=("things",))]


def exposition(families: Iterable[Family]) -> bytes:
    """The text of some families."""
    lines: list[str] = []
    for family in families:
        metric = family.metric
        lines += [f"# HELP {metric.name} {metric.words}", f"# TYPE {metric.name} {metric.kind}"]
        lines += [f"{metric.name}{each.suffix}{_labels(each)} {_number(each.value)}" for each in family.samples]
    return "".join(f"{line}\n" for line in lines).encode()


def _labels(sample: Sample) -> str:
    if not sample.labels:
        return ""
    return "{" + ",".join(f'{name}="{_quoted(value)}"' for name, value in sample.labels.items()) + "}"


def _quoted(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
