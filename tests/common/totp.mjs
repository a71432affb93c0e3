// The codes of an authenticator (RFC 6238: SHA-1, six digits, thirty seconds).
import { createHmac } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP = 30_000;

/** An authenticator that was told `key` (base32; spaces do not count). Each code it shows is of a later step than the one before. */
export function authenticator(key) {
  const seed = decode(key);
  let last = 0;
  return {
    /** A code that the server takes now: of this step, of the one before, or of the next. Waits where all three are spent. */
    async shows() {
      const now = Math.floor(Date.now() / STEP);
      const step = Math.max(last + 1, now - 1);
      if (step > now + 1) {
        await new Promise((resolve) => setTimeout(resolve, step * STEP - STEP - Date.now() + 50));
      }
      last = step;
      return code(seed, step);
    },
  };
}

function code(seed, step) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const hash = createHmac("sha1", seed).update(counter).digest();
  const at = hash[19] & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

function decode(text) {
  const bits = [...text.toUpperCase()].filter((letter) => ALPHABET.includes(letter)).map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}
