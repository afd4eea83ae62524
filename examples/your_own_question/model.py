"""A transformer by named registers, as model JSON: what the generators beside this file share.

    m = Model("name", vocab, positions)
    x, y = m.register("x"), m.register("y")
    m.token("a", x, 1); m.position(3, y, 1)
    layer = m.layer(); layer.head(queries, keys, values, "hard_first"); layer.unit({x: 1}, -1, {y: 2})
    m.logit("a", {y: 1}); print(m.json(task, format))

A model without positions, or with positions that repeat (periodic), reads words of every length.
"""
import json


class Layer:
    def __init__(self, size):
        self.size, self.heads, self.units, self.weighting = size, [], [], "softmax"

    def head(self, queries, keys, values, weighting="softmax"):
        """queries, keys: registers pairwise multiplied and added (none: every score is 0); values: {from: to}."""
        self.heads.append((queries, keys, values))
        self.weighting = weighting

    def unit(self, weights, bias, writes):
        """relu(sum of weights[register] * register + bias), times writes[register], is added to registers."""
        self.units.append((weights, bias, writes))

    def json(self):
        d, fields = self.size(), {}
        rows = lambda count: [[0] * d for _ in range(count)]
        if self.heads:
            keys = max(1, max(len(q) for q, _, _ in self.heads))
            values = max(len(v) for _, _, v in self.heads)
            query, key, value = rows(keys * len(self.heads)), rows(keys * len(self.heads)), rows(values * len(self.heads))
            output = [[0] * (values * len(self.heads)) for _ in range(d)]
            for h, (queries, to, moved) in enumerate(self.heads):
                for i, (q, k) in enumerate(zip(queries, to)):
                    query[h * keys + i][q] = 1
                    key[h * keys + i][k] = 1
                for i, (source, target) in enumerate(moved.items()):
                    value[h * values + i][source] = 1
                    output[target][h * values + i] = 1
            fields.update(n_heads=len(self.heads), W_Q=query, W_K=key, W_V=value, W_O=output)
            if self.weighting != "softmax":
                fields["weighting"] = self.weighting
        if self.units:
            into, out = rows(len(self.units)), [[0] * len(self.units) for _ in range(d)]
            for u, (weights, _, writes) in enumerate(self.units):
                for register, weight in weights.items():
                    into[u][register] = weight
                for register, weight in writes.items():
                    out[register][u] = weight
            fields.update(W_1=into, b_1=[bias for _, bias, _ in self.units], W_2=out, act="relu")
        return fields


class Model:
    def __init__(self, name, vocab, positions=0, periodic=False):
        self.name, self.vocab, self.positions, self.periodic = name, vocab, positions, periodic
        self.names, self.tokens, self.places, self.layers, self.logits = [], [], [], [], []

    def register(self, name):
        self.names.append(name)
        return len(self.names) - 1

    def registers(self, name, count):
        return [self.register(f"{name} {i}") for i in range(count)]

    def token(self, token, register, value):
        self.tokens.append((self.vocab.index(token), register, value))

    def position(self, position, register, value):
        self.places.append((position, register, value))

    def layer(self):
        self.layers.append(Layer(lambda: len(self.names)))
        return self.layers[-1]

    def logit(self, token, weights):
        self.logits.append((self.vocab.index(token), weights))

    def json(self, task, number_format, **fields):
        """fields: what else the file says of its semantics: divide="last", mask="strict", ..."""
        d = len(self.names)
        tokens = [[0] * d for _ in self.vocab]
        places = [[0] * d for _ in range(self.positions)]
        logits = [[0] * d for _ in self.vocab]
        for token, register, value in self.tokens:
            tokens[token][register] = value
        for place, register, value in self.places:
            places[place][register] = value
        for token, weights in self.logits:
            for register, weight in weights.items():
                logits[token][register] = weight
        where = {"pos_emb": {"periodic": places} if self.periodic else places} if self.positions else {}
        return json.dumps({"schema": "roundoff/model/2", "name": self.name, "format": number_format, **fields,
                           "task": task, "vocab": self.vocab, "registers": self.names, "tok_emb": tokens, **where,
                           "layers": [layer.json() for layer in self.layers], "W_U": logits})
