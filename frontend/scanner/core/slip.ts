/**
 * Codes of slips 受理回执, such as K7QM-0012-T: four characters of the device, four digits that count, and a check
 * character (Luhn modulo 32), as `checkpoints/rules_slip.py`. Nine characters can never be taken for a pass number.
 */

/** Crockford's base 32: without I, L, O and U, which are misread. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const DEVICE = /^[0-9A-HJKMNP-TV-Z]{4}$/;
const WRITTEN = /^([0-9A-HJKMNP-TV-Z]{4})([0-9]{4})([0-9A-HJKMNP-TV-Z])$/;
const BETWEEN = /[\s\-\u2010-\u2015\u2212]/g;
const LAST_COUNT = 9999;
const MEANT: Readonly<Record<string, string>> = { O: "0", I: "1", L: "1" };

/** The code of a slip. Throws `RangeError` for four characters that no device has, or a count beyond 0 to 9999. */
export function slipCode(deviceCode: string, counter: number): string {
  const counts = Number.isInteger(counter) && counter >= 0 && counter <= LAST_COUNT;
  if (!DEVICE.test(deviceCode) || !counts) throw new RangeError("no such slip");
  const digits = String(counter).padStart(4, "0");
  return `${deviceCode}-${digits}-${checkCharacter(deviceCode + digits)}`;
}

/**
 * The code that was typed, in the one way to write it; null for what is no slip's code. Small and full-width letters,
 * O for 0, I and L for 1, blanks and missing or other dashes are all understood.
 */
export function readSlipCode(typed: string): string | null {
  const narrow = typed.normalize("NFKC").replace(BETWEEN, "").toUpperCase();
  const found = WRITTEN.exec(narrow.replace(/[OIL]/g, (letter) => MEANT[letter] ?? letter));
  if (found === null) return null;
  const [, device = "", digits = "", check] = found;
  return checkCharacter(device + digits) === check ? `${device}-${digits}-${check}` : null;
}

/** Whether a text is the code of a slip. */
export function checkSlip(typed: string): boolean {
  return readSlipCode(typed) !== null;
}

/** Every second value is doubled from the right, and the base-32 digits of all are added. */
function checkCharacter(stem: string): string {
  const total = [...stem].reverse().reduce((sum, character, place) => {
    const value = ALPHABET.indexOf(character) * (place % 2 === 0 ? 2 : 1);
    return sum + Math.floor(value / ALPHABET.length) + (value % ALPHABET.length);
  }, 0);
  return ALPHABET.charAt((ALPHABET.length - (total % ALPHABET.length)) % ALPHABET.length);
}
