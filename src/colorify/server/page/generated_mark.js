// Whatever leaves this page says that its colours were generated: XMP for JPEGs that are drawn here.

const NAMESPACE = "http://ns.adobe.com/xap/1.0/\0"; // Adobe XMP Specification, part 3, 1.1.3
const SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"; // IPTC
const XMP = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 e:DigitalSourceType="${SOURCE}" e:AISystemUsed="Colorify"/></rdf:RDF></x:xmpmeta>`;

/** Return a JPEG with the mark, as its first segment. */
export async function markAsGenerated(blob) {
  const packet = new TextEncoder().encode(NAMESPACE + XMP);
  const length = packet.length + 2;
  const head = new Uint8Array([0xff, 0xd8, 0xff, 0xe1, length >> 8, length & 255]);
  return new Blob([head, packet, blob.slice(2)], { type: blob.type });
}
