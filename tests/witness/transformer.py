"""A transformer's forward pass from the definitions alone, in exact fractions: an independent opinion.

Written from the definitions of docs (every operation is the exact result, rounded once; sums in a stated order), with
Python's own library, and without a look at the program. Small and slow. Formats: fixed(i,f), twos(i,f), float(e,p), ties
to even. A number is a Fraction, or MINUS_ZERO. What overflows a float is no number here: TooLarge.
"""
from decimal import Decimal, localcontext
from fractions import Fraction
import re


class TooLarge(Exception):
    pass


class MinusZero:
    def __repr__(self):
        return "-0"


MINUS_ZERO = MinusZero()
ZERO = Fraction(0)


def exact(x):
    return ZERO if x is MINUS_ZERO else x


def negative(x):
    return x is MINUS_ZERO or x < 0


def floor_lg(x):
    """The largest e with 2^e <= x."""
    e = x.numerator.bit_length() - x.denominator.bit_length()
    return e if Fraction(2) ** e <= x else e - 1


def to_even(x):
    """The integer next to x, the even one of two."""
    low = x.numerator // x.denominator
    rest = x - low
    return low + (1 if rest > Fraction(1, 2) or rest == Fraction(1, 2) and low % 2 else 0)


class Format:
    def __init__(self, notation):
        self.kind, a, b = re.fullmatch(r"(fixed|twos|float)\((\d+),(\d+)\)", notation).groups()
        self.a, self.b = int(a), int(b)

    def round(self, x, sign=False):
        """`sign`: of the exact result, where that is a zero or may become one."""
        if self.kind != "float":
            unit = Fraction(1, 2**self.b)
            most = 2 ** (self.a + self.b) - 1
            least = -most if self.kind == "fixed" else -most - 1
            return min(max(to_even(x / unit), least), most) * unit
        bias = 2 ** (self.a - 1) - 1
        if x != 0:
            step = Fraction(2) ** (max(floor_lg(abs(x)), 1 - bias) - self.b + 1)
            y = to_even(x / step) * step
            if abs(y) > (2 - Fraction(2) ** (1 - self.b)) * Fraction(2) ** bias:
                raise TooLarge()
            sign, x = x < 0, y
        return MINUS_ZERO if x == 0 and sign else x

    def add(self, x, y):
        both = x is MINUS_ZERO and y is MINUS_ZERO
        return self.round(exact(x) + exact(y), both)

    def sub(self, x, y):
        return self.add(x, self.negated(y))

    def negated(self, x):
        if exact(x) == 0:
            return ZERO if x is MINUS_ZERO or self.kind != "float" else MINUS_ZERO
        return -x

    def mul(self, x, y):
        return self.round(exact(x) * exact(y), negative(x) != negative(y))

    def div(self, x, y):
        if exact(y) == 0:
            raise TooLarge()
        return self.round(exact(x) / exact(y), negative(x) != negative(y))

    def fma(self, x, y, s):
        product = exact(x) * exact(y)
        minus = negative(x) != negative(y)
        total = product + exact(s)
        return self.round(total, minus and s is MINUS_ZERO if product == 0 and exact(s) == 0 else False)

    def exp(self, x):
        """Both ends of an interval around e^x, far narrower than any gap, must round alike."""
        x = exact(x)
        if x == 0:
            return self.round(Fraction(1))
        with localcontext() as context:
            context.prec = 80
            context.Emin, context.Emax = -10**9, 10**9
            y = (Decimal(x.numerator) / Decimal(x.denominator)).exp()  # a dyadic x has fewer digits
            ends = [Fraction(y * (1 + d)) for d in (Decimal("-1e-70"), Decimal("1e-70"))]
        low, high = (self.round(end) for end in ends)
        assert low == high
        return low


class Transformer:
    """Of a model file's JSON. `size` has n and N, of which repetitions are expressions."""

    def __init__(self, model, semantics, size):
        self.model, self.f, self.how = model, Format(model["format"]), semantics
        self.layers = []
        for item in model["layers"]:
            group = item["layers"] if "layers" in item else [item]
            self.layers += group * (REPEATS[item["repeat"]](size) if "repeat" in item else 1)

    def weight(self, x):
        return self.f.round(Fraction(x))

    def sum(self, terms):
        if self.how["order"] == "tree" and len(terms) > 1:
            half = 1
            while 2 * half < len(terms):
                half *= 2
            return self.f.add(self.sum(terms[:half]), self.sum(terms[half:]))
        s = terms[0]
        for term in terms[1:]:
            s = self.f.add(s, term)
        return s

    def dot(self, x, y):
        if self.how["dot"] == "fused":
            s = self.f.mul(x[0], y[0])
            for a, b in list(zip(x, y))[1:]:
                s = self.f.fma(a, b, s)
            return s
        return self.sum([self.f.mul(a, b) for a, b in zip(x, y)])

    def linear(self, rows, bias, x):
        y = [self.dot([self.weight(w) for w in row], x) for row in rows]
        return y if bias is None else [self.f.add(a, self.weight(b)) for a, b in zip(y, bias)]

    def run(self, tokens):
        """{(layer, site, position, head, key, index): number}, as traces have them, and the choices."""
        f, seen = self.f, {}

        def note(layer, site, position, values, head=None):
            for i, v in enumerate(values):
                seen[layer, site, position, None, None, i] = v
            return values

        x = []
        for i, t in enumerate(tokens):
            e = [self.weight(w) for w in self.model["tok_emb"][t]]
            if "pos_emb" in self.model:
                e = [f.add(a, self.weight(w)) for a, w in zip(e, self.model["pos_emb"][i])]
            x.append(note(-1, "emb", i, e))
        for number, layer in enumerate(self.layers):
            if "W_Q" in layer:
                x = self.attention(number, layer, x, note, seen)
            if "W_1" in layer:
                for i, stream in enumerate(x):
                    pre = note(number, "pre", i, self.linear(layer["W_1"], layer.get("b_1"), stream))
                    act = note(number, "act", i, [ZERO if negative(v) else v for v in pre])
                    ffn = note(number, "ffn", i, self.linear(layer["W_2"], layer.get("b_2"), act))
                    x[i] = note(number, "out", i, [f.add(a, b) for a, b in zip(stream, ffn)])
        choices = []
        for i, stream in enumerate(x):
            logits = note(-1, "logits", i, self.linear(self.model["W_U"], self.model.get("b_U"), stream))
            choices.append(max(range(len(logits)), key=lambda t: (exact(logits[t]), -t)))
        return seen, choices

    def attention(self, number, layer, x, note, seen):
        f, heads = self.f, layer["n_heads"]
        q, k, v = ([note(number, s.lower(), i, self.linear(layer[f"W_{s}"], layer.get(f"b_{s}"), stream))
                    for i, stream in enumerate(x)] for s in "QKV")
        d_k, d_v = len(q[0]) // heads, len(v[0]) // heads
        made = []
        for i, stream in enumerate(x):
            visible = {"causal": i + 1, "strict": i, "none": len(x)}[self.how["mask"]]
            out = []
            for h in range(heads):
                part = lambda row: row[h * d_k : (h + 1) * d_k]
                score = [self.dot(part(q[i]), part(k[j])) for j in range(visible)]
                if "scale" in layer:
                    score = [f.mul(s, self.weight(layer["scale"])) for s in score]
                for j, s in enumerate(score):
                    seen[number, "score", i, h, j, None] = s
                if not visible:
                    out += [ZERO] * d_v
                    continue
                if self.how["softmax"] == "stable":
                    most = max(score, key=exact)
                    score = [f.sub(s, most) for s in score]
                e = [f.exp(s) for s in score]
                z = self.sum(e)
                for j, one in enumerate(e):
                    seen[number, "exp", i, h, j, None] = one
                seen[number, "z", i, h, None, None] = z
                if self.how["divide"] == "first":
                    e = [f.div(one, z) for one in e]
                    for j, one in enumerate(e):
                        seen[number, "weight", i, h, j, None] = one
                for t in range(d_v):
                    o = self.dot(e, [v[j][h * d_v + t] for j in range(visible)])
                    o = o if self.how["divide"] == "first" else f.div(o, z)
                    seen[number, "head", i, None, None, h * d_v + t] = o
                    out.append(o)
            attn = note(number, "attn", i, self.linear(layer["W_O"], layer.get("b_O"), out))
            made.append(note(number, "mid", i, [f.add(a, b) for a, b in zip(stream, attn)]))
        return made


REPEATS = {"2": lambda s: 2, "3": lambda s: 3, "n": lambda s: s["n"], "N-3": lambda s: s["N"] - 3,
           "ceil(lg(n))": lambda s: (s["n"] - 1).bit_length(), "ceil(N/4)": lambda s: -(-s["N"] // 4)}
