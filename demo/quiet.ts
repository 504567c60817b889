/** Imported first: oidc-provider tells the console what a stage set need not heed, in the middle of the story. */
import console from "node:console";

const { warn } = console;

console.warn = (...words: readonly unknown[]): void => {
  if (!String(words[0]).includes("oidc-provider WARNING")) warn(...words);
};
