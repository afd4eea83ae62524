#!/usr/bin/env python3
"""Tokenizers against a second implementation in Python: byte-pair encoding with the pre-tokenizers of GPT-2 and of Llama 3
and Qwen (scanned by hand, over Python's own tables of Unicode), and sentencepiece's unigram model (the best path by its
scores). The vocabularies are made here; 10 000 texts of words, code, digits, blanks and Unicode, each there and back.

    tokenizers.py ROUNDOFF FOLDER DUMP
"""
import collections
import json
import os
import random
import struct
import subprocess
import sys
import unicodedata

COUNT = 10_000
WORDS = """the of and to in is you that it he was for on are as with his they at be this have from or one had by word but not
what all were we when your can said there use an each which she do how their if will up other about out many then them these
so some her would make like him into time has look two more write go see number no way could people my than first water been
call who oil its now find long down day did get come made may part naïve café Straße Ünïcödé Привет мир γειά κόσμε 你好 世界
こんにちは 안녕하세요 ا ل ع ر ب ي ة हिन्दी ไทย 🙂 👩‍👩‍👧 é Å ﬁ ½ ² Ⅷ ①""".split()
CODE = ["def f(x):", "return x+1", "for (int i = 0; i < n; ++i) {", "}", "x->y", "a[i] = b[j];", "std::vector<int>", "// note",
        "'s", "'S", "'LL", "don't", "I'll", "WE'VE", "it's", "\"quoted\"", "#include <x>", "0xff", "--", "...", "$100", "€5"]
BLANKS = [" ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", " \n ", "\u00a0", "\u3000", "\u2003", "\x0b", "\x85", "\u2028"]


def texts(seed, count):
    draw = random.Random(seed)
    made = []
    for _ in range(count):
        parts = []
        for _ in range(draw.randint(1, 12)):
            kind = draw.random()
            if kind < 0.45:
                parts.append(draw.choice(WORDS))
            elif kind < 0.6:
                parts.append(draw.choice(CODE))
            elif kind < 0.7:
                parts.append(str(draw.randint(0, 10 ** draw.randint(1, 9))))
            elif kind < 0.75:
                parts.append("".join(chr(draw.choice([draw.randint(0x21, 0x24F), draw.randint(0x370, 0x5FF),
                                                      draw.randint(0x4E00, 0x4FFF), draw.randint(0x1F300, 0x1F5FF)]))
                                     for _ in range(draw.randint(1, 5))))
            parts.append(draw.choice(BLANKS) * draw.choice([1, 1, 1, 2, 5]) if draw.random() < 0.75 else "")
        text = "".join(c for c in "".join(parts) if unicodedata.category(c) != "Cn")
        made.append(text or "x")
    return made


# ---- pre-tokenizers, by hand ----


def letter(c):
    return unicodedata.category(c)[0] == "L"


def number(c):
    return unicodedata.category(c)[0] == "N"


def blank(c):
    """White_Space, which str.isspace exceeds by four separators."""
    return c.isspace() and c not in "\x1c\x1d\x1e\x1f"


def run(text, at, holds):
    while at < len(text) and holds(text[at]):
        at += 1
    return at


def other(c):
    return not blank(c) and not letter(c) and not number(c)


def blanks(text, at, ends):
    """\\s+(?!\\S) before \\s+: all but the last blank, where something follows."""
    end = run(text, at, blank)
    return end - 1 if end < len(text) and end - at > 1 else end


def gpt2_pieces(text):
    at, made = 0, []
    while at < len(text):
        end = None
        for ending in ("'s", "'d", "'m", "'t", "'ll", "'ve", "'re"):
            if text.startswith(ending, at):
                end = at + len(ending)
                break
        if end is None:
            start = at + 1 if text[at] == " " and at + 1 < len(text) and not blank(text[at + 1]) else at
            for holds in (letter, number, other):
                if holds(text[start]):
                    end = run(text, start, holds)
                    break
        if end is None:
            end = blanks(text, at, None)
        made.append(text[at:end])
        at = end
    return made


def llama3_pieces(text, digits):
    """(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"""
    at, made = 0, []
    while at < len(text):
        end = None
        low = text[at : at + 3].replace("\u017f", "s").lower()  # long s is another case of s
        for ending in ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d"):
            if low.startswith(ending):
                end = at + len(ending)
                break
        if end is None:
            c = text[at]
            start = at + 1 if c not in "\r\n" and not letter(c) and not number(c) else at
            if start < len(text) and letter(text[start]):
                end = run(text, start, letter)
        if end is None and number(text[at]):
            end = min(run(text, at, number), at + digits)
        if end is None:
            start = at + 1 if text[at] == " " else at
            if start < len(text) and other(text[start]):
                end = run(text, run(text, start, other), lambda c: c in "\r\n")
        if end is None:
            stop = run(text, at, blank)
            last = max((i for i in range(at, stop) if text[i] in "\r\n"), default=None)
            end = last + 1 if last is not None else blanks(text, at, None)
        made.append(text[at:end])
        at = end
    return made


# ---- byte-pair encoding ----


def byte_names():
    plain = list(range(ord("!"), ord("~") + 1)) + list(range(0xA1, 0xAD)) + list(range(0xAE, 0x100))
    names, extra = {}, 256
    for byte in range(256):
        if byte in plain:
            names[byte] = chr(byte)
        else:
            names[byte] = chr(extra)
            extra += 1
    return names


def train(pieces, names, merges):
    words = collections.Counter(tuple(names[b] for b in piece.encode()) for piece in pieces)
    made = []
    for _ in range(merges):
        pairs = collections.Counter()
        for word, times in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += times
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        made.append(best)
        joined = collections.Counter()
        for word, times in words.items():
            joined[tuple(join(word, best))] += times
        words = joined
    return made


def join(word, pair):
    made, i = [], 0
    while i < len(word):
        if i + 1 < len(word) and (word[i], word[i + 1]) == pair:
            made.append(word[i] + word[i + 1])
            i += 2
        else:
            made.append(word[i])
            i += 1
    return made


class Bpe:
    def __init__(self, cut, corpus, merges, whole_first=False):
        self.names, self.cut, self.whole_first, self.known = byte_names(), cut, whole_first, {}
        self.merges = train([piece for text in corpus for piece in cut(text)], self.names, merges)
        words = list(self.names.values()) + [a + b for a, b in self.merges]
        self.vocabulary = {}
        for word in words:
            self.vocabulary.setdefault(word, len(self.vocabulary))
        self.rank = {}
        for rank, pair in enumerate(self.merges):
            self.rank.setdefault(pair, rank)

    def encode(self, text, special=()):
        ids = []
        at = 0
        while special and at < len(text):
            found = min(((text.find(s, at), -len(s), s) for s in special if text.find(s, at) >= 0), default=None)
            if not found:
                break
            ids += self.plain(text[at : found[0]]) + [special[found[2]]]
            at = found[0] + len(found[2])
        return ids + self.plain(text[at:])

    def plain(self, text):
        ids = []
        for piece in self.cut(text):
            if piece not in self.known:
                word = [self.names[b] for b in piece.encode()]
                if self.whole_first and "".join(word) in self.vocabulary:
                    word = ["".join(word)]
                while True:
                    ranked = [self.rank[pair] for pair in zip(word, word[1:]) if pair in self.rank]
                    if not ranked:
                        break
                    word = join(word, self.merges[min(ranked)])
                self.known[piece] = [self.vocabulary[part] for part in word]
            ids += self.known[piece]
        return ids


LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")


def tokenizer_json(bpe, expression, normalizer, special):
    return {"version": "1.0", "added_tokens": [{"id": i, "content": s, "single_word": False, "lstrip": False, "rstrip": False,
                                                "normalized": False, "special": True} for s, i in special.items()],
            "normalizer": normalizer,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": False},
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]},
            "post_processor": None, "decoder": {"type": "ByteLevel"},
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "byte_fallback": False,
                      "ignore_merges": bpe.whole_first, "vocab": bpe.vocabulary,
                      "merges": [f"{a} {b}" for a, b in bpe.merges] if bpe.whole_first else [[a, b] for a, b in bpe.merges]}}


# ---- sentencepiece ----


def varint(number):
    made = b""
    while number > 127:
        made += bytes([number & 127 | 128])
        number >>= 7
    return made + bytes([number])


def field(number, value):
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def write_model(path, pieces):
    """sentencepiece_model.proto: pieces (piece, score, type), trainer_spec, normalizer_spec."""
    data = b""
    for text, score, kind in pieces:
        data += field(1, field(1, text.encode()) + field(2, float(score)) + field(3, kind))
    data += field(2, field(3, 1) + field(35, 1))  # unigram, byte_fallback
    data += field(3, field(1, b"identity") + field(3, 1) + field(4, 0) + field(5, 1))
    with open(path, "wb") as file:
        file.write(data)


def unigram_pieces(corpus):
    pieces = [("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3)] + [(f"<0x{b:02X}>", 0, 6) for b in range(256)]
    counts = collections.Counter()
    for text in corpus:
        text = "\u2581" + text.replace(" ", "\u2581")
        for size in range(1, 7):
            for i in range(len(text) - size + 1):
                counts[text[i : i + size]] += 1
    draw = random.Random(7)
    kept = [part for part, times in counts.most_common(1500) if "\0" not in part]
    # Scores are multiples of 2^-10 below 8: sums of paths are exact in binary32. Of equal paths the longer last piece wins.
    return pieces + [(part, -draw.randint(1 << 10, 1 << 13) / 1024, 1) for part in kept]


def best_path(text, pieces):
    scores = {part: (struct.unpack("<f", struct.pack("<f", score))[0], i)
              for i, (part, score, kind) in enumerate(pieces) if kind == 1}
    text = "\u2581" + text.replace(" ", "\u2581")
    unknown = min(score for score, _ in scores.values()) - 10
    best = [(0.0, None, None)] + [None] * len(text)
    for end in range(1, len(text) + 1):
        for size in range(min(end, 8), 0, -1):
            part = text[end - size : end]
            if part not in scores and size > 1:
                continue
            score, token = scores.get(part, (unknown, None))
            total = best[end - size][0] + score
            if best[end] is None or total > best[end][0]:
                best[end] = (total, end - size, token)
    made, end = [], len(text)
    while end > 0:
        _, start, token = best[end]
        made = ([token] if token is not None else [3 + b for b in text[start:end].encode()]) + made
        end = start
    return made


def compare(name, dump, folder, wanted, samples, bad, round_trip=True):
    path = os.path.join(folder, "samples")
    with open(path, "wb") as file:
        file.write(b"\0".join(text.encode() for text in samples))
    done = subprocess.run([dump, "tokens", os.path.join(folder, name), path], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{name}: {done.stderr}")
    lines = done.stdout.splitlines()
    wrong = 0
    for text, line in zip(samples, lines):
        same, *ids = line.split(" ")
        want = wanted(text)
        if [int(i) for i in ids if i] != want or (round_trip and same != "1"):
            wrong += 1
            if wrong <= 3:
                bad.append(f"{name}: {text!r}: {ids} and not {want}, there and back {same}")
    if len(lines) != len(samples) or wrong:
        bad.append(f"{name}: {wrong} of {len(samples)} texts differ ({len(lines)} lines)")
    print(f"{name}: {len(samples)} texts")


def main():
    folder, dump = sys.argv[2:4]
    os.makedirs(folder, exist_ok=True)
    bad, corpus, samples = [], texts(1, 300), texts(2, COUNT)

    def here(name):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        return lambda file: open(os.path.join(folder, name, file), "w", encoding="utf-8")

    gpt2 = Bpe(gpt2_pieces, corpus, 300)
    gpt2.vocabulary["<|endoftext|>"] = len(gpt2.vocabulary)
    write = here("gpt2")
    with write("vocab.json") as file:
        json.dump(gpt2.vocabulary, file)
    with write("merges.txt") as file:
        file.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in gpt2.merges))
    compare("gpt2", dump, folder, gpt2.encode, samples, bad)

    llama = Bpe(lambda text: llama3_pieces(text, 3), corpus, 300, whole_first=True)
    special = {"<|begin|>": len(llama.vocabulary), "<|end|>": len(llama.vocabulary) + 1}
    with here("llama3")("tokenizer.json") as file:
        json.dump(tokenizer_json(llama, LLAMA3, None, special), file)
    marked = [text if i % 5 else text[: len(text) // 2] + "<|begin|>" + text[len(text) // 2 :] for i, text in enumerate(samples)]
    compare("llama3", dump, folder, lambda text: llama.encode(text, special), marked, bad)

    qwen = Bpe(lambda text: llama3_pieces(text, 1), corpus, 300)
    with here("qwen")("tokenizer.json") as file:
        json.dump(tokenizer_json(qwen, QWEN, {"type": "NFC"}, {}), file)
    compare("qwen", dump, folder, lambda text: qwen.encode(unicodedata.normalize("NFC", text)), samples, bad, round_trip=False)

    pieces = unigram_pieces(corpus)
    here("unigram")
    write_model(os.path.join(folder, "unigram", "tokenizer.model"), pieces)
    compare("unigram", dump, folder, lambda text: best_path(text, pieces), samples, bad)
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
