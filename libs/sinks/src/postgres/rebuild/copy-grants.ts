import type { ClientBase } from "pg";
import { quoteIdentifier } from "../../identifiers.js";
import type { OwnedRelation } from "./find-obstacles.js";

/** A right on a relation, or on one of its columns. */
export interface Grant {
  readonly name: string;
  readonly kind: "table" | "view";
  /** Null: on the whole relation. */
  readonly column: string | null;
  readonly privilege: string;
  /** Null: PUBLIC. */
  readonly grantee: string | null;
  readonly isGrantable: boolean;
}

/** The rights that others than the owner have on tables and views. */
export async function readGrants(client: ClientBase, owned: readonly OwnedRelation[]): Promise<readonly Grant[]> {
  const { rows } = await client.query<Grant>(
    `SELECT c.relname AS name, CASE WHEN c.relkind = 'v' THEN 'view' ELSE 'table' END AS kind, acl.column_name AS column,
       a.privilege_type AS privilege, r.rolname AS grantee, a.is_grantable AS "isGrantable"
     FROM pg_class c CROSS JOIN LATERAL (
       SELECT NULL::name AS column_name, c.relacl AS acl
       UNION ALL SELECT attname, attacl FROM pg_attribute WHERE attrelid = c.oid AND attacl IS NOT NULL AND NOT attisdropped) AS acl
     CROSS JOIN LATERAL aclexplode(acl.acl) AS a LEFT JOIN pg_roles r ON r.oid = a.grantee
     WHERE c.oid = ANY ($1::oid[]) AND a.grantee <> c.relowner`,
    [owned.filter(({ ddl }) => ddl !== null).map(({ oid }) => oid)],
  );
  return rows;
}

/** A relation that gets rights, and the one whose rights it gets. */
export interface Heir {
  readonly schema: string;
  readonly name: string;
  /** Its own name where it was there before, else the names of all of its kind: it gets the rights that each of these has. */
  readonly from: readonly string[];
  readonly columns: ReadonlySet<string>;
}

function hasRight(grants: readonly Grant[], name: string, { privilege, grantee, isGrantable }: Grant): boolean {
  return grants.some(
    (one) =>
      one.name === name &&
      one.column === null &&
      one.privilege === privilege &&
      one.grantee === grantee &&
      (one.isGrantable || !isGrantable),
  );
}

/** The SQL that gives each its rights. Rights on columns that are gone go with them. */
export function grantStatements(grants: readonly Grant[], heirs: readonly Heir[]): readonly string[] {
  return heirs.flatMap(({ schema, name, from, columns }) => {
    const isOwn = (column: string) => from[0] === name && columns.has(column);
    return grants
      .filter(({ name: first }) => first === from[0])
      .filter((grant) =>
        grant.column === null ? from.every((one) => hasRight(grants, one, grant)) : isOwn(grant.column),
      )
      .map(({ column, privilege, grantee, isGrantable }) => {
        const of = column === null ? "" : ` (${quoteIdentifier(column)})`;
        const to = grantee === null ? "PUBLIC" : quoteIdentifier(grantee);
        const option = isGrantable ? " WITH GRANT OPTION" : "";
        return `GRANT ${privilege}${of} ON ${quoteIdentifier(schema)}.${quoteIdentifier(name)} TO ${to}${option}`;
      });
  });
}
