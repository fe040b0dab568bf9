"""Where people spend: name on the statement, category, MCC, CNAE and the range of an ordinary purchase in cents."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from afluente.connectors.scripted.taxpayers import cnpj
from afluente.core.accounts import Merchant


class Shop(msgspec.Struct, frozen=True, cache_hash=True):
    """One seller. `low` and `high` bound a purchase, in cents. One without a CNAE is not in Brazil."""

    name: str
    category: str
    mcc: int
    cnae: str
    low: int
    high: int
    legal: str = "Comércio e Serviços Ltda"


EVERYDAY = (
    Shop("Supermercado Bom Preço", "groceries", 5411, "4711-3/02", 38_00, 460_00),
    Shop("Mercadinho da Esquina", "groceries", 5411, "4712-1/00", 9_00, 85_00),
    Shop("Hortifruti Primavera", "groceries", 5499, "4724-5/00", 18_00, 120_00),
    Shop("Padaria Santa Clara", "food-and-drinks.eating-out", 5462, "1091-1/02", 6_00, 48_00),
    Shop("Restaurante Tempero Mineiro", "food-and-drinks.eating-out", 5812, "5611-2/01", 28_00, 140_00),
    Shop("Lanchonete do Porto", "food-and-drinks.eating-out", 5814, "5611-2/03", 14_00, 62_00),
    Shop("Delivery Sabor Já", "food-and-drinks.food-delivery", 5812, "5620-1/04", 32_00, 118_00),
    Shop("Farmácia Vida Nova", "healthcare.pharmacy", 5912, "4771-7/01", 12_00, 210_00),
    Shop("Posto Estrada Real", "transportation.automotive.gas-stations", 5541, "4731-8/00", 60_00, 320_00),
    Shop("Estacionamento Central", "transportation.automotive.parking", 7523, "5223-1/00", 8_00, 45_00),
    Shop("Corrida Urbana", "transportation.taxi-and-ride-hailing", 4121, "4923-0/01", 9_00, 64_00),
    Shop("Bilhete Metropolitano", "transportation.public-transportation", 4111, "4912-4/03", 4_40, 52_80),
    Shop("Pet Shop Amigo Fiel", "shopping.pet-supplies-and-vet", 5995, "4789-0/04", 25_00, 260_00),
    Shop("Livraria Página Aberta", "shopping.bookstore", 5942, "4761-0/01", 24_00, 190_00),
    Shop("Cinema Boulevard", "leisure", 7832, "5914-6/00", 22_00, 96_00),
)

LARGE = (
    Shop("Eletro Mundo", "shopping.electronics", 5732, "4753-9/00", 600_00, 4_800_00),
    Shop("Moda Tropical", "shopping.clothing", 5651, "4781-4/00", 180_00, 1_400_00),
    Shop("Casa & Lar", "housing.houseware", 5719, "4759-8/99", 240_00, 2_600_00),
    Shop("Loja Virtual Brasil", "shopping.online-shopping", 5399, "4713-0/04", 150_00, 2_200_00),
    Shop("Viagens do Sol", "travel.airport-and-airlines", 4511, "7911-2/00", 700_00, 5_200_00),
    Shop("Pousada Mar Aberto", "travel.accomodation", 7011, "5510-8/01", 420_00, 2_900_00),
    Shop("Oficina Dois Irmãos", "transportation.automotive.vehicle-maintenance", 7538, "4520-0/01", 300_00, 2_400_00),
    Shop("Esporte Total", "shopping.sports-goods", 5941, "4763-6/02", 160_00, 1_100_00),
)

SUBSCRIPTIONS = (
    Shop("Cine em Casa", "digital-services.video-streaming", 4899, "6319-4/00", 39_90, 39_90),
    Shop("Música Sem Fim", "digital-services.music-streaming", 5815, "6319-4/00", 21_90, 21_90),
    Shop(
        "Academia Movimento",
        "services.wellness-and-fitness.gyms-and-fitness-centers",
        7997,
        "9313-1/00",
        119_90,
        119_90,
    ),
)

ABROAD = (
    Shop("Northwind Cloud", "digital-services", 5734, "6311-9/00", 9_00, 120_00),
    Shop("Alpine Books", "shopping.bookstore", 5942, "4761-0/01", 14_00, 90_00),
)
"""Sellers who charge in US dollars: the range is in cents of a dollar."""


@lru_cache(maxsize=256)
def merchant(shop: Shop) -> Merchant:
    """Return the seller as a statement names it."""
    return Merchant(
        name=shop.name,
        legal_name=f"{shop.name} {shop.legal}",
        cnpj=cnpj("shop", shop.name) if shop.cnae else None,
        cnae=shop.cnae or None,
        category=shop.category,
    )


def merchants() -> dict[str, Merchant]:
    """Return every seller by the digits of its CNPJ."""
    known = (merchant(shop) for shop in (*EVERYDAY, *LARGE, *SUBSCRIPTIONS, *ABROAD))
    return {"".join(filter(str.isdigit, seller.cnpj or "")): seller for seller in known}
