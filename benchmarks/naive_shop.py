"""The naive way to fill the sample shop, which the benchmark of synthesis compares with: Faker, one call a value, and executemany."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import psycopg

_SEED = 1


def fill_naively(url: str, rows: int) -> int:
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
