import type { Rgb } from "./ansi";

/** WCAG 2.2, 1.4.3: text and what is behind it. */
const LEAST = 4.5;

/** Relative luminance, as WCAG defines it. */
function luminance([r, g, b]: Rgb): number {
  const linear = (value: number) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

/** From 1 (the same) to 21 (black on white). */
export function contrast(one: Rgb, other: Rgb): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const readableOn = new Map<string, Rgb>();

/** A colour mixed with black or white until it can be read on `background`: programs colour for black terminals. */
export function readable(color: Rgb, background: Rgb): Rgb {
  const key = `${color} ${background}`;
  const known = readableOn.get(key);
  if (known) return known;
  const end: Rgb = luminance(background) > 0.18 ? [0, 0, 0] : [255, 255, 255];
  let found = color;
  for (let part = 0; part <= 1 && contrast(found, background) < LEAST; part += 0.1) {
    found = color.map((value, place) => Math.round(value + ((end[place] ?? 0) - value) * part)) as unknown as Rgb;
  }
  if (contrast(found, background) < LEAST) found = end;
  if (readableOn.size > 5000) readableOn.clear();
  readableOn.set(key, found);
  return found;
}

export function css(color: Rgb): string {
  return `rgb(${color.join(" ")})`;
}
