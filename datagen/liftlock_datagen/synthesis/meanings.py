"""What a text column of a name holds: tables from names to generators. Names that agree with one another share a draw. Pure."""

from __future__ import annotations

from liftlock_datagen.spec.model import Kind
from liftlock_datagen.synthesis.draws import Serial, Uniform
from liftlock_datagen.synthesis.forms import Code, Listed, Whole, Word
from liftlock_datagen.synthesis.generators import Composed, Generator, Prose, Scaled, Title
from liftlock_datagen.synthesis.person_makers import Email, Identified, PersonName, Phone, Street, UserName
from liftlock_datagen.vocabulary.words import (
    CITY,
    COUNTRY,
    COUNTRY_CODE,
    CURRENCY,
    LANGUAGE,
    LOCALE_TAG,
    POSTAL_CODE,
    REGION,
    REGION_CODE,
    TIME_ZONE,
)

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

VALUES = {
    r"(.*_)?(method|payment_method|provider)": ("card", "transfer", "invoice", "wallet"),
    r"(.*_)?carrier": ("parcel", "express", "pickup"),
    r"(.*_)?(mime_?type|content_?type)": ("text/plain", "image/png", "application/json"),
    r"(.*_)?(password|passwd|pwd)(_?(hash|digest))?": ("!",),  # no login is possible with it
}
WORDS = {
    r"(.*_)?(first|given|fore)_?names?": ("given", 0, "person.given"),
    r"(.*_)?(last|family|sur)_?names?": ("family", 0, "person.family"),
    r"middle_?name": ("given", 0, ""),
    r"(.*_)?(city|town|place)(_name)?": ("place", CITY, "place"),
    r"(.*_)?(postcode|postal_?code|zip(_?code)?)": ("place", POSTAL_CODE, "place"),
    r"(.*_)?(region|state|province|county)": ("place", REGION, "place"),
    r"(.*_)?(region|state|province)_?code": ("place", REGION_CODE, "place"),
    r"(.*_)?currency(_code)?": ("place", CURRENCY, "place"),
    r"(.*_)?(language|lang)(_code)?": ("place", LANGUAGE, "place"),
    r"(.*_)?(time_?zone|tz)": ("place", TIME_ZONE, "place"),
    r"(.*_)?(gender|sex)": ("given", 2, "person.given"),
    r"(.*_)?country(_name)?": ("place", COUNTRY, "place"),
    r"(.*_)?country(_?(code|iso\d?))?": ("place", COUNTRY_CODE, "place"),
    r"(.*_)?(locale)": ("place", LOCALE_TAG, "place"),
    r"(.*_)?(company|organi[sz]ation|employer|brand|manufacturer|supplier|vendor)(_?name)?": ("company", 0, ""),
    r"(.*_)?(color|colour)": ("color", 0, ""),
    r"(.*_)?(category|department|genre)(_?name)?": ("category", 0, ""),
    r"(.*_)?(role|job|(job|contact|person|position)_?title|position|profession)": ("role", 0, ""),
    r"(.*_)?tags?": ("tag", 0, ""),
    r"(.*_)?material": ("material", 0, ""),
}
MAKERS: dict[str, tuple[Generator, ...]] = {
    r"(.*_)?e_?mail(_?address)?": (Email(), Email(short=True)),
    r"(.*_)?(user_?name|login|handle|nick(name)?)": (
        UserName(),
        UserName(short=True),
        Title(2, ".", unique=True, lower=True),
    ),
    r"(.*_)?(phone|mobile|telephone|tel|fax|cell)(_?(number|no|nr))?": (Phone(local=True), Phone()),
    r"(.*_)?(street|address|street_?address|address_?(line)?_?1?|line_?1)": (Street(),),
    r"(.*_)?(customer|contact|recipient|author|owner|person|holder|created_by|updated_by)_?name": (PersonName(), PersonName(initial=True)),
    r"(.*_)?(full|display|screen|legal|real)_?name": (PersonName(), PersonName(initial=True)),
    r"(.*_)?(author|recipient|contact|created_by|updated_by|owner|assignee)": (PersonName(), PersonName(initial=True)),
    r"(.*_)?(product|item|article)_?name": (Title(3, " ", unique=False),),
    r"(.*_)?slug": (Title(3, "-", unique=True, lower=True),),
    r"(.*_)?(url|website|homepage|link|href|image|avatar|picture|photo)(_?ur[il])?": (
        Title(3, "-", unique=True, lower=True, prefix="https://www.example.com/"),
    ),
    r"(.*_)?(ip|ip_?address|remote_addr|client_ip)": (Scaled(Uniform(1, 254), Listed(tuple(f"192.0.2.{n}" for n in range(255)))),),
    r"(.*_)?(sku|article_?number|product_?code|part_?number|ean|barcode)": (Scaled(Uniform(0, 32**6 - 1), Code("SKU-", _CROCKFORD, 6)),),
    r"(.*_)?iban(_?(number|no))?": (Identified(Kind.IBAN),),
    r"(.*_)?(card_?number|credit_?card(_?(number|no))?|cc_?number)": (Identified(Kind.PAYMENT_CARD),),
    r"(.*_)?(ssn|social_security(_?(number|no))?|national_id|ahv(_?(number|nr))?|nino|codice_fiscale|dni|cpf|bsn|pesel|personnummer)": (
        Identified(Kind.NATIONAL_ID),
    ),
    r"(.*_)?(tax|vat)_?(id|number|no)": (Identified(Kind.TAX_ID),),
    r"(.*_)?(bank_)?account_?(number|no)": (Identified(Kind.BANK_ACCOUNT),),
    r"(.*_)?imei": (Identified(Kind.DEVICE_ID),),
    r"(.*_)?(last_?4|last_?four)(_digits)?": (Scaled(Uniform(0, 9999), Code("", "0123456789", 4)),),
    r"(.*_)?(code|number|reference|ref|token|external_id|transaction_id|tracking(_.*)?|no)": (
        Scaled(Uniform(0, 32**8 - 1), Code("", _CROCKFORD, 8)),
    ),
    r"(.*_)?(comments?|reviews?|feedback|body|text|content|message|description|notes?|remarks?|summary|bio|details|reason|subject)": (
        Prose("opinion", 3),
        Prose("opinion", 2),
        Prose("opinion", 1),
    ),
}


def firm_makers(firms: int) -> dict[str, tuple[Generator, ...]]:
    """What a table of firms holds beside their names: addresses of domains for examples, with the firm's name in them."""
    slug = Scaled(Uniform(0, firms - 1), Word("company", 1), "company")
    number = Scaled(Serial(1), Whole())
    return {
        r"(.*_)?e_?mail(_?address)?": (Composed(("info", number, "@", slug, ".example")),),
        r"(.*_)?(url|website|homepage)(_?ur[il])?": (Composed(("https://www.", slug, ".example")),),
        r"(.*_)?(domain|domain_name|hostname)": (Composed((slug, ".example")),),
    }
