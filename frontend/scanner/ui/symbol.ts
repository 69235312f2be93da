/** QR symbols for the screen: frames of a transfer, and passes in the two segments that their format asks for. */

import qrcode from "qrcode-generator";

/** Rows of modules, true is dark, with the quiet zone around. */
export type Matrix = readonly (readonly boolean[])[];

const QUIET = 4;
const ANY_VERSION = 0;

/** A text of a frame in one segment, at level L: frames are shown again and again, so size counts for more than repair. */
export function plainSymbol(text: string): Matrix {
  const symbol = qrcode(ANY_VERSION, "L");
  symbol.addData(text, isAlphanumeric(text) ? "Alphanumeric" : "Byte");
  return drawn(symbol);
}

/** The symbol of a pass for a screen: level M, its prefix as bytes and its digits as numbers (credential format, section 1). */
export function passSymbol(text: string): Matrix {
  const at = text.search(/[0-9]+$/);
  const symbol = qrcode(ANY_VERSION, "M");
  symbol.addData(text.slice(0, at), "Byte");
  symbol.addData(text.slice(at), "Numeric");
  return drawn(symbol);
}

function isAlphanumeric(text: string): boolean {
  return /^[0-9A-Z $%*+./:-]+$/.test(text);
}

function drawn(symbol: QRCode): Matrix {
  symbol.make();
  const size = symbol.getModuleCount();
  const places = Array.from({ length: size + 2 * QUIET }, (_, place) => place - QUIET);
  const isInside = (place: number): boolean => place >= 0 && place < size;
  return places.map((row) => places.map((column) => isInside(row) && isInside(column) && symbol.isDark(row, column)));
}
