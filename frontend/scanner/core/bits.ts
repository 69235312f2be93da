/** Reading and writing fields of whole bits, most significant first. */

/** Bits that stand for nothing, or a value that has no place in its field. */
export class DamagedBits extends Error {}

/** Takes fields from the front of bytes. */
export class Reader {
  #place = 0;

  constructor(private readonly data: Uint8Array) {}

  /** The next 1 to 48 bits as a number. Throws `DamagedBits` when there are fewer. */
  take(bits: number): number {
    if (this.#place + bits > this.data.length * 8) throw new DamagedBits();
    let value = 0;
    for (let end = this.#place + bits; this.#place < end; this.#place += 1) {
      const byte = this.data[this.#place >> 3] ?? 0;
      // A product and not a shift: a field may have more than 32 bits.
      value = value * 2 + ((byte >> (7 - (this.#place & 7))) & 1);
    }
    return value;
  }

  /** A list behind its count of `countBits` bits, each entry read by `entry`. */
  takeList<Entry>(countBits: number, entry: () => Entry): Entry[] {
    return Array.from({ length: this.take(countBits) }, entry);
  }
}

/** Collects fields. */
export class Writer {
  readonly #bits: number[] = [];

  /** Appends a whole number. Throws `DamagedBits` when it does not fit into `bits`. */
  put(value: number, bits: number): void {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) throw new DamagedBits();
    for (let place = bits - 1; place >= 0; place -= 1) this.#bits.push(Math.floor(value / 2 ** place) % 2);
  }

  /** Appends a counted list. */
  putList(values: readonly number[], countBits: number, bits: number): void {
    this.put(values.length, countBits);
    for (const value of values) this.put(value, bits);
  }

  /** The bits so far, the last byte filled with zeros. */
  finish(): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(this.#bits.length / 8));
    this.#bits.forEach((bit, place) => {
      bytes[place >> 3] = (bytes[place >> 3] ?? 0) | (bit << (7 - (place & 7)));
    });
    return bytes;
  }
}

/** Six digits as a number. Throws `DamagedBits` for any other text. */
export function numberOf(code: string): number {
  if (!/^[0-9]{6}$/.test(code)) throw new DamagedBits();
  return Number(code);
}
