// The API for people, drawn from the server's own openapi.json.

const make = (tag, text = "", ...children) => {
  const element = document.createElement(tag);
  element.textContent = text;
  element.append(...children);
  return element;
};

function table(head, rows) {
  const body = rows.map((row) => make("tr", "", ...row.map((cell) => make("td", cell))));
  return make("table", "", make("thead", "", make("tr", "", ...head.map((cell) => make("th", cell)))), make("tbody", "", ...body));
}

const resolve = (api, schema) =>
  schema.$ref ? schema.$ref.split("/").slice(1).reduce((at, key) => at[key], api) : schema;

function kind(schema) {
  if (schema.enum) return schema.enum.join(", ");
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(kind).join(" or ");
  const range = "minimum" in schema || "maximum" in schema ? ` ${schema.minimum ?? ""}..${schema.maximum ?? ""}` : "";
  return `${schema.format === "binary" ? "file" : schema.type || ""}${schema.items ? ` of ${kind(schema.items)}` : ""}${range}`;
}

function route(api, path, method, call) {
  const parts = [make("h2", ` ${path}`), make("p", call.description || call.summary || "")];
  parts[0].prepend(make("b", method.toUpperCase()));
  const fields = (call.parameters || []).map((one) => [one.name, kind(one.schema), one.description || one.schema.description || ""]);
  for (const content of Object.values(call.requestBody?.content || {})) {
    const { properties = {} } = resolve(api, content.schema);
    for (const [name, schema] of Object.entries(properties)) fields.push([name, kind(schema), schema.description || ""]);
  }
  if (fields.length) parts.push(table(["field", "kind", ""], fields));
  parts.push(table(["answer", ""], Object.entries(call.responses).map(([status, { description }]) => [status, description])));
  return make("section", "", ...parts);
}

document.getElementById("here").textContent = location.origin;
const api = await (await fetch("/openapi.json")).json();
for (const [path, calls] of Object.entries(api.paths)) {
  for (const [method, call] of Object.entries(calls)) document.getElementById("routes").append(route(api, path, method, call));
}
