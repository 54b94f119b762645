"""What was found anywhere in the copy: values of the source, digests of them, and rows of tables that should have none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from liftlock_datagen.certificate.copy_scan import Digests
from liftlock_datagen.certificate.digests import digest, digests_of
from liftlock_datagen.certificate.findings import Findings
from liftlock_datagen.certificate.model import Finding, Form, Verdict
from liftlock_datagen.certificate.reading import Reading
from liftlock_datagen.spec.model import Rows


def report(reading: Reading) -> tuple[Finding, ...]:
    """All of it, leaks first."""
    return tuple(sorted([*_needles(reading), *_digests(reading), *_unwanted(reading)], key=_order))


def _needles(reading: Reading) -> Iterator[Finding]:
    names, scan = reading.plan.names, reading.scan
    both: tuple[Findings, ...] = (scan.found, scan.found_numbers)
    for findings, key, found in ((of, *item) for of in both for item in of.found.items()):
        column, place, part, form, _ = key
        verdict, reason = findings.verdict(key, scan.places_rows[place.removeprefix("statistics of ")])
        yield Finding(
            source=names[column],
            place=scan.shown(place),
            part=part,
            form=form,
            cells=found.cells,
            values=len(found.needles),
            own_row=found.own_row,
            examples=tuple(found.examples),
            verdict=verdict,
            reason=reason,
        )


def _unwanted(reading: Reading) -> Iterator[Finding]:
    """Rows of tables that should have none."""
    for name, table in reading.spec.tables.items():
        if table.rows is Rows.NONE and reading.scan.counts[name] and not reading.plan.generated:
            rows = reading.scan.counts[name]
            yield Finding(f"{name}: rows none", str(name), "row", Form.LEFTOVER, rows, 0, 0, (), Verdict.LEAK, "")


def _digests(reading: Reading) -> list[Finding]:
    """What looked like a digest in the copy, held against digests of the source's values: a second reading, only where there is any."""
    seen = _without_canaries(reading)
    counted: dict[tuple[str, str, Form], tuple[int, int]] = {}
    told: set[tuple[Form, int, int]] = set()
    if not any(seen.values()):
        return []
    wanted = {form: set(places) for form, places in seen.items()}
    for form, prefix, item in digests_of(reading.source, reading.plan, reading.relations, reading.secret, wanted):
        if (form, prefix, item.number) in told:
            continue
        told.add((form, prefix, item.number))
        for place, cells in seen[form][prefix].items():
            values, many = counted.get((str(item), place, form), (0, 0))
            counted[str(item), place, form] = values + 1, many + cells
    return [
        Finding(source, reading.scan.shown(place), "value", form, cells, values, 0, (), Verdict.LEAK, "")
        for (source, place, form), (values, cells) in counted.items()
    ]


def _without_canaries(reading: Reading) -> Mapping[Form, Digests]:
    """Digests of our own canary are what they should be, and are no finding."""
    seen, scan = reading.scan.digests, reading.scan
    for form in (Form.MD5, Form.SHA256):
        for place in seen[form].pop(digest(form, scan.needle), {}):
            scan.expected.discard(place)
    return {form: places for form, places in seen.items() if places}


def _order(item: Finding) -> tuple[str, ...]:
    """Leaks first."""
    return (item.reason and "chance", item.source, item.place, item.part, item.form, item.reason)
