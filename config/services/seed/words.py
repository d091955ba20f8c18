"""Words that synthetic titles and names are put together from."""

PLACES = (
    "Lisbon", "Oslo", "Kyoto", "Málaga", "Zürich", "Reykjavík", "Naples", "Cardiff", "Gdańsk", "Tromsø", "Valparaíso",
    "Hội An", "Salzburg", "Porto", "Granada", "Bergen", "Trieste", "Bruges", "Galway", "Sarajevo", "Tallinn", "Évora",
    "Split", "Nice", "Bath", "Ghent", "Riga", "Turin", "Malmö", "Lyon", "Leeds", "Basel",
)  # fmt: skip
THINGS = (
    "Morning", "Birthday", "Wedding", "Concert", "Harbour", "Garden", "Snow", "Market", "Train", "Kitchen", "Lake",
    "Marathon", "Rehearsal", "Fireworks", "Workshop", "Picnic", "Storm", "Ferry", "Museum", "Carnival", "Beach",
    "Forest", "Rooftop", "Interview", "Parade", "Sunset", "Climbing", "Regatta", "Dinner", "Bicycle", "Piano", "Dog",
)  # fmt: skip
LOOKS = (
    "quiet", "long", "late", "first", "second", "last", "rainy", "bright", "early", "hidden", "slow", "golden",
    "noisy", "open", "small", "whole",
)  # fmt: skip
FIRST_NAMES = (
    "Ana", "Ben", "Chloé", "Dario", "Elif", "Finn", "Grace", "Hiro", "Inês", "Jonas", "Kaja", "Liam", "Mira", "Noor",
    "Otto", "Paula", "Quentin", "Rosa", "Søren", "Tara", "Uma", "Viktor", "Wanda", "Xenia", "Yusuf", "Zoë", "Amélie",
    "Bruno", "Carla", "Dmitri", "Esme", "Farid", "Gala", "Hanna", "Ivo", "Jana", "Kofi", "Lena", "Milo", "Nadia",
)  # fmt: skip
LAST_NAMES = (
    "Abel", "Brandt", "Castro", "Dahl", "Eriksen", "Fabre", "Günther", "Hoang", "Iversen", "Jensen", "Kowalski",
    "López", "Møller", "Novák", "Okafor", "Petit", "Quiroga", "Rossi", "Sato", "Tanaka", "Ueda", "Vargas", "Weiß",
    "Xu", "Yilmaz", "Zimmer", "Almeida", "Bauer", "Conti", "Duarte", "Ekström", "Ferrari", "Gallo", "Hansen", "Ito",
    "Janssen", "Kaya", "Lind", "Marek", "Nagy",
)  # fmt: skip
STUDIO_WORDS = (
    "North", "Blue", "Paper", "Copper", "River", "Amber", "Tall", "Second", "Glass", "Harbour", "Little", "Open",
)  # fmt: skip
STUDIO_KINDS = ("Films", "Studio", "Pictures", "Works", "House", "Media", "Lab", "Collective")
TAG_GROUPS = ("Place", "Mood", "Season", "Activity", "People", "Light", "Music", "Animal", "Food", "Weather")
CODECS = ("h264", "h264", "h264", "hevc", "hevc", "av1", "vp9", "mpeg4")
SIZES = ((1920, 1080), (1920, 1080), (1280, 720), (3840, 2160), (1080, 1920), (854, 480), (2560, 1440), (640, 360))
