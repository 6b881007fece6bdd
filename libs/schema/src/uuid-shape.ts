const hexDigit = 1;
const dash = 2;

const kinds = new Uint8Array(128);
for (const digit of "0123456789abcdefABCDEF") kinds[digit.charCodeAt(0)] = hexDigit;
kinds["-".charCodeAt(0)] = dash;

const shape = Uint8Array.from("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", (mark) => (mark === "-" ? dash : hexDigit));

/** Whether `UUID_SHAPE` matches, at a third of the time: this runs once per event. */
export function isUuidShaped(text: string): boolean {
  if (text.length !== shape.length) return false;
  for (let at = 0; at < shape.length; at += 1) if (kinds[text.charCodeAt(at)] !== shape[at]) return false;
  return true;
}
