/** The fields that several forms have, named so that browsers and password managers know them (HTML, "Autofill"). */
import { html, type Html } from "./html.ts";
import type { Messages } from "./messages.ts";

/** The address by which somebody signs in. */
export function emailField(messages: Messages, value: string, more: { readonly focused?: boolean } = {}): Html {
  return html`<label for="email">${messages.email}</label
    ><input
      id="email"
      name="email"
      type="email"
      autocomplete="username"
      maxlength="320"
      required
      ${more.focused && html`autofocus`}
      value="${value}"
    />`;
}

/** A password: the present one, or one that is chosen. */
export function passwordField(
  label: string,
  field: {
    readonly name: string;
    readonly kind: "current" | "new";
    readonly minLength?: number;
    readonly focused?: boolean;
  },
): Html {
  return html`<label for="${field.name}">${label}</label
    ><input
      id="${field.name}"
      name="${field.name}"
      type="password"
      autocomplete="${field.kind === "current" ? "current-password" : "new-password"}"
      ${field.minLength !== undefined && html`minlength="${field.minLength}"`}
      maxlength="256"
      required
      ${field.focused && html`autofocus`}
    />`;
}

/** What went wrong, above a form. */
export function faultLine(fault: string | null): Html {
  return fault === null ? html`` : html`<p class="bad" role="alert">${fault}</p>`;
}

/** A value that goes along. */
export function hiddenField(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}" />`;
}
