# ruff: noqa: E501 - tables of words; a line is one entry and its spellings
"""Spellings of countries that the CLDR does not have: ISO's formal names, the trade's short forms, former and everyday names."""

from __future__ import annotations

VARIANTS = """
AE: UAE, U A E, Emirates, United Arab Emirates the, UAE Dubai, VAE
BA: Bosnia, Bosnia Herzegovina, Bosnia and Hercegovina
BN: Brunei Darussalam
AT: Oesterreich
BO: Bolivia Plurinational State of, Plurinational State of Bolivia
BQ: Bonaire, Bonaire Sint Eustatius and Saba, Caribbean Netherlands
BY: Belorussia, Byelorussia
CC: Cocos Islands
CD: Congo Democratic Republic of the, Democratic Republic of the Congo, Democratic Republic of Congo, Congo the Democratic Republic of the, DR Congo, DRC, Zaire, Congo Kinshasa
CG: Congo, Republic of the Congo, Republic of Congo, Congo Brazzaville
CI: Ivory Coast, Cote d Ivoire, Cote dIvoire
CN: Peoples Republic of China, People s Republic of China, PR China, P R China, PRC, Mainland China, China Mainland
CV: Cape Verde, Cabo Verde
CZ: Czech Republic, Czechia, The Czech Republic, Tschechische Republik, CSR
DE: Federal Republic of Germany, BRD, West Germany, Bundesrepublik Deutschland
DO: Dominican Rep, Dominican Republic
EH: Western Sahara
FK: Falkland Islands Malvinas, Falklands, Malvinas
FM: Micronesia Federated States of, Federated States of Micronesia, Micronesia
FO: Faroes, Faeroe Islands
GB: UK, U K, Great Britain, Britain, England, Scotland, Wales, Northern Ireland, United Kingdom of Great Britain and Northern Ireland, United Kingdom UK, Großbritannien, Grande Bretagne, Gran Bretaña, Gran Bretagna, Grã Bretanha, Groot Brittannië, Angleterre, Inglaterra, Inghilterra, GB UK
GM: Gambia the, The Gambia
GR: EL, Hellas, Hellenic Republic, Ellada
HK: Hong Kong SAR, Hong Kong SAR China, Hongkong, Hong Kong China, Hong Kong S A R, HKSAR
IE: Eire, Republic of Ireland, Irish Republic
IR: Iran Islamic Republic of, Islamic Republic of Iran, Persia
IT: Italian Republic
KM: Comores
KN: St Kitts and Nevis, Saint Kitts Nevis
KP: North Korea, Korea Democratic Peoples Republic of, Korea Democratic People s Republic of, Democratic Peoples Republic of Korea, DPRK, Korea North
KR: South Korea, Korea Republic of, Republic of Korea, Korea, Korea South, ROK, S Korea, Korea Rep
LA: Laos, Lao Peoples Democratic Republic, Lao People s Democratic Republic, Lao PDR
LC: St Lucia
LY: Libyan Arab Jamahiriya, State of Libya
MD: Moldova Republic of, Republic of Moldova
MF: Saint Martin French part, St Martin
MK: Macedonia, North Macedonia, Republic of North Macedonia, Macedonia the former Yugoslav Republic of, FYROM, Former Yugoslav Republic of Macedonia
MM: Burma, Myanmar, Myanmar Burma
MO: Macau, Macao, Macau SAR, Macao SAR, Macao SAR China
MX: Mexico City Mexico, Estados Unidos Mexicanos
NL: Holland, The Netherlands, Netherlands the, Kingdom of the Netherlands
NZ: Aotearoa, New Zealand Aotearoa
PH: The Philippines, Philippines the, Phillipines, Philipines
PL: Republic of Poland
PN: Pitcairn
PS: Palestine, Palestine State of, State of Palestine, Palestinian Territory, Palestinian Territories, Palestinian Territory Occupied
RE: Reunion
RU: Russia, Russian Federation, Russian Fed
SH: Saint Helena Ascension and Tristan da Cunha
SK: Slovak Republic, Slovakia Slovak Republic
SM: Republic of San Marino
ST: Sao Tome and Principe
SV: Salvador El
SX: Sint Maarten Dutch part
SY: Syria, Syrian Arab Republic
SZ: Swaziland, Eswatini
TL: East Timor, Timor Leste
TR: Turkey, Türkiye, Turkiye, Republic of Turkey, Republic of Türkiye
TT: Trinidad, Trinidad Tobago
TW: Taiwan, Taiwan Province of China, Taiwan ROC, Taiwan R O C, Republic of China, Chinese Taipei, Taiwan Republic of China
TZ: Tanzania United Republic of, United Republic of Tanzania
US: USA, U S, U S A, United States of America, The United States, The United States of America, United States USA, United States US, America, US of A, United State, Unites States, EUA, EE UU, EEUU, Etats Unis d Amérique, Estados Unidos de América, Vereinigte Staaten von Amerika, Stati Uniti d America, Verenigde Staten van Amerika, États Unis
VA: Holy See, Vatican, Vatican City, Vatican City State, Holy See Vatican City State
VC: St Vincent and the Grenadines
VE: Venezuela Bolivarian Republic of, Bolivarian Republic of Venezuela
VG: Virgin Islands British, British Virgin Islands, BVI
VI: Virgin Islands U S, US Virgin Islands, Virgin Islands US, USVI
VN: Vietnam, Viet Nam, Socialist Republic of Vietnam
XK: Kosovo, Republic of Kosovo
ZA: RSA, Republic of South Africa, S Africa
"""
"""Two-letter code to spellings, read as words (case, accents and punctuation do not matter)."""

LANGUAGES: tuple[str, ...] = (
    "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "nb", "fi", "cs", "tr", "ru", "ja", "zh", "ko", "ar",
    "hu", "ro", "el", "he", "uk", "hr", "sk", "ca", "zh_Hant", "pt_PT",
)  # fmt: skip
"""CLDR locales whose names of countries are known beside English, in the order in which they win a spelling that two countries share."""

OTHER_SCRIPTS: tuple[str, ...] = ("ru", "ja", "zh", "ko", "ar", "el", "he", "uk", "zh_Hant")
"""Those of `LANGUAGES` that write no country's name in Latin letters alone, in the same order; a test holds them to it."""

NOT_COUNTRIES = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])
"""Two-letter territories of the CLDR that ISO 3166-1 reserves or that are no country; Kosovo (XK) is kept, as the trade uses it."""
