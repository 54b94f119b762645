"""Synthetic rows per second, end to end into PostgreSQL with keys and indexes: liftlock_datagen against Faker with executemany.

    python -m benchmarks.synthesis

Both fill the sample shop's schema in the same server, one after the other, each in a process of its own, whose peak memory is its own. The
naive way gets fewer rows, since its rate does not depend on how many there are; only rates are compared.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from tests.postgres import postgres_image, run_postgres

_ROOT = Path(__file__).parent.parent
_SCHEMA = _ROOT / "samples" / "shop" / "shop" / "migrations" / "0001_shop.sql"
_URL = "BENCHMARK_DATABASE_URL"
_SEED = 1
ROWS = 500_000
NAIVE_ROWS = 10_000
TARGET = 100_000


def run(rows: int = ROWS, naive_rows: int = NAIVE_ROWS) -> list[dict[str, Any]]:
    """One row per way: rows, seconds, rows per second, peak memory in MiB, and how many times the naive rate."""
    image = postgres_image()
    if image is None:
        raise SystemExit("the images are missing: run make images")
    schema = _SCHEMA.read_text(encoding="utf-8")
    found = []
    with run_postgres(image) as server:
        for way, count in (("Faker + executemany", naive_rows), ("liftlock_datagen", rows)):
            with server.database(schema) as database:
                found.append({"benchmark": "synthesis", "way": way, **_measure(way, count, server.url(database))})
    for row in found:
        row["times_naive"] = round(row["rows_per_second"] / found[0]["rows_per_second"], 1)
    return found


def _measure(way: str, rows: int, url: str) -> dict[str, Any]:
    """Runs one way in a fresh process. The URL goes through the environment, as it holds a password."""
    command = [sys.executable, "-m", "benchmarks.synthesis", way, str(rows)]
    done = subprocess.run(command, env={**os.environ, _URL: url}, cwd=_ROOT, capture_output=True, text=True, check=False, timeout=900)
    if done.returncode != 0:
        raise RuntimeError(f"{way}: {done.stderr.strip()}")
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _one_way(way: str, rows: int) -> dict[str, Any]:
    fill = _fill_ours if way == "liftlock_datagen" else _fill_naively
    began = time.perf_counter()
    made = fill(os.environ[_URL], rows)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return {"rows": made, "seconds": round(seconds, 3), "rows_per_second": round(made / seconds), "peak_mib": round(peak)}


def _fill_ours(url: str, rows: int) -> int:
    from liftlock_datagen.synthesis.load import seed  # noqa: PLC0415 - each process measures what it needs itself

    return seed(url, rows=rows, seed=_SEED, on_progress=lambda *_: None).total


def _fill_naively(url: str, rows: int) -> int:
    """What most people write: Faker's default providers, a list of tuples per table, executemany into the finished schema."""
    made = 0
    shop = _NaiveShop(rows // 26)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for name, count, row in shop.tables():
            values = [row(number) for number in range(1, count + 1)]
            places = ", ".join(["%s"] * len(values[0]))
            cursor.executemany(f"INSERT INTO {name} VALUES ({places})".encode(), values)  # noqa: S608 - names and places of our own
            made += count
    return made


class _NaiveShop:
    """Rows of the shop by number, one call of Faker per value. part: the customers; the other tables have multiples of it, as with ours."""

    def __init__(self, part: int) -> None:
        from faker import Faker  # noqa: PLC0415 - a development dependency, for this way only

        Faker.seed(_SEED)
        self.fake, self.chance, self.part = Faker(), random.Random(_SEED), part  # noqa: S311 - no secret is made

    def tables(self) -> list[tuple[str, int, Callable[[int], tuple[object, ...]]]]:
        """Name, rows and row of each table, parents first."""
        return [
            ("customers", self.part, self.customer),
            ("addresses", self.part * 2, self.address),
            ("products", self.part, self.product),
            ("orders", self.part * 4, self.order),
            ("order_lines", self.part * 8, self.order_line),
            ("payments", self.part * 8, self.payment),
            ("reviews", self.part * 2, self.review),
        ]

    def _parent(self) -> int:
        return self.chance.randint(1, self.part)

    def _price(self) -> float:
        return self.chance.randint(100, 50000) / 100

    def customer(self, n: int) -> tuple[object, ...]:
        fake = self.fake
        made = fake.date_time_this_decade()
        return n, f"{n}.{fake.email()}", fake.name(), fake.phone_number(), fake.date_of_birth(), json.dumps({"news": True}), made

    def address(self, n: int) -> tuple[object, ...]:
        fake, kind = self.fake, self.chance.choice(["billing", "shipping"])
        return n, self._parent(), kind, fake.street_address(), fake.postcode(), fake.city(), fake.country_code()

    def product(self, n: int) -> tuple[object, ...]:
        fake, stock = self.fake, self.chance.randint(0, 500)
        facts = json.dumps({"color": fake.color_name()})
        return n, None, f"SKU-{n}", fake.catch_phrase(), self._price(), stock, facts, fake.date_time_this_decade()

    def order(self, n: int) -> tuple[object, ...]:
        return n, self._parent(), self._parent(), "placed", self.fake.sentence(), self.fake.date_time_this_year(), None

    def order_line(self, n: int) -> tuple[object, ...]:
        return 1 + (n - 1) // 2, 1 + n % self.part, self.chance.randint(1, 10), self._price()

    def payment(self, n: int) -> tuple[object, ...]:
        return n, self._parent(), self.chance.choice(["card", "transfer"]), self._price(), None, self.fake.date_time_this_year()

    def review(self, n: int) -> tuple[object, ...]:
        product = 1 + (n * 7 + n // self.part) % self.part
        return n, 1 + n % self.part, product, self.chance.randint(1, 5), self.fake.paragraph(), self.fake.date_time_this_year()


def show(found: list[dict[str, Any]]) -> None:
    """The table for people."""
    print(f"{'way':<22}{'rows':>10}{'seconds':>10}{'rows/s':>12}{'peak MiB':>10}{'times':>8}")
    for row in found:
        print(
            f"{row['way']:<22}{row['rows']:>10,}{row['seconds']:>10.2f}{row['rows_per_second']:>12,}{row['peak_mib']:>10}"
            f"{row['times_naive']:>8}"
        )
    ours = found[-1]["rows_per_second"]
    verdict = "met" if ours >= TARGET else "MISSED"
    print(f"end to end: catalog, plan, rows, COPY, indexes, foreign keys validated; target {TARGET:,} rows/s: {verdict}")
    print(f"the naive way made {found[0]['rows']:,} rows only; its rate is compared, not its time")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(_one_way(sys.argv[1], int(sys.argv[2]))))
    else:
        show(run())
