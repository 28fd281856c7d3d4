"""Made-up names: a given name of any language, and an everyday object as the family name."""

from __future__ import annotations

_NAMES = """\
Nora Oscar Ruby Theo Ivy Felix Hazel Miles Pearl Gus
Lantern Teapot O'Kettle Biscuit Umbrella Pebble Marmalade Thimble Button Compass
Aisyah Hakim Nurul Farid Siti Amir Zara Iman Salmah Daud
Payung Wau Pelita Cawan Kompas Bantal Sampan Kelapa Gasing Tikar
Luningning Bayani Ligaya Datu Tala Amihan Dalisay Isko Mutya Kidlat
Parol Payong Saranggola Unan Lapis Bangka Banig Kalamansi Gumamela Salakot
Asha Ravi Meera Aman Tara Kiran Neel Sona Dev Leela
Patang Diya Chhata Chaidani Takiya Laltain Jhula Nauka Pankha Dhaga
Malee Anong Somchit Fahsai Phupha Kaew Khwan Dao Tonkhao Baibua
Khomfai Rom Wao Kanam Khemthit Kradum Mon Dinso Takiang Krathong
Linh Minh Thảo Quân Hà Bảo Ngọc Tú Vy Đức
Đèn-Lồng Ấm-Trà Cánh-Diều La-Bàn Chiếc-Ô Bút-Chì Hạt-Sen Nón-Lá Thuyền-Giấy Kẹo-Dừa
Amélie François Zoé Rémi Chloé Gaël Léonie Noël Inès Théo
Réverbère Parapluie Théière Boussole d'Ampoule Crayon Bouton Châtaigne Macaron Édredon
Jürgen Käthe Björn Anneliese Götz Lena Sören Ulrike Max Grete
Teekessel Regenschirm Straßenlaterne Kompassrose Löwenzahn Streusel Büroklammer Glühwürmchen \
Knöpfchen Papierschiff
José Lucía Íñigo Marisol Ángel Begoña Raúl Inés Tomás Nuria
Paraguas Farolillo Melocotón Brújula Tetera Cometa Botón Almohada Lápiz Castañuela
João Conceição Luís Mônica Fábio Célia Ana Zé Vitória Antônio
Lampião Guarda-Chuva Bússola Botão Travesseiro Pipa Chaleira Caravela Girassol Feijão
Łucja Paweł Zofia Michał Gabriela Staś Żaneta Józef Kasia Błażej
Latarnia Parasol Czajnik Ołówek Łódka Poduszka Żyrafa Piernik Świetlik Guziczek
Åsa Søren Þóra Bjørn Øystein Ylva Håkon Elín Göran Sæunn
Lykt Paraply Kompass Tekanna Knapp Blyant Fyrtårn Kanelbulle Pepperkake Vante
Ayşe Çağlar Gül İlker Ömer Şirin Deniz Işıl Ufuk Ebru
Fener Şemsiye Çaydanlık Pusula Yastık Düğme Uçurtma Kayıkçık Kurabiye Ateşböceği
Amani Zuri Baraka Neema Jabali Imara Tumaini Juma Rehema Asha
Taa Mwavuli Kikombe Dira Mto Kalamu Kifungo Mashua Embe Kiberiti
Оля Тарас Ніна Данило Софія Марко Леся Іван Віра Юрко
Ліхтар Парасоля Чайник Компас Подушка Олівець Ґудзик Човен Маяк Гарбуз
Νίκος Ελένη Άρης Δάφνη Στέλιος Ίρις Θάνος Μυρτώ Λευτέρης Ζωή
Φανάρι Ομπρέλα Πυξίδα Μαξιλάρι Μολύβι Κουμπί Χαρταετός Βαρκάκι Μανταρίνι Τσαγιέρα
ليلى كريم سلمى يوسف نور هادي مريم سامي ريم طارق
فانوس مظلة إبريق بوصلة وسادة قلم شراع منارة مروحة قارب
נועה איתן תמר יואב מאיה אורי שירה גיל ליאור דנה
פנס מטריה קומקום מצפן כרית עיפרון כפתור עפיפון סירה מגדלור
연필 우산 등대 주전자 단추 나침반 호박 솜사탕 종이배 반딧불
하늘 보라 가온 나리 이든 다온 마루 소리 아라 한결
提灯 折紙 風鈴 切手 急須 かかし 団子 羅針盤 うちわ こけし
ハナ そら ユキ まこと ひなた レン あおい たくみ みお カイ
茶壶 灯笼 风筝 雨伞 竹笋 月饼 纸船 石榴 云朵 书签
小雨 明明 阿乐 思思 大山 晴晴 小北 安安 可可 子木
"""
"""Place by place a line of beginnings of names and one of endings; the last place writes no space between."""

_LINES = [line.split() for line in _NAMES.splitlines()]
BEGINNINGS = [f"{name} " for names in _LINES[:-2:2] for name in names] + _LINES[-2]
ENDINGS = [name for names in _LINES[1::2] for name in names]
ENDINGS_EACH = len(_LINES[1])
"""A name is a beginning and an ending of the same place; every place has so many of both."""

SHOPS = (
    "Lantern & Sons, Ltd",
    "Café Réverbère, Lyon",
    "Teapot, Inc.",
    "Kedai Payung, Ipoh",
    "O'Kettle's",
    "雨伞茶室",
    "Büroklammer GmbH",
    'The "Thimble" Tailors',
)
"""Contacts that are a business: commas, an apostrophe and quotation marks, as address books have them."""

EMOJI = ("🌻", "🎈", "☕", "🚲", "🐱", "✨", "🍉", "🌙")
"""What some people put behind their own name."""

LEFT_EARLY, LEFT_LATE = "48107", "48112"
LEFT = (LEFT_EARLY, LEFT_LATE)
"""Two users who were removed from the workspace, one after the other."""

_USERS = (
    ("48101", "Mei Lampu", 3),
    ("48102", "Daniel O'Kettle", 2),
    ("48103", "Zoë Réverbère", 2),
    ("48104", "Farah Payung", 2),
    ("48105", "風鈴 ケンジ", 1),
    ("48106", "Priya Patang", 1),
    ("48108", "Søren Kompass", 1),
    ("48109", "Tunde Kalamu", 1),
    ("48110", "Łucja Guzik", 1),
    (LEFT_LATE, None, 2),
    (LEFT_EARLY, "Gwen Thimble", 3),
)
"""The id of each user, the name in the directory, and a share of the users' work."""

WORK = {user: share for user, _, share in _USERS}
"""Who does how much of the users' work, while they are there."""


def sample_users() -> tuple[tuple[str, str], ...]:
    """The user directory that goes with the events, as (id, name); of the users LEFT it has only one."""
    return tuple(sorted((user, name) for user, name, _ in _USERS if name))
