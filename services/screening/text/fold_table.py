"""The frozen table by which look-alike characters fold: data, no behaviour.

Frozen, because a decision must come out the same under every build: another Python brings another Unicode.
`FOLDS` was made once, from Unicode 14: what NFKD takes apart into a printable ASCII character or a few ASCII
letters, and marks; then look-alikes and enclosed letters by hand. `CROSS` was put together by hand: letters
of other scripts that pass for Latin ones; they fold only beside Latin letters, so that real Russian or Greek
stays what it is. `DROPPED` is what nobody sees: format characters, marks over Latin letters, variation
selectors, fillers.

Each entry is what is read, then the characters that read so, as hexadecimal code points and ranges.
"""

from __future__ import annotations

from typing import Final

FOLDS: Final[dict[str, str]] = {
    " ": "a0 1680 2000-200a 202f 205f 3000",
    "!": "1c3 fe15 fe57 ff01",
    "!!": "203c",
    "!?": "2049",
    '"': "ab bb 201c-201f 2033 ff02",
    "#": "fe5f ff03",
    "$": "fe69 ff04",
    "%": "fe6a ff05",
    "&": "fe60 ff06",
    "'": "b4 2b9 2bc 374 1fef 2018-2019 201b 2032 ff07 ff40",
    "(": "207d 208d fe35 fe59 ff08",
    ")": "207e 208e fe36 fe5a ff09",
    "*": "204e 2217 2731 fe61 ff0a",
    "+": "207a 208a fb29 fe62 ff0b",
    ",": "fe10 fe50 ff0c",
    "-": "2010-2015 207b 208b 2212 fe31-fe32 fe58 fe63 ff0d",
    ".": "2024 3002 fe12 fe52 ff0e ff61",
    "..": "2025 fe30",
    "...": "2026 fe19",
    "/": "2044 2215 2571 ff0f",
    "0": "2070 2080 24ea 24ff ff10 1d7ce 1d7d8 1d7e2 1d7ec 1d7f6 1fbf0",
    "1": "b9 2081 2460 2474 2776 2780 ff11 1d7cf 1d7d9 1d7e3 1d7ed 1d7f7 1fbf1",
    "2": "b2 2082 2461 2475 ff12 1d7d0 1d7da 1d7e4 1d7ee 1d7f8 1fbf2",
    "3": "b3 2083 2462 2476 ff13 1d7d1 1d7db 1d7e5 1d7ef 1d7f9 1fbf3",
    "4": "2074 2084 2463 2477 ff14 1d7d2 1d7dc 1d7e6 1d7f0 1d7fa 1fbf4",
    "5": "2075 2085 2464 2478 ff15 1d7d3 1d7dd 1d7e7 1d7f1 1d7fb 1fbf5",
    "6": "2076 2086 2465 2479 ff16 1d7d4 1d7de 1d7e8 1d7f2 1d7fc 1fbf6",
    "7": "2077 2087 2466 247a ff17 1d7d5 1d7df 1d7e9 1d7f3 1d7fd 1fbf7",
    "8": "2078 2088 2467 247b ff18 1d7d6 1d7e0 1d7ea 1d7f4 1d7fe 1fbf8",
    "9": "2079 2089 2468 247c ff19 1d7d7 1d7e1 1d7eb 1d7f5 1d7ff 1fbf9",
    ":": "2236 fe13 fe55 ff1a",
    ";": "37e fe14 fe54 ff1b",
    "<": "226e fe64 ff1c",
    "=": "207c 208c 2260 fe66 ff1d",
    ">": "226f fe65 ff1e",
    "?": "fe16 fe56 ff1f",
    "?!": "2048",
    "??": "2047",
    "@": "fe6b ff20",
    "[": "fe47 ff3b",
    "\\": "fe68 ff3c",
    "]": "fe48 ff3d",
    "^": "ff3e",
    "_": "fe33-fe34 fe4d-fe4f ff3f",
    "a": (
        "aa c0-c5 e0-e5 100-105 1cd-1ce 1de-1e1 1fa-1fb 200-203 226-227 250-251 1d00 1d2c 1d43-1d45 "
        "1e00-1e01 1ea0-1eb7 2090 212b 2202 249c 24b6 24d0 2c65 ff21 ff41 1d400 1d41a 1d434 1d44e 1d468 "
        "1d482 1d49c 1d4b6 1d4d0 1d4ea 1d504 1d51e 1d538 1d552 1d56c 1d586 1d5a0 1d5ba 1d5d4 1d5ee "
        "1d608 1d622 1d63c 1d656 1d670 1d68a 1d6db 1d715 1d74f 1d789 1d7c3 1f110 1f130 1f150 1f170 "
        "1f1e6"
    ),
    "ae": "c6 e6 1e2-1e3 1fc-1fd 1d2d 10783",
    "au": "3373",
    "b": (
        "180 243 253 299 e3f 1d2e 1d47 1e02-1e07 212c 249d 24b7 24d1 ff22 ff42 10784-10785 1d401 1d41b "
        "1d435 1d44f 1d469 1d483 1d4b7 1d4d1 1d4eb 1d505 1d51f 1d539 1d553 1d56d 1d587 1d5a1 1d5bb "
        "1d5d5 1d5ef 1d609 1d623 1d63d 1d657 1d671 1d68b 1f111 1f131 1f151 1f171 1f1e7"
    ),
    "bar": "3374",
    "bq": "33c3",
    "c": (
        "a2 a9 c7 e7 106-10d 23c 254 1d04 1d53 1d9c 1e08-1e09 2102 212d 216d 217d 2184 249e 24b8 24d2 "
        "a7f2 ff23 ff43 ffe0 1d402 1d41c 1d436 1d450 1d46a 1d484 1d49e 1d4b8 1d4d2 1d4ec 1d520 1d554 "
        "1d56e 1d588 1d5a2 1d5bc 1d5d6 1d5f0 1d60a 1d624 1d63e 1d658 1d672 1d68c 1f112 1f12b 1f132 "
        "1f152 1f172 1f1e8"
    ),
    "cal": "3388",
    "cc": "33c4",
    "cd": "33c5 1f12d",
    "cm": "339d",
    "d": (
        "d0 f0 10e-111 256-257 1d05 1d30 1d48 1d9e 1e0a-1e13 2145-2146 216e 217e 249f 24b9 24d3 ff24 "
        "ff44 1078b-1078c 1d403 1d41d 1d437 1d451 1d46b 1d485 1d49f 1d4b9 1d4d3 1d4ed 1d507 1d521 1d53b "
        "1d555 1d56f 1d589 1d5a3 1d5bd 1d5d7 1d5f1 1d60b 1d625 1d63f 1d659 1d673 1d68d 1f113 1f133 "
        "1f153 1f173 1f1e9"
    ),
    "da": "3372",
    "db": "33c8",
    "dj": "1f190",
    "dl": "3397",
    "dm": "3377",
    "dz": "1c4-1c6 1f1-1f3",
    "e": (
        "c8-cb e8-eb 112-11b 18e-190 1dd 204-207 228-229 247 258-259 25b 1d07 1d31-1d32 1d49-1d4b "
        "1e14-1e1d 1eb8-1ec7 2091 2094 20ac 2107 212e-2130 2147 2203-2204 24a0 24ba 24d4 ff25 ff45 "
        "1078e 1d404 1d41e 1d438 1d452 1d46c 1d486 1d4d4 1d4ee 1d508 1d522 1d53c 1d556 1d570 1d58a "
        "1d5a4 1d5be 1d5d8 1d5f2 1d60c 1d626 1d640 1d65a 1d674 1d68e 1f114 1f134 1f154 1f174 1f1ea"
    ),
    "erg": "32cd",
    "ev": "32ce",
    "f": (
        "192 25f 1da0-1da1 1e1e-1e1f 2131 24a1 24bb 24d5 a730 a7f3 ff26 ff46 1d405 1d41f 1d439 1d453 "
        "1d46d 1d487 1d4bb 1d4d5 1d4ef 1d509 1d523 1d53d 1d557 1d571 1d58b 1d5a5 1d5bf 1d5d9 1d5f3 "
        "1d60d 1d627 1d641 1d65b 1d675 1d68f 1f115 1f135 1f155 1f175 1f1eb"
    ),
    "fax": "213b",
    "ff": "fb00",
    "ffi": "fb03",
    "ffl": "fb04",
    "fi": "fb01",
    "fl": "fb02",
    "fm": "3399",
    "g": (
        "11c-123 1e5-1e7 1f4-1f5 261-262 1d33 1d4d 1da2 1e20-1e21 210a 24a2 24bc 24d6 ff27 ff47 10792 "
        "1d406 1d420 1d43a 1d454 1d46e 1d488 1d4a2 1d4d6 1d4f0 1d50a 1d524 1d53e 1d558 1d572 1d58c "
        "1d5a6 1d5c0 1d5da 1d5f4 1d60e 1d628 1d642 1d65c 1d676 1d690 1f116 1f136 1f156 1f176 1f1ec"
    ),
    "gal": "33ff",
    "gb": "3387",
    "ghz": "3393",
    "gpa": "33ac",
    "gy": "33c9",
    "h": (
        "124-127 21e-21f 265-266 29c 2b0-2b1 1d34 1da3 1e22-1e2b 1e96 2095 210b-210f 24a3 24bd 24d7 "
        "a7f8 ff28 ff48 10795-10796 1d407 1d421 1d43b 1d46f 1d489 1d4bd 1d4d7 1d4f1 1d525 1d559 1d573 "
        "1d58d 1d5a7 1d5c1 1d5db 1d5f5 1d60f 1d629 1d643 1d65d 1d677 1d691 1f117 1f137 1f157 1f177 "
        "1f1ed"
    ),
    "ha": "33ca",
    "hg": "32cc",
    "hp": "33cb",
    "hpa": "3371",
    "hv": "1f14a",
    "hz": "3390",
    "i": (
        "cc-cf ec-ef 128-131 197 1cf-1d0 208-20b 268-26a 1d09 1d35 1d62 1da4-1da6 1e2c-1e2f 1ec8-1ecb "
        "2071 2110-2111 2139 2148 2160 2170 24a4 24be 24d8 ff29 ff49 1d408 1d422 1d43c 1d456 1d470 "
        "1d48a 1d4be 1d4d8 1d4f2 1d526 1d540 1d55a 1d574 1d58e 1d5a8 1d5c2 1d5dc 1d5f6 1d610 1d62a "
        "1d644 1d65e 1d678 1d692 1d6a4 1f118 1f138 1f158 1f178 1f1ee"
    ),
    "ii": "2161 2171",
    "iii": "2162 2172",
    "ij": "132-133",
    "in": "33cc",
    "iu": "337a",
    "iv": "2163 2173",
    "ix": "2168 2178",
    "j": (
        "134-135 1f0 237 249 27e 2b2 1d0a 1d36 2149 24a5 24bf 24d9 2c7c ff2a ff4a 107a9 1d409 1d423 "
        "1d43d 1d457 1d471 1d48b 1d4a5 1d4bf 1d4d9 1d4f3 1d50d 1d527 1d541 1d55b 1d575 1d58f 1d5a9 "
        "1d5c3 1d5dd 1d5f7 1d611 1d62b 1d645 1d65f 1d679 1d693 1d6a5 1f119 1f139 1f159 1f179 1f1ef"
    ),
    "k": (
        "136-137 199 1e8-1e9 29e 1d0b 1d37 1d4f 1e30-1e35 2096 212a 24a6 24c0 24da ff2b ff4b 1d40a "
        "1d424 1d43e 1d458 1d472 1d48c 1d4a6 1d4c0 1d4da 1d4f4 1d50e 1d528 1d542 1d55c 1d576 1d590 "
        "1d5aa 1d5c4 1d5de 1d5f8 1d612 1d62c 1d646 1d660 1d67a 1d694 1f11a 1f13a 1f15a 1f17a 1f1f0"
    ),
    "ka": "3384",
    "kb": "3385",
    "kcal": "3389",
    "kg": "338f",
    "khz": "3391",
    "kk": "33cd",
    "kl": "3398",
    "km": "339e 33ce",
    "kpa": "33aa",
    "kt": "33cf",
    "kv": "33b8",
    "kw": "33be",
    "l": (
        "139-13e 141-142 19a 26d 29f 2e1 1d38 1da9 1dab 1e36-1e3d 2097 2112-2113 216c 217c 24a7 24c1 "
        "24db 2c61 ff2c ff4c 1d40b 1d425 1d43f 1d459 1d473 1d48d 1d4c1 1d4db 1d4f5 1d50f 1d529 1d543 "
        "1d55d 1d577 1d591 1d5ab 1d5c5 1d5df 1d5f9 1d613 1d62d 1d647 1d661 1d67b 1d695 1f11b 1f13b "
        "1f15b 1f17b 1f1f1"
    ),
    "lj": "1c7-1c9",
    "lm": "33d0",
    "ln": "33d1",
    "log": "33d2",
    "ltd": "32cf",
    "lx": "33d3",
    "m": (
        "26f 1d0d 1d39 1d50 1d5a 1e3e-1e43 2098 20a5 2133 216f 217f 24a8 24c2 24dc ff2d ff4d 1d40c "
        "1d426 1d440 1d45a 1d474 1d48e 1d4c2 1d4dc 1d4f6 1d510 1d52a 1d544 1d55e 1d578 1d592 1d5ac "
        "1d5c6 1d5e0 1d5fa 1d614 1d62e 1d648 1d662 1d67c 1d696 1f11c 1f13c 1f15c 1f17c 1f1f2"
    ),
    "ma": "3383",
    "mb": "3386 33d4",
    "mc": "1f16a",
    "md": "1f16b",
    "mg": "338e",
    "mhz": "3392",
    "mil": "33d5",
    "ml": "3396",
    "mm": "339c",
    "mol": "33d6",
    "mpa": "33ab",
    "mr": "1f16c",
    "ms": "33b3",
    "mv": "33b7 33b9 1f14b",
    "mw": "33bd 33bf",
    "n": (
        "d1 f1 143-148 14a-14b 19e 1f8-1f9 272 274 1d3a 1d51 1dae 1db0 1e44-1e4b 207f 2099 20a6 2115 "
        "24a9 24c3 24dd ff2e ff4e 1d40d 1d427 1d441 1d45b 1d475 1d48f 1d4a9 1d4c3 1d4dd 1d4f7 1d511 "
        "1d52b 1d55f 1d579 1d593 1d5ad 1d5c7 1d5e1 1d5fb 1d615 1d62f 1d649 1d663 1d67d 1d697 1f11d "
        "1f13d 1f15d 1f17d 1f1f3"
    ),
    "na": "3381",
    "nf": "338b",
    "nj": "1ca-1cc",
    "nm": "339a",
    "no": "2116",
    "ns": "33b1",
    "nv": "33b5",
    "nw": "33bb",
    "o": (
        "ba d2-d6 d8 f2-f6 f8 14c-151 19f-1a1 1d1-1d2 1ea-1ed 1fe-1ff 20c-20f 22a-231 275 1d0f 1d3c "
        "1d52 1db1 1e4c-1e53 1ecc-1ee3 2092 2134 2205 24aa 24c4 24de ff2f ff4f 107a2 1d40e 1d428 1d442 "
        "1d45c 1d476 1d490 1d4aa 1d4de 1d4f8 1d512 1d52c 1d546 1d560 1d57a 1d594 1d5ae 1d5c8 1d5e2 "
        "1d5fc 1d616 1d630 1d64a 1d664 1d67e 1d698 1f11e 1f13e 1f15e 1f17e 1f1f4"
    ),
    "oe": "152-153 a7f9",
    "ov": "3375",
    "p": (
        "1a5 1d18 1d3e 1d56 1e54-1e57 209a 20b1 2119 24ab 24c5 24df ff30 ff50 1d40f 1d429 1d443 1d45d "
        "1d477 1d491 1d4ab 1d4c5 1d4df 1d4f9 1d513 1d52d 1d561 1d57b 1d595 1d5af 1d5c9 1d5e3 1d5fd "
        "1d617 1d631 1d64b 1d665 1d67f 1d699 1f11f 1f13f 1f15f 1f17f 1f1f5"
    ),
    "pa": "3380 33a9",
    "pc": "3376",
    "pf": "338a",
    "ph": "33d7",
    "ppm": "33d9",
    "ppv": "1f14e",
    "pr": "33da",
    "ps": "33b0",
    "pte": "3250",
    "pv": "33b4",
    "pw": "33ba",
    "q": (
        "24b 2a0 211a 24ac 24c6 24e0 a7f4 ff31 ff51 107a5 1d410 1d42a 1d444 1d45e 1d478 1d492 1d4ac "
        "1d4c6 1d4e0 1d4fa 1d514 1d52e 1d562 1d57c 1d596 1d5b0 1d5ca 1d5e4 1d5fe 1d618 1d632 1d64c "
        "1d666 1d680 1d69a 1f120 1f140 1f160 1f180 1f1f6"
    ),
    "r": (
        "ae 154-159 210-213 24d 279 280 2b3-2b4 1d3f 1d63 1e58-1e5f 211b-211d 24ad 24c7 24e1 ff32 ff52 "
        "107aa 1d411 1d42b 1d445 1d45f 1d479 1d493 1d4c7 1d4e1 1d4fb 1d52f 1d563 1d57d 1d597 1d5b1 "
        "1d5cb 1d5e5 1d5ff 1d619 1d633 1d64d 1d667 1d681 1d69b 1f121 1f12c 1f141 1f161 1f181 1f1f7"
    ),
    "rad": "33ad",
    "rs": "20a8",
    "s": (
        "a7 15a-161 17f 1a8 218-219 282 2e2 1db3 1e60-1e69 1e9b 209b 24ae 24c8 24e2 a731 ff33 ff53 "
        "1d412 1d42c 1d446 1d460 1d47a 1d494 1d4ae 1d4c8 1d4e2 1d4fc 1d516 1d530 1d54a 1d564 1d57e "
        "1d598 1d5b2 1d5cc 1d5e6 1d600 1d61a 1d634 1d64e 1d668 1d682 1d69c 1f122 1f142 1f162 1f182 "
        "1f1f8"
    ),
    "sd": "1f14c",
    "sm": "2120",
    "sr": "33db",
    "ss": "df 1e9e 1f14d",
    "st": "fb05-fb06",
    "sv": "33dc",
    "t": (
        "162-167 1ad 21a-21b 287 1d1b 1d40 1d57 1e6a-1e71 1e97 2020 209c 20ae 24af 24c9 24e3 ff34 ff54 "
        "1d413 1d42d 1d447 1d461 1d47b 1d495 1d4af 1d4c9 1d4e3 1d4fd 1d517 1d531 1d54b 1d565 1d57f "
        "1d599 1d5b3 1d5cd 1d5e7 1d601 1d61b 1d635 1d64f 1d669 1d683 1d69d 1f123 1f143 1f163 1f183 "
        "1f1f9"
    ),
    "tel": "2121",
    "th": "de fe",
    "thz": "3394",
    "tm": "2122",
    "u": (
        "d9-dc f9-fc 168-173 1af-1b0 1b2 1d3-1dc 214-217 289 1d1c 1d41 1d58 1d64 1db6 1db8 1e72-1e7b "
        "1ee4-1ef1 24b0 24ca 24e4 ff35 ff55 1d414 1d42e 1d448 1d462 1d47c 1d496 1d4b0 1d4ca 1d4e4 1d4fe "
        "1d518 1d532 1d54c 1d566 1d580 1d59a 1d5b4 1d5ce 1d5e8 1d602 1d61c 1d636 1d650 1d66a 1d684 "
        "1d69e 1f124 1f144 1f164 1f184 1f1fa"
    ),
    "v": (
        "28c 1d20 1d5b 1d65 1dba 1e7c-1e7f 2164 2174 221a 24b1 24cb 24e5 2c7d ff36 ff56 1d415 1d42f "
        "1d449 1d463 1d47d 1d497 1d4b1 1d4cb 1d4e5 1d4ff 1d519 1d533 1d54d 1d567 1d581 1d59b 1d5b5 "
        "1d5cf 1d5e9 1d603 1d61d 1d637 1d651 1d66b 1d685 1d69f 1f125 1f145 1f165 1f185 1f1fb"
    ),
    "vi": "2165 2175",
    "vii": "2166 2176",
    "viii": "2167 2177",
    "w": (
        "174-175 270 28d 2b7 1d21 1d42 1dad 1e80-1e89 1e98 20a9 24b2 24cc 24e6 ab69 ff37 ff57 ffe6 "
        "1d416 1d430 1d44a 1d464 1d47e 1d498 1d4b2 1d4cc 1d4e6 1d500 1d51a 1d534 1d54e 1d568 1d582 "
        "1d59c 1d5b6 1d5d0 1d5ea 1d604 1d61e 1d638 1d652 1d66c 1d686 1d6a0 1f126 1f146 1f166 1f186 "
        "1f1fc"
    ),
    "wb": "33dd",
    "wc": "1f14f",
    "wz": "1f12e",
    "x": (
        "d7 2e3 1e8a-1e8d 2093 2169 2179 24b3 24cd 24e7 2716-2718 ff38 ff58 1d417 1d431 1d44b 1d465 "
        "1d47f 1d499 1d4b3 1d4cd 1d4e7 1d501 1d51b 1d535 1d54f 1d569 1d583 1d59d 1d5b7 1d5d1 1d5eb "
        "1d605 1d61f 1d639 1d653 1d66d 1d687 1d6a1 1f127 1f147 1f167 1f187 1f1fd"
    ),
    "xi": "216a 217a",
    "xii": "216b 217b",
    "y": (
        "a5 dd fd ff 176-178 232-233 24f 28e-28f 2b8 1e8e-1e8f 1e99 1ef2-1ef9 24b4 24ce 24e8 ff39 ff59 "
        "ffe5 107a0 107b2 1d418 1d432 1d44c 1d466 1d480 1d49a 1d4b4 1d4ce 1d4e8 1d502 1d51c 1d536 1d550 "
        "1d56a 1d584 1d59e 1d5b8 1d5d2 1d5ec 1d606 1d620 1d63a 1d654 1d66e 1d688 1d6a2 1f128 1f148 "
        "1f168 1f188 1f1fe"
    ),
    "z": (
        "179-17e 1b6 290 1d22 1dbb-1dbc 1e90-1e95 2124 2128 24b5 24cf 24e9 ff3a ff5a 1d419 1d433 1d44d "
        "1d467 1d481 1d49b 1d4b5 1d4cf 1d4e9 1d503 1d537 1d56b 1d585 1d59f 1d5b9 1d5d3 1d5ed 1d607 "
        "1d621 1d63b 1d655 1d66f 1d689 1d6a3 1f129 1f149 1f169 1f189 1f1ff"
    ),
    "{": "fe37 fe5b ff5b",
    "|": "ff5c",
    "}": "fe38 fe5c ff5d",
    "~": "ff5e",
}

CROSS: Final[dict[str, str]] = {
    "3": "417 437",
    "a": "391 410 430 13aa",
    "b": "392 3b2 412 42c 432 44c 13f4",
    "c": "3f2 3f9 421 441 13df 13e3",
    "d": "500-501 13a0",
    "e": "395 3b5 404 415 435 454 13ac",
    "f": "3dc-3dd",
    "g": "50c-50d 581 13c0",
    "h": "397 41d 43d 4ba-4bb 570 13bb",
    "i": "399 3b9 406 456 13a5",
    "j": "408 458 13ab",
    "k": "39a 3ba 41a 43a 13e6",
    "l": "4c0 4cf 56c 13de",
    "m": "39c 41c 43c 13b7",
    "n": "39d 3b7 41f 43f 578",
    "o": "39f 3bf 3c3 41e 43e 555 585 966 ed0",
    "p": "3a1 3c1 420 440 13e2",
    "q": "51a-51b 566",
    "r": "413 433 13d2",
    "s": "405 455 54f 13da",
    "t": "3a4 3c4 422 442 13a2",
    "u": "3c5 54d 57d",
    "v": "3bd 474-475 13d9",
    "w": "3c9 428 448 51c-51d 13b3",
    "x": "3a7 3c7 425 445",
    "y": "3a5 3b3 423 443 4ae-4af 13a9",
    "z": "396 13c3",
}

DROPPED: Final = (
    "ad 300-36f 600-605 61c 6dd 70f 890-891 8e2 115f-1160 17b4-17b5 180e 1ab0-1aff 1dc0-1dff "
    "200b-200f 202a-202e 2060-2064 2066-206f 20d0-20ff 2800 3164 fe00-fe0f fe20-fe2f feff ffa0 "
    "fff9-fffb 110bd 110cd 13430-13438 1bca0-1bca3 1d173-1d17a e0001 e0020-e007f e0100-e01ef"
)
