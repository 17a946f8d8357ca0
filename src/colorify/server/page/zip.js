// Many files as one: a ZIP archive without compression (photos are compressed already). PKWARE APPNOTE 6.3.

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

/** Return a Blob with `files`: {name, blob}; equal names get a number. */
export async function zip(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { name, blob } of named(files)) {
    const title = new TextEncoder().encode(name);
    const crc = crc32(new Uint8Array(await blob.arrayBuffer()));
    const fields = [0x0800, 0, 0, 0x5821, crc, blob.size, blob.size, title.length]; // UTF-8 names, stored, a fixed date
    const local = record("LHHHHHLLLHH", [0x04034b50, 20, ...fields, 0]);
    parts.push(local, title, blob);
    directory.push(record("LHHHHHHLLLHHHHHLL", [0x02014b50, 20, 20, ...fields, 0, 0, 0, 0, 0, offset]), title);
    offset += local.length + title.length + blob.size;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = record("LHHHHLLH", [0x06054b50, 0, 0, files.length, files.length, size, offset, 0]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

function named(files) {
  const seen = new Map();
  return files.map(({ name, blob }) => {
    const count = seen.get(name) || 0;
    seen.set(name, count + 1);
    return { name: count ? name.replace(/(\.\w+)$/, `-${count + 1}$1`) : name, blob };
  });
}

function record(form, values) {
  const view = new DataView(new ArrayBuffer([...form].reduce((sum, kind) => sum + (kind === "L" ? 4 : 2), 0)));
  let at = 0;
  [...form].forEach((kind, index) => {
    if (kind === "L") view.setUint32(at, values[index], true);
    else view.setUint16(at, values[index], true);
    at += kind === "L" ? 4 : 2;
  });
  return new Uint8Array(view.buffer);
}

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
