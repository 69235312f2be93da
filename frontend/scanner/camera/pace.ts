/** Whether the camera may give larger pictures: by how long the last frames took. */

export type Width = 1280 | 1920;

/** A look at a frame is to stay under this, in ms. */
const SLOWEST = 40;
const FRAMES = 30;
/** 1920 × 1080 has this many times the pixels of 1280 × 720. */
const GROWTH = 2.25;

/** Feed it the time of every look. After one step back it asks for no more: the phone has shown what it can. */
export class Pace {
  #width: Width = 1280;
  #sum = 0;
  #count = 0;
  #tired = false;

  /** The width to change to, null to stay. `ms`: what the last look took. */
  after(ms: number): Width | null {
    this.#sum += ms;
    this.#count += 1;
    if (this.#count < FRAMES) return null;
    const mean = this.#sum / this.#count;
    this.#sum = 0;
    this.#count = 0;
    if (this.#width === 1280 && !this.#tired && mean * GROWTH < SLOWEST) return this.#change(1920);
    if (this.#width === 1920 && mean >= SLOWEST) {
      this.#tired = true;
      return this.#change(1280);
    }
    return null;
  }

  #change(width: Width): Width {
    this.#width = width;
    return width;
  }
}
