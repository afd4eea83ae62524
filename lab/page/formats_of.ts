// A format with one number of bits more or fewer: what the slider for bits moves.

export interface Dial { value: number; least: number; most: number; name: 'integer' | 'significand'; at(bits: number): string; total(bits: number): number; }

const fixedPoint = /^((?:twos|ufixed|fixed)\()(\d+)(,\s*)(\d+)(\).*)$/, floating = /^((?:float|float_fn|float_fnuz|float_finite)\()(\d+)(,\s*)(\d+)(.*\).*)$/;

/// How the bits of a format can be turned down; null where its notation has no such number.
export function dialOf(own: string, now: string): Dial | null {
  const fixed = fixedPoint.exec(own);
  if (fixed) {
    const [, head, integer, between, fraction, tail] = fixed;
    const here = fixedPoint.exec(now);
    const f = here && here[1] === head ? here[4]! : fraction!;
    const value = here && here[1] === head ? Number(here[2]) : Number(integer);
    return { value, least: Number(f) > 0 ? 0 : 1, most: Math.max(Number(integer) + 2, value), name: 'integer',
      at: (bits) => `${head}${bits}${between}${f}${tail}`, total: (bits) => bits + Number(f) + (head === 'ufixed(' ? 0 : 1) };
  }
  const float = floating.exec(own);
  if (float) {
    const [, head, exponent, between, precision, tail] = float;
    const here = floating.exec(now);
    const value = here ? Number(here[4]) : Number(precision);
    return { value, least: 1, most: Math.max(Number(precision) + 2, value), name: 'significand', at: (bits) => `${head}${exponent}${between}${bits}${tail}`, total: (bits) => bits + Number(exponent) };
  }
  return null;
}
