/** Who the two directories push: seventy given names, all of them called Example. */

export interface Person {
  readonly givenName: string;
  readonly familyName: string;
  readonly email: string;
}

/** Of the directory that pushes as Okta does. */
export const oktaPeople = people(
  "Ana Bo Cleo Dana Eli Fay Gil Hana Ines Jon Kim Lea Max Nia Omar Pia Quin Rosa Sam Tess",
  "Udo Vera Wim Xenia Yara Zoe Abel Bea Carl Dora Emil Finn Greta Hugo Ira Jana Karl Lola Mila Nils",
);

/** Of the directory that pushes as Entra ID does. */
export const entraPeople = people(
  "Olga Paul Ruth Sven Tara Ugo Vito Wanda Yves Zita Alma Bruno Cora Dirk Elsa",
  "Fred Gina Hans Iris Jack Kira Leon Mona Noah Orla Piet Rhea Saul Tilda Ulla",
);

function people(...names: readonly string[]): readonly Person[] {
  return names
    .join(" ")
    .split(" ")
    .map((givenName) => ({
      givenName,
      familyName: "Example",
      email: `${givenName.toLowerCase()}@example.com`,
    }));
}
