"""The JSON interface of what each product does for people, what serves that, and what a no would stop.

Rules
- Anybody may read it: it is worked out from what is openly declared.

Source: docs/reference/api.md.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, resource, shown
from troth.journeys.functions import Function, Functions, ProductFunctions

__all__ = ["FunctionShown", "FunctionsShown", "ProductShown", "ServedShown", "function_routes"]


class ServedShown(msgspec.Struct, frozen=True):
    """A purpose that serves a function. `lasts`: no single no ends it."""

    stream: str
    purpose: str
    title: str
    grounds: tuple[str, ...]
    essential: bool
    lasts: bool


class FunctionShown(msgspec.Struct, frozen=True):
    """A function. `goes_on`: it is served also when everybody says no to everything that can be refused."""

    name: str
    essential: bool
    goes_on: bool
    served: tuple[ServedShown, ...]


class ProductShown(msgspec.Struct, frozen=True):
    """The functions of one product."""

    product: str
    name: str
    functions: tuple[FunctionShown, ...]


class FunctionsShown(msgspec.Struct, frozen=True):
    """Those of every product that has some, in order of registration."""

    products: tuple[ProductShown, ...]


def function_routes(functions: Functions, *, callers: Callers) -> list[Route]:
    """All routes of this module."""

    async def listed(_request: Request) -> Response:
        return shown(FunctionsShown(tuple(map(_product, functions.all()))))

    return [resource("/api/functions", {"GET": callers.spoken(listed)})]


def _product(each: ProductFunctions) -> ProductShown:
    return ProductShown(each.product, each.name, tuple(map(_function, each.functions)))


def _function(each: Function) -> FunctionShown:
    served = tuple(
        ServedShown(one.stream, one.purpose, one.title, one.grounds, one.essential, one.lasts) for one in each.served
    )
    return FunctionShown(each.name, each.essential, each.goes_on, served)
