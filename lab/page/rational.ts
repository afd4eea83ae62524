// Exact numbers of the page: what the engine prints, as fractions of big integers. They place ticks and needles on a
// number line; no result is computed with them.

export class Rational {
  constructor(readonly n: bigint, readonly d: bigint = 1n) {}

  static readonly zero = new Rational(0n);

  static power(exponent: number): Rational {
    return exponent >= 0 ? new Rational(1n << BigInt(exponent)) : new Rational(1n, 1n << BigInt(-exponent));
  }

  /// A finite number in any notation that the engine reads or prints: 0x1.8p-2, -0.375, 1e-3, 1/3; of an enclosure
  /// [a, b] its lower end. Null for all else.
  static parse(text: string): Rational | null {
    const word = text.trim();
    const enclosure = /^\[(.*),.*\]$/.exec(word);
    if (enclosure) return Rational.parse(enclosure[1]!);
    const fraction = /^([^/]+)\/([^/]+)$/.exec(word);
    if (fraction) {
      const above = Rational.parse(fraction[1]!), below = Rational.parse(fraction[2]!);
      return above && below && below.n !== 0n ? above.over(below) : null;
    }
    const hex = /^([-+]?)0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([-+]?\d+))?$/i.exec(word);
    if (hex && hex[2]! + hex[3]! !== '') {
      const digits = BigInt('0x' + hex[2]! + hex[3]!);
      return new Rational(hex[1] === '-' ? -digits : digits)
          .times(Rational.power(Number(hex[4] ?? 0) - 4 * hex[3]!.length));
    }
    const decimal = /^([-+]?)(\d*)\.?(\d*)(?:e([-+]?\d+))?$/i.exec(word);
    if (!decimal || decimal[2]! + decimal[3]! === '') return null;
    const exponent = Number(decimal[4] ?? 0) - decimal[3]!.length;
    if (Math.abs(exponent) > 20000) return null;
    const digits = BigInt(decimal[2]! + decimal[3]!), scale = 10n ** BigInt(Math.abs(exponent));
    const signed = decimal[1] === '-' ? -digits : digits;
    return exponent >= 0 ? new Rational(signed * scale) : new Rational(signed, scale);
  }

  static of(number: number): Rational {
    return Rational.parse(number.toExponential())!;
  }

  plus(o: Rational): Rational { return new Rational(this.n * o.d + o.n * this.d, this.d * o.d).reduced(); }
  minus(o: Rational): Rational { return new Rational(this.n * o.d - o.n * this.d, this.d * o.d).reduced(); }
  times(o: Rational): Rational { return new Rational(this.n * o.n, this.d * o.d).reduced(); }
  over(o: Rational): Rational {
    const sign = o.n < 0n ? -1n : 1n;
    return new Rational(sign * this.n * o.d, sign * this.d * o.n).reduced();
  }
  negated(): Rational { return new Rational(-this.n, this.d); }
  abs(): Rational { return this.n < 0n ? this.negated() : this; }
  compare(o: Rational): number {
    const left = this.n * o.d, right = o.n * this.d;
    return left < right ? -1 : left > right ? 1 : 0;
  }
  get sign(): number { return this.n < 0n ? -1 : this.n > 0n ? 1 : 0; }
  floor(): bigint {
    const q = this.n / this.d;
    return this.n < 0n && q * this.d !== this.n ? q - 1n : q;
  }

  /// The nearest number of the host, for places on the screen and for logarithms.
  toNumber(): number {
    if (this.n === 0n) return 0;
    const shift = bits(this.n) - bits(this.d) - 60;
    const q = shift > 0 ? this.n / (this.d << BigInt(shift)) : (this.n << BigInt(-shift)) / this.d;
    return Number(q) * 2 ** Math.max(-1000, Math.min(1000, shift)) * (Math.abs(shift) > 1000 ? 2 ** (shift > 0 ? shift - 1000 : shift + 1000) : 1);
  }
  /// floor(log2 |x|)
  exponent(): number {
    let e = bits(this.n) - bits(this.d);
    if (this.abs().compare(Rational.power(e)) < 0) --e;
    return e;
  }

  /// Decimal text with as many digits as tell numbers `step` apart, exact where that is short.
  text(step?: Rational): string {
    const places = step && step.n !== 0n ? Math.max(0, 2 - Math.floor(Math.log10(Math.abs(step.toNumber()) || 1e-300))) : 12;
    const size = Math.abs(this.toNumber());
    if (size !== 0 && (size >= 1e15 || size < 1e-9) && places > 15) return this.toNumber().toPrecision(8);
    const scale = 10n ** BigInt(Math.min(places, 400));
    const twice = (this.n * scale * 2n) / this.d;
    const rounded = (twice + (twice < 0n ? -1n : 1n)) / 2n;
    const digits = (rounded < 0n ? -rounded : rounded).toString().padStart(Math.min(places, 400) + 1, '0');
    const cut = digits.length - Math.min(places, 400);
    const behind = digits.slice(cut).replace(/0+$/, '');
    return (rounded < 0n ? '-' : '') + digits.slice(0, cut) + (behind ? '.' + behind : '');
  }

  private reduced(): Rational {
    if (this.d === 1n) return this;
    const twos = Math.min(trailing(this.n), trailing(this.d));
    let n = this.n, d = this.d;
    if (twos > 0) { n >>= BigInt(twos); d >>= BigInt(twos); }
    if (bits(d) > 256) {
      let a = n < 0n ? -n : n, b = d;
      while (b) [a, b] = [b, a % b];
      if (a > 1n) { n /= a; d /= a; }
    }
    return new Rational(n, d);
  }
}

function bits(x: bigint): number {
  const text = (x < 0n ? -x : x).toString(16);
  return 4 * text.length - Math.clz32(parseInt(text[0]!, 16)) + 28;
}

function trailing(x: bigint): number {
  if (x === 0n) return Number.MAX_SAFE_INTEGER;
  let count = 0;
  while ((x & 0xffffffffn) === 0n) { x >>= 32n; count += 32; }
  while ((x & 1n) === 0n) { x >>= 1n; ++count; }
  return count;
}

/// Two neighbours as texts that differ, with as many digits as that takes.
export function apart(below: string, above: string): [string, string] {
  if (shown(below) !== shown(above)) return [shown(below), shown(above)];
  const a = Rational.parse(below), b = Rational.parse(above);
  if (!a || !b) return [shown(below), shown(above)];
  const gap = b.minus(a);
  return [a.text(gap), b.text(gap)];
}

/// For people: the shortest usual form of a number that the engine printed, 0x1.8p+1 as 3.
export function shown(text: string | null | undefined): string {
  if (text === null || text === undefined) return 'none';
  const value = Rational.parse(text);
  if (!value) return text === '-0x0p+0' ? '-0' : text;
  if (value.n === 0n) return text.startsWith('-') ? '-0' : '0';
  const number = value.toNumber(), size = Math.abs(number);
  if (size >= 1e7 || size < 1e-4) return String(Number(number.toPrecision(6))).replace('e+', 'e');
  return String(Number(number.toPrecision(8)));
}
