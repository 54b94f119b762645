"""Makes sums agree: a line's total is its quantity times its price, an order's total the sum of its lines. Pure.

Recognised by names. What a key, a CHECK between columns or a profile's constraint decides stays as it is planned, and so do totals whose
parts are not whole numbers of one kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.synthesis.draws import GroupOf, Product, SumOver, Total
from liftlock_datagen.synthesis.forms import Whole
from liftlock_datagen.synthesis.generators import Scaled
from liftlock_datagen.synthesis.lines import head_of
from liftlock_datagen.synthesis.plan_data import ColumnPlan, LoadPlan, TablePlan
from liftlock_datagen.synthesis.semantics import plain_name
from liftlock_datagen.synthesis.shaping import Room
from liftlock_datagen.synthesis.spreads import Grouping

_QUANTITY = re.compile(r"(.*_)?(quantity|qty|units|count|pieces)")
_PRICE = re.compile(r"(.*_)?(price|unit_price|unit_cost|price_each|unit_amount)(_(cents?|minor|net|eur|usd|chf|gbp))?")
_CENTS = r"(_(cents?|minor|amount|price))?"
_LINE_TOTAL = re.compile(rf"(line_?|item_?|row_?|position_?)?(total|amount|sum|subtotal|total_price|price_total){_CENTS}")
_SUBTOTAL = re.compile(rf"(sub_?total|net_total|total_net|items_total|goods_total|net_amount){_CENTS}")
_TOTAL = re.compile(rf"(grand_?|order_?|invoice_?|overall_?)?total({_CENTS}|_(due|sum|gross))|(invoice_|order_|gross_|due_)amount")
_CHARGES = "tax|vat|shipping|freight|postage|handling|tip|fee|shipping_cost|tax_amount|delivery_fee"
_ADDED = re.compile(rf"(total_)?({_CHARGES}){_CENTS}")
_TAKEN_OFF = re.compile(rf"(total_)?(discount|rebate|voucher){_CENTS}")
_Rooms = Mapping[TableName, Room]


def agree_totals(plan: LoadPlan, rooms: _Rooms) -> LoadPlan:
    """The plan with line totals and order totals that follow from their parts. Lines are grouped already, see lines."""
    tables = {table.name: _with_line_total(table, rooms[table.name]) for table in plan.tables}
    for name in list(tables):
        head = head_of(tables[name])
        if head is not None and isinstance(head.source, GroupOf):
            found = _summed(tables[name], head.source.grouping, tables[head.parent], rooms[head.parent])
            tables.update({table.name: table for table in found})
    return replace(plan, tables=tuple(tables[table.name] for table in plan.tables))


def _numbers(table: TablePlan) -> dict[str, ColumnPlan]:
    """The columns of plain numbers."""
    return {
        column.name: column
        for column in table.columns
        if isinstance(column.generator, Scaled) and isinstance(column.generator.form, Whole) and column.present is None
    }


def _named(pattern: re.Pattern[str], columns: Mapping[str, ColumnPlan]) -> str | None:
    return next((name for name in columns if pattern.fullmatch(plain_name(name))), None)


def _scale(column: ColumnPlan) -> int:
    if isinstance(column.generator, Scaled) and isinstance(column.generator.form, Whole):
        return max(0, column.generator.form.scale)
    raise TypeError(f"{column.name} is no plain number")


def _with_line_total(table: TablePlan, room: Room) -> TablePlan:
    numbers = _numbers(table)
    quantity, price = _named(_QUANTITY, numbers), _named(_PRICE, numbers)
    total = _named(_LINE_TOTAL, {name: column for name, column in numbers.items() if name not in {quantity, price} | room.fixed})
    if quantity is None or price is None or total is None or _named(_TAKEN_OFF, numbers):
        return table
    product = _product(numbers, quantity, price, _scale(numbers[total]))
    limits = room.limits[total]
    source = replace(product, low=limits.low, high=limits.high)
    return _changed(table, {total: _sourced(numbers[total], source)}, (quantity, price))


def _product(numbers: Mapping[str, ColumnPlan], quantity: str, price: str, scale: int) -> Product:
    """Quantity times price in units of 10**-scale."""
    shift = scale - _scale(numbers[quantity]) - _scale(numbers[price])
    return Product((quantity, price), up=10 ** max(0, shift), down=10 ** max(0, -shift))


def _sourced(column: ColumnPlan, source: Product | Total) -> ColumnPlan:
    if not isinstance(column.generator, Scaled):
        raise TypeError(f"{column.name} is no plain number")
    return replace(column, generator=Scaled(source, column.generator.form))


def _changed(table: TablePlan, changed: Mapping[str, ColumnPlan], always: tuple[str, ...]) -> TablePlan:
    """The table with the changed columns; those that sums are made of are never NULL."""
    columns = [changed.get(column.name, column) for column in table.columns]
    return replace(table, columns=tuple(replace(column, nulls=0) if column.name in always else column for column in columns))


def _summed(child: TablePlan, grouping: Grouping, parent: TablePlan, room: Room) -> tuple[TablePlan, ...]:
    """The lines, and the parent with totals that are their sums; nothing where the two are not such a pair."""
    numbers = {name: column for name, column in _numbers(parent).items() if name not in room.fixed}
    subtotal, total = _named(_SUBTOTAL, numbers), _named(_TOTAL, numbers)
    wanted = subtotal or total
    found = _each(child, _scale(numbers[wanted])) if wanted else None
    if found is None:
        return ()
    each, always = found
    over = SumOver(child.name.schema, child.name.name, grouping, each)
    return _changed(child, {}, always), _with_totals(parent, room, numbers, over, (subtotal, total))


def _each(child: TablePlan, scale: int) -> tuple[Product, tuple[str, ...]] | None:
    """What a line adds to the sum, in units of 10**-scale, and the columns that must be there for it."""
    numbers = _numbers(child)
    quantity, price = _named(_QUANTITY, numbers), _named(_PRICE, numbers)
    total = _named(_LINE_TOTAL, {name: column for name, column in numbers.items() if name not in {quantity, price}})
    if total is not None:
        shift = scale - _scale(numbers[total])
        return Product((total,), up=10 ** max(0, shift), down=10 ** max(0, -shift)), (total,)
    if quantity is not None and price is not None:
        return _product(numbers, quantity, price, scale), (quantity, price)
    return None


def _with_totals(
    parent: TablePlan, room: Room, numbers: Mapping[str, ColumnPlan], over: SumOver, names: tuple[str | None, str | None]
) -> TablePlan:
    subtotal, total = names
    first = subtotal or total
    if first is None:
        raise TypeError(f"{parent.name} has no total")
    extras = _extras(numbers, _scale(numbers[first])) if total else ()
    changed: dict[str, ColumnPlan] = {}
    for name, rows, terms in ((subtotal, over, ()), (total, None if subtotal else over, ((subtotal, 1), *extras) if subtotal else extras)):
        if name is not None and _scale(numbers[name]) == _scale(numbers[first]):
            limits = room.limits[name]
            changed[name] = _sourced(numbers[name], Total(rows, terms, max(0, limits.low), limits.high))
    return _changed(parent, changed, tuple(name for name, _ in extras) + ((subtotal,) if subtotal else ()))


def _extras(numbers: Mapping[str, ColumnPlan], scale: int) -> tuple[tuple[str, int], ...]:
    """Columns of the order itself that go into its total."""
    same = [name for name, column in numbers.items() if _scale(column) == scale]
    added = [(name, 1) for name in same if _ADDED.fullmatch(plain_name(name))]
    return (*added, *((name, -1) for name in same if _TAKEN_OFF.fullmatch(plain_name(name))))
