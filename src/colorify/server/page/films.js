// Films that are brought to the page.

const SUFFIXES = /\.(mp4|m4v|mov|mkv|webm|avi|wmv|mpe?g|mts|m2ts|3gp|vob|ogv|flv)$/i;

export const isFilm = ({ name, type }) => type.startsWith("video/") || SUFFIXES.test(name);

/** Return a name as it is typed into a terminal. */
export const typedName = (name) => (/^[\w.-]+$/.test(name) ? name : `"${name}"`);
