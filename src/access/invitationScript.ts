/**
 * Hands the token of an invitation from the URL's fragment, which no browser sends, to the form that does, and takes it out
 * of the address and the history.
 */
export const INVITATION_SCRIPT = `"use strict";
const form = document.querySelector("form[data-token]");
const token = location.hash.slice(1);
if (form && token) {
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.token.value = token;
  form.submit();
}
`;
