/** What a TypeScript source imports, uses and says, read from its syntax tree. */
import { type Expression, type MemberExpression, parseSync, type Super, Visitor } from "oxc-parser";

/** A source file; `path` is relative to the project's root, with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface ModuleFacts {
  /** Every import and re-export, of types too, with the names that it takes. */
  readonly imports: readonly { readonly specifier: string; readonly names: readonly string[] }[];
  /** `import(x)` where x is not a plain string: nobody can tell what it loads. */
  readonly opaqueImports: number;
  /** Dotted names that are read (`process.env.HOME`), calls (`fetch()`) and constructions (`new Date()`) without arguments. */
  readonly uses: readonly string[];
  /** Every string and template; `?` stands for each interpolation. */
  readonly strings: readonly string[];
}

/** Reads one source. Throws where it does not parse: a file that cannot be checked must not pass. */
export function readModule({ path, text }: SourceFile): ModuleFacts {
  const { module, program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const imports: { specifier: string; names: string[] }[] = [];
  for (const one of module.staticImports) {
    imports.push({
      specifier: one.moduleRequest.value,
      names: one.entries.flatMap((entry) => entry.importName.name ?? []),
    });
  }
  for (const entry of module.staticExports.flatMap((one) => one.entries)) {
    if (entry.moduleRequest === null) continue;
    imports.push({
      specifier: entry.moduleRequest.value,
      names: entry.importName.name === null ? [] : [entry.importName.name],
    });
  }
  const uses: string[] = [];
  const strings: string[] = [];
  let opaqueImports = 0;
  new Visitor({
    ImportExpression({ source }) {
      if (source.type === "Literal" && typeof source.value === "string")
        imports.push({ specifier: source.value, names: [] });
      else opaqueImports += 1;
    },
    TSImportType({ source }) {
      imports.push({ specifier: source.value, names: [] });
    },
    MemberExpression(node) {
      uses.push(...(dotted(node) ?? []));
    },
    CallExpression({ callee }) {
      uses.push(...(dotted(callee) ?? []).map((name) => `${name}()`));
    },
    NewExpression({ callee, arguments: args }) {
      if (args.length === 0) uses.push(...(dotted(callee) ?? []).map((name) => `new ${name}()`));
    },
    VariableDeclarator({ id, init }) {
      // const { env } = process
      if (id.type !== "ObjectPattern" || init === null) return;
      const keys = id.properties.flatMap((one) =>
        one.type === "Property" && one.key.type === "Identifier" ? one.key.name : [],
      );
      for (const owner of dotted(init) ?? []) uses.push(...keys.map((key) => `${owner}.${key}`));
    },
    Literal({ value }) {
      if (typeof value === "string") strings.push(value);
    },
    TemplateLiteral({ quasis }) {
      strings.push(quasis.map((part) => part.value.cooked ?? part.value.raw).join("?"));
    },
  }).visit(program);
  return { imports, opaqueImports, uses, strings };
}

/** `a.b["c"]` as ["a.b.c"], without a leading `globalThis.`; undefined for anything that is not a plain chain of names. */
function dotted(node: Expression | Super): [string] | undefined {
  if (node.type === "Identifier") return [node.name];
  if (node.type !== "MemberExpression") return undefined;
  const owner = dotted(node.object);
  const key = keyOf(node);
  if (owner === undefined || key === undefined) return undefined;
  return [`${owner[0]}.${key}`.replace(/^globalThis\./, "")];
}

function keyOf({ computed, property }: MemberExpression): string | undefined {
  if (computed) return property.type === "Literal" ? String(property.value) : undefined;
  return property.type === "Identifier" ? property.name : undefined;
}
