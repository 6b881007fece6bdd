/** The fields of a JSON Schema, as the README lists them. */
export interface Field {
  /** `rate.perSecond`, `campaigns[].city`. */
  readonly path: string;
  /** `integer 0..86400`, `[number, number] 0..1`. */
  readonly type: string;
  readonly required: boolean;
}

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema | false;
  readonly prefixItems?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** Every field, once, in the order of the schema. What differs between the alternatives of a field is joined by "or". */
export function fieldsOf(schema: Schema, path = ""): Field[] {
  const fields = alternativesOf(schema).flatMap((alternative) => {
    if (typeof alternative.items === "object") return fieldsOf(alternative.items, `${path}[]`);
    return Object.entries(alternative.properties ?? {}).flatMap(([name, property]) => {
      const own = path === "" ? name : `${path}.${name}`;
      const required = alternative.required?.includes(name) ?? false;
      return [{ path: own, type: typeOf(property), required }, ...fieldsOf(property, own)];
    });
  });
  const merged = new Map<string, Field>();
  for (const field of fields) {
    const before = merged.get(field.path);
    const types = new Set([...(before?.type.split(" or ") ?? []), ...field.type.split(" or ")]);
    merged.set(field.path, { ...field, type: [...types].join(" or ") });
  }
  return [...merged.values()];
}

function alternativesOf(schema: Schema): readonly Schema[] {
  // Beside properties they only say which of them must be there.
  if (schema.properties !== undefined) return [schema];
  return schema.anyOf ?? schema.oneOf ?? [schema];
}

function typeOf(schema: Schema): string {
  return alternativesOf(schema)
    .map(nameOf)
    .filter((name, at, all) => all.indexOf(name) === at)
    .join(" or ");
}

function nameOf(schema: Schema): string {
  const { type = "anything", prefixItems, items, minimum, maximum, minItems = 0, maxItems } = schema;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined)
    return schema.enum.length > 5 ? "a reason" : schema.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (prefixItems?.[0] !== undefined) return `[from, to] of ${nameOf(prefixItems[0])}`;
  if (type === "array" && typeof items === "object") {
    if (maxItems !== undefined && minItems === maxItems) return `list of ${maxItems}: ${typeOf(items)}`;
    return `list of ${typeOf(items)}${maxItems === undefined ? "" : `, ${minItems}..${maxItems}`}`;
  }
  if (type === "string") return "text";
  if (minimum === undefined || maximum === undefined) return type;
  return `${type} ${minimum}..${maximum}`;
}
