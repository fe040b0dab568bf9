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

SPANISH_WOMEN = (
    "María", "Guadalupe", "Lucía", "Valentina", "Ximena", "Camila", "Regina", "Daniela", "Fernanda", "Carolina",
    "Antonia", "Isidora", "Paola", "Natalia", "Verónica", "Gabriela",
)  # fmt: skip

SPANISH_MEN = (
    "José", "Juan", "Luis", "Carlos", "Miguel", "Santiago", "Mateo", "Andrés", "Diego", "Javier",
    "Benjamín", "Felipe", "Ricardo", "Alejandro", "Sebastián", "Tomás",
)  # fmt: skip

SPANISH_FAMILIES = (
    "Hernández", "García", "Martínez", "López", "González", "Pérez", "Rodríguez", "Sánchez", "Ramírez", "Flores",
    "Gómez", "Torres", "Díaz", "Vargas", "Castro", "Rojas", "Muñoz", "Soto", "Contreras", "Silva",
    "Morales", "Ortiz", "Reyes", "Jiménez",
)  # fmt: skip

SPANISH_COMPANY_HEADS = (
    "Aurora", "Bahía", "Cordillera", "Delta", "Estrella", "Frontera", "Horizonte", "Istmo", "Jade", "Laguna",
    "Mirador", "Pacífico", "Quetzal", "Sierra", "Valle Verde", "Volcán",
)  # fmt: skip

SPANISH_COMPANY_TRADES = (
    "Comercio de Alimentos", "Tecnología", "Distribuidora", "Ingeniería", "Logística", "Consultoría",
    "Materiales de Construcción", "Servicios Gráficos", "Confecciones", "Transportes",
)  # fmt: skip

SPANISH_JOBS = (
    "Analista de Sistemas", "Maestra de Secundaria", "Enfermero", "Ingeniera Civil", "Abogada",
    "Contador", "Arquitecto", "Gerente Comercial", "Diseñador Gráfico", "Química Farmacéutica",
)  # fmt: skip

SPANISH_PLACES = {
    "MX": (
        ("Roma Norte", "Ciudad de México", "CMX", "067", "55", "Calle Orizaba"),
        ("Chapalita", "Guadalajara", "JAL", "445", "33", "Avenida Guadalupe"),
        ("San Pedro", "Monterrey", "NLE", "662", "81", "Calle Río Misisipi"),
        ("La Paz", "Puebla", "PUE", "721", "22", "Avenida Juárez"),
    ),
    "CO": (
        ("Chapinero", "Bogotá", "CUN", "110", "601", "Carrera 7"),
        ("El Poblado", "Medellín", "ANT", "050", "604", "Calle 10"),
        ("Granada", "Cali", "VAC", "760", "602", "Avenida 9 Norte"),
    ),
    "CL": (
        ("Providencia", "Santiago", "RM", "750", "2", "Avenida Providencia"),
        ("Cerro Alegre", "Valparaíso", "VS", "237", "32", "Calle Almirante Montt"),
        ("Pedro de Valdivia", "Concepción", "BI", "403", "41", "Avenida Pedro de Valdivia"),
    ),
}
"""District, city, state, beginning of the postal code, area code, street."""

SPANISH_BANKS = {
    "MX": ("002", "012", "014", "021", "072", "127"),
    "CO": ("1007", "1051", "1013", "1040", "1507"),
    "CL": ("001", "012", "016", "037", "049"),
}
"""Codes of banks that transfers come from and go to."""

ENGLISH_WOMEN = (
    "Emma", "Olivia", "Charlotte", "Amelia", "Sophie", "Grace", "Hannah", "Claire", "Priya", "Mei",
    "Nadia", "Rachel", "Megan", "Leah", "Abigail", "Zoe",
)  # fmt: skip

ENGLISH_MEN = (
    "Liam", "Noah", "William", "James", "Ethan", "Owen", "Lucas", "Daniel", "Arjun", "Wei",
    "Samuel", "Thomas", "Ryan", "Connor", "Isaac", "Nathan",
)  # fmt: skip

ENGLISH_FAMILIES = (
    "Smith", "Brown", "Campbell", "MacDonald", "Wilson", "Anderson", "Singh", "Chen", "Martin", "Taylor",
    "Nguyen", "Patel", "Fraser", "Thompson", "Reid", "Murphy", "Kowalski", "Johnson", "Morris", "Wong",
)  # fmt: skip

FRENCH_WOMEN = ("Chloé", "Camille", "Florence", "Geneviève", "Juliette", "Léa", "Noémie", "Sophie", "Véronique", "Zoé")
FRENCH_MEN = ("Alexis", "Étienne", "François", "Gabriel", "Jérôme", "Maxime", "Olivier", "Rémi", "Thomas", "Xavier")

FRENCH_FAMILIES = (
    "Tremblay", "Gagnon", "Roy", "Côté", "Bouchard", "Gauthier", "Morin", "Lavoie", "Fortin", "Gagné",
    "Pelletier", "Bélanger", "Lévesque", "Bergeron", "Leblanc",
)  # fmt: skip

ENGLISH_COMPANY_HEADS = (
    "Aurora", "Birchwood", "Cascade", "Eastgate", "Fairview", "Granite", "Harbour", "Juniper", "Lakeside", "Maple",
    "Northern", "Pinecrest", "Redwood", "Summit", "Timberline", "Westbrook",
)  # fmt: skip

ENGLISH_COMPANY_TRADES = (
    "Foods", "Technologies", "Distribution", "Engineering", "Logistics", "Consulting",
    "Building Supplies", "Printing", "Apparel", "Transport",
)  # fmt: skip

ENGLISH_JOBS = (
    "Software Developer", "High School Teacher", "Registered Nurse", "Civil Engineer", "Paralegal",
    "Accountant", "Architect", "Sales Manager", "Graphic Designer", "Pharmacist",
)  # fmt: skip

NORTHERN_PLACES = {
    "CA": (
        ("Montréal", "QC", "H3B", "514", "rue Sherbrooke Ouest"),
        ("Québec", "QC", "G1R", "418", "rue Saint-Jean"),
        ("Toronto", "ON", "M5V", "416", "Queen Street West"),
        ("Ottawa", "ON", "K1P", "613", "Elgin Street"),
        ("Vancouver", "BC", "V6B", "604", "Granville Street"),
        ("Calgary", "AB", "T2P", "403", "Centre Street SW"),
        ("Winnipeg", "MB", "R3C", "204", "Portage Avenue"),
        ("Halifax", "NS", "B3J", "902", "Barrington Street"),
    ),
    "US": (
        ("New York", "NY", "100", "212", "Lexington Avenue"),
        ("Chicago", "IL", "606", "312", "North Clark Street"),
        ("Austin", "TX", "787", "512", "South Lamar Boulevard"),
        ("Seattle", "WA", "981", "206", "Pine Street"),
        ("Denver", "CO", "802", "303", "Larimer Street"),
        ("Atlanta", "GA", "303", "404", "Peachtree Street NE"),
    ),
}
"""City, province or state, beginning of the postal code, area code, street."""

CALLING_CODES = {"BR": "55", "MX": "52", "CO": "57", "CL": "56"}
