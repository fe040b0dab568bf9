"""The names that invented people, companies and places are made of."""

from __future__ import annotations

WOMEN = (
    "Ana", "Beatriz", "Camila", "Daniela", "Eduarda", "Fernanda", "Gabriela", "Helena", "Isabela", "Juliana",
    "Larissa", "Mariana", "Natália", "Patrícia", "Rafaela", "Sofia", "Tatiana", "Vanessa", "Yasmin", "Luiza",
)  # fmt: skip

MEN = (
    "André", "Bruno", "Carlos", "Diego", "Eduardo", "Felipe", "Gustavo", "Henrique", "Igor", "João",
    "Leonardo", "Marcelo", "Otávio", "Paulo", "Rafael", "Rodrigo", "Thiago", "Vinícius", "Caio", "Lucas",
)  # fmt: skip

FAMILIES = (
    "Silva", "Santos", "Oliveira", "Souza", "Rodrigues", "Ferreira", "Alves", "Pereira", "Lima", "Gomes",
    "Costa", "Ribeiro", "Martins", "Carvalho", "Almeida", "Lopes", "Soares", "Fernandes", "Vieira", "Barbosa",
    "Rocha", "Dias", "Nascimento", "Andrade", "Moreira", "Nunes", "Marques", "Machado", "Mendes", "Freitas",
)  # fmt: skip

COMPANY_HEADS = (
    "Aurora", "Bandeirante", "Cruzeiro", "Delta", "Estrela", "Fortaleza", "Guanabara", "Horizonte", "Ipê",
    "Jatobá", "Litoral", "Mantiqueira", "Nordeste", "Oeste", "Planalto", "Serra Azul", "Tropical", "Vale Verde",
)  # fmt: skip

COMPANY_TRADES = (
    "Comércio de Alimentos", "Tecnologia", "Distribuidora", "Engenharia", "Logística", "Consultoria",
    "Materiais de Construção", "Serviços Gráficos", "Confecções", "Transportes",
)  # fmt: skip

JOBS = (
    "Analista de Sistemas", "Professora de Ensino Médio", "Enfermeiro", "Engenheira Civil", "Advogada",
    "Contador", "Arquiteto", "Gerente Comercial", "Designer Gráfico", "Farmacêutica",
)  # fmt: skip

STREETS = (
    "Rua das Acácias", "Avenida Paulista", "Rua XV de Novembro", "Avenida Rio Branco", "Rua Sete de Setembro",
    "Rua das Laranjeiras", "Avenida Brasil", "Rua Marechal Deodoro", "Rua Dom Pedro II", "Alameda Santos",
)  # fmt: skip

PLACES = (
    ("Bela Vista", "São Paulo", "SP", "013", "11"),
    ("Copacabana", "Rio de Janeiro", "RJ", "220", "21"),
    ("Savassi", "Belo Horizonte", "MG", "301", "31"),
    ("Batel", "Curitiba", "PR", "804", "41"),
    ("Moinhos de Vento", "Porto Alegre", "RS", "905", "51"),
    ("Boa Viagem", "Recife", "PE", "510", "81"),
    ("Barra", "Salvador", "BA", "401", "71"),
    ("Asa Sul", "Brasília", "DF", "702", "61"),
)
"""District, city, state, beginning of the postal code, area code."""

BANKS = (
    ("001", "00000000"),
    ("033", "90400888"),
    ("104", "00360305"),
    ("237", "60746948"),
    ("260", "18236120"),
    ("341", "60701190"),
    ("077", "00416968"),
    ("336", "31872495"),
)
"""Compensation code and ISPB of banks that transfers come from and go to."""
