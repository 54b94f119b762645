"""Makes the frozen word lists in frozen/ with Faker. Run by hand when they shall change: every generated row changes with them.

    python -m liftlock_datagen.vocabulary.make

Faker is needed only here. Its words differ from version to version (some from run to run), which is why the lists are kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from liftlock_datagen.vocabulary.folding import fold, safe
from liftlock_datagen.vocabulary.make_locales import Row, details_of, known_genders, locale_lists, locale_rows, source_rows

FOLDER = Path(__file__).parent / "frozen"
LOCALES = {
    "en_US": ("US", "United States"),
    "en_GB": ("GB", "United Kingdom"),
    "de_DE": ("DE", "Germany"),
    "fr_FR": ("FR", "France"),
    "nl_NL": ("NL", "Netherlands"),
    "es_ES": ("ES", "Spain"),
    "it_IT": ("IT", "Italy"),
    "pl_PL": ("PL", "Poland"),
}
WORDS = {
    "adjective": "Light Robust Compact Foldable Classic Modern Quiet Bright Warm Slim Sturdy Handmade Waterproof Portable Smooth Elegant "
    "Simple Durable Soft Practical Refined Vintage Nordic Everyday Organic Striped Padded Insulated Rounded Polished",
    "material": "Oak Steel Cotton Linen Wool Leather Bamboo Ceramic Glass Copper Cork Granite Rubber Silk Walnut Aluminium Canvas Felt "
    "Marble Pine Brass Hemp Slate Velvet Birch",
    "thing": "Lamp Chair Kettle Backpack Jacket Mug Table Bottle Blanket Clock Shelf Bowl Scarf Knife Basket Mirror Umbrella Stool "
    "Notebook Cushion Tray Vase Gloves Wallet Pan Lantern Hammock Bench Apron Teapot Rug Pillow Ladder Bicycle Helmet Tent",
    "category": "Kitchen Garden Lighting Furniture Clothing Outdoor Office Bedroom Bathroom Travel Sports Toys Books Music Tools "
    "Storage Decoration Textiles Electronics Pets",
    "color": "black white red blue green grey yellow brown orange beige",
    "tag": "new sale gift summer winter popular limited eco import local",
    "role": "Engineer Designer Analyst Manager Consultant Accountant Editor Planner Buyer Clerk",
}
_OPINIONS = (
    "I use it every day",
    "It arrived two days early",
    "The quality is better than expected",
    "The colour differs a little from the picture",
    "It feels solid and well made",
    "My family likes it a lot",
    "The instructions were easy to follow",
    "It is smaller than I thought",
    "The price is fair for what you get",
    "It broke after a few weeks",
    "Customer service answered quickly",
    "I would buy it again",
    "It was a present and was well received",
    "The packaging was damaged but the content was fine",
    "It does what it should",
    "The material is pleasant to touch",
    "Cleaning it takes no time",
    "It fits exactly where I wanted it",
    "I expected more for this price",
    "After a month it still looks new",
)
_ENDINGS = (
    "",
    ", highly recommended",
    ", no complaints",
    ", as described",
    ", which surprised me",
    ", so I am satisfied",
    ", though delivery was slow",
    ", and friends asked where I got it",
    ", even after heavy use",
)


def _distinct(make: Callable[[], str], count: int, tries: int) -> list[str]:
    found: dict[str, None] = {}
    for _ in range(tries):
        found.setdefault(safe(make()))
        if len(found) == count:
            break
    return list(found)


def _people_and_places() -> Iterator[tuple[str, list[Row]]]:
    from faker import Faker  # noqa: PLC0415 - a development dependency, needed only when this runs

    given: dict[str, None] = {}
    genders: dict[str, str] = {}
    family: dict[str, None] = {}
    places: list[Row] = []
    streets: list[Row] = []
    companies: list[Row] = []
    for number, (locale, (code, country)) in enumerate(LOCALES.items()):
        faker = Faker(locale, use_weighting=False)
        faker.seed_instance(20240101 + number)
        given.update(dict.fromkeys(_distinct(faker.first_name, 60, 2000)))
        genders = known_genders(locale) | genders
        family.update(dict.fromkeys(_distinct(faker.last_name, 100, 2000)))
        for city in _distinct(faker.city, 60, 2000):
            region = faker.state() if hasattr(faker, "state") else faker.region() if hasattr(faker, "region") else country
            places.append((city, safe(faker.postcode()), safe(region), code, country, locale.replace("_", "-")))
        streets += [(street, code) for street in _distinct(faker.street_name, 60, 2000)]
        companies += [(company,) for company in _distinct(faker.company, 40, 1000)]
    yield "given", [(name, fold(name), genders.get(name, "x")) for name in given if fold(name)]
    yield "family", [(name, fold(name)) for name in family if fold(name)]
    yield "place", _with_details(list(dict.fromkeys(places)))
    yield "street", streets
    yield "company", [(name, fold(name)[:20]) for (name,) in companies]


def _words() -> Iterator[tuple[str, list[Row]]]:
    for name, words in WORDS.items():
        yield name, [(word,) for word in words.split()]
    yield "opinion", [(opinion + ending + ".",) for opinion in _OPINIONS for ending in _ENDINGS]


def _with_details(places: list[Row]) -> list[Row]:
    """The invented places of the mixed lists with what else their country says; coordinates and phone are a real city's of that country."""
    about = {row[0]: row for row in locale_rows().values()}
    cities = {code: [city for city in source_rows("places") if locale_rows()[city[0]][0] == code] for code in about}
    found = []
    for number, place in enumerate(places):
        city = cities[place[3]][number % len(cities[place[3]])]
        found.append((*place[:6], place[2][:3].upper(), *details_of(city, about[place[3]])[1:]))
    return found


def _write(folder: Path, lists: Iterable[tuple[str, list[Row]]]) -> None:
    """Writes lists as tab-separated text, and the manifest with the hash of each."""
    folder.mkdir(exist_ok=True)
    manifest = {}
    for name, rows in sorted(lists):
        text = "".join("\t".join(row) + "\n" for row in dict.fromkeys(rows))
        (folder / f"{name}.tsv").write_text(text, encoding="utf-8")
        manifest[name] = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def write_vocabularies(folder: Path) -> None:
    """Writes the mixed lists, and those of each locale into a folder of its own."""
    _write(folder, [*_people_and_places(), *_words()])
    for number, locale in enumerate(locale_rows()):
        _write(folder / locale, locale_lists(locale, number))


if __name__ == "__main__":
    write_vocabularies(FOLDER)
