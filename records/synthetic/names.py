"""Names of people who do not exist: Chinese characters with a passport-style spelling beside each."""

from __future__ import annotations

import re
from random import Random
from typing import NamedTuple

MALE, FEMALE = "男", "女"


class Name(NamedTuple):
    """A name as the template wants it: Chinese and in passport spelling (`Wang, Hsiao-Ming`)."""

    chinese: str
    english: str


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """`志Chih 明Ming` → (("志", "Chih"), ("明", "Ming"))."""
    return tuple(re.fullmatch(r"([^A-Za-z]+)([A-Za-z -]+)", item).groups() for item in text.split())


# The first ones bear most of Taiwan's people: the weights fall with the rank.
SURNAMES = _pairs(
    "陳Chen 林Lin 黃Huang 張Chang 李Lee 王Wang 吳Wu 劉Liu 蔡Tsai 楊Yang 許Hsu 鄭Cheng 謝Hsieh 郭Kuo "
    "洪Hung 邱Chiu 曾Tseng 廖Liao 賴Lai 徐Hsu 周Chou 葉Yeh 蘇Su 莊Chuang 呂Lu 江Chiang 何Ho 蕭Hsiao "
    "羅Lo 高Kao 潘Pan 簡Chien 朱Chu 鍾Chung 游Yu 彭Peng 詹Chan 胡Hu 施Shih 沈Shen 余Yu 趙Chao 盧Lu "
    "梁Liang 顏Yen 柯Ke 翁Weng 魏Wei 孫Sun 戴Tai 范Fan 方Fang 宋Sung 鄧Teng 杜Tu 傅Fu 侯Hou 曹Tsao "
    "薛Hsueh 丁Ting 卓Cho 馬Ma 董Tung 溫Wen 唐Tang 藍Lan 石Shih 蔣Chiang 古Ku 紀Chi 姚Yao 連Lien "
    "馮Feng 歐Ou 程Cheng 湯Tang 田Tien 康Kang 姜Chiang 汪Wang 白Pai 鄒Tsou 尤Yu 巫Wu 黎Li 涂Tu 龔Kung "
    "嚴Yen 韓Han 袁Yuan 金Chin 童Tung 陸Lu 夏Hsia 歐陽Ou-Yang 范姜Fan-Chiang 張簡Chang-Chien "
    "司徒Szu-Tu 上官Shang-Kuan 張廖Chang-Liao"
)
_SURNAME_WEIGHTS = [100 / (rank + 4) for rank in range(len(SURNAMES))]

_MALE_CHARACTERS = _pairs(
    "志Chih 明Ming 俊Chun 傑Chieh 宏Hung 偉Wei 建Chien 家Chia 豪Hao 文Wen 彥Yen 廷Ting 柏Po 翰Han "
    "承Cheng 冠Kuan 宇Yu 軒Hsuan 哲Che 維Wei 信Hsin 榮Jung 國Kuo 正Cheng 政Cheng 智Chih 育Yu 仁Jen "
    "源Yuan 勝Sheng 凱Kai 銘Ming 宗Tsung 憲Hsien 皓Hao 毅Yi 昇Sheng 鴻Hung 賢Hsien 祥Hsiang 達Ta "
    "誠Cheng 慶Ching 瑋Wei 霖Lin 佑Yu 恩En 睿Jui 澤Tse 隆Lung 輝Hui 德Te 興Hsing 雄Hsiung 義Yi 樹Shu "
    "崇Chung 峻Chun 鈞Chun 翔Hsiang 辰Chen 威Wei 子Tzu 孟Meng 士Shih 書Shu 耀Yao 昌Chang"
)
_FEMALE_CHARACTERS = _pairs(
    "淑Shu 惠Hui 美Mei 雅Ya 婷Ting 怡Yi 君Chun 佳Chia 慧Hui 玲Ling 芬Fen 雯Wen 欣Hsin 穎Ying 宜Yi "
    "靜Ching 如Ju 詩Shih 涵Han 珊Shan 佩Pei 瑜Yu 筱Hsiao 心Hsin 品Pin 妤Yu 思Ssu 婕Chieh 琪Chi 鈺Yu "
    "萱Hsuan 瑩Ying 麗Li 華Hua 秀Hsiu 英Ying 玉Yu 珍Chen 月Yueh 嘉Chia 馨Hsin 儀Yi 蓉Jung 曉Hsiao "
    "芳Fang 郁Yu 庭Ting 安An 羽Yu 蕙Hui 琳Lin 敏Min 貞Chen 容Jung 依Yi 宛Wan 倩Chien 薇Wei 潔Chieh "
    "瓊Chiung 秋Chiu 春Chun 素Su 巧Chiao 晴Ching 昀Yun 若Jo 子Tzu 書Shu 憶Yi"
)
# Outside Big5 or outside the base plane: they have to survive every step.
_RARE_CHARACTERS = _pairs("堃Kun 喆Che 犇Pen 㐱Chen 燊Shen 淼Miao 垚Yao 峯Feng 𤋮Hsi")
_CHARACTERS = {MALE: _MALE_CHARACTERS, FEMALE: _FEMALE_CHARACTERS}

_INDIGENOUS_FIRST = _pairs("拉告Lakaw 瓦旦Watan 尤命Yumin 伊萬Iwan 巴奈Panay 比黛Pitay 達駭Tahay 娥妮Oni")
_INDIGENOUS_SECOND = _pairs("撒雅Saya 比令Piling 古拉斯Kulas 哈勇Hayung 馬紹Masao 努敏Numin 法拉漢Falahan")


def make_name(random: Random, sex: str) -> Name:
    """A name for a person of Taiwan; 1 in 100 is an indigenous one with its `‧`."""
    if random.random() < 0.01:
        (first, first_latin), (second, second_latin) = (
            random.choice(_INDIGENOUS_FIRST),
            random.choice(_INDIGENOUS_SECOND),
        )
        return Name(f"{first}‧{second}", f"{first_latin} {second_latin}")
    surname, surname_latin = random.choices(SURNAMES, _SURNAME_WEIGHTS)[0]
    given = [_given_character(random, sex) for _ in range(1 if random.random() < 0.06 else 2)]
    return Name(
        surname + "".join(character for character, _ in given),
        f"{surname_latin}, {'-'.join(latin for _, latin in given)}",
    )


def _given_character(random: Random, sex: str) -> tuple[str, str]:
    return random.choice(_RARE_CHARACTERS if random.random() < 0.005 else _CHARACTERS[sex])
